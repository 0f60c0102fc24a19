"""Draining: BYE with a referral in place of the greeting (RFC 2221 section
4.2, RFC 5804 section 1.3)."""

import contextlib
import os
import socket
import ssl
import time

import pytest

from lib import PasswdFile, User
from lib.dovecot import version
from lib.process import cpu_secs, wait_for

USERS = [User("alice")]
# when one sends to a server that may be gone already: its line is there
GONE = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError)
TEXT = "Try this server instead."


class Front:
    def __init__(self, site, raw="", **settings):
        self.site = site
        self.server = site.dovecot(
            "front.example.com", [PasswdFile(USERS)], pki=site.pki,
            protocols=("imap", "sieve"), raw=raw,
            settings={"login_plugins": "login_referral", **settings})
        self.file = os.path.join(self.server.dir, "run", "login",
                                 "referral-drain")

    def write(self, text):
        """As an administrator should: whole or not at all."""
        with open(self.file + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(self.file + ".new", self.file)

    def serves(self, tls=None):
        client = self.site.client(self.server, tls=tls)
        assert client.greeting.status == "OK"
        return client

    def drains(self, host, tls=None, send=b""):
        client = self.site.client(self.server, tls=tls, greet=False)
        with contextlib.suppress(*GONE):
            client.send_raw(send)
        line = client.read_line()
        assert line == (f"* BYE [REFERRAL imap://;AUTH=*@{host}/] "
                        f"{TEXT}").encode()
        assert client.read_to_end() == b""
        # or its process waits for it
        client.close()

    def drains_sieve(self, host, send=b""):
        client = self.site.sieve_client(self.server, greet=False)
        with contextlib.suppress(*GONE):
            client.send_raw(send)
        line = client.read_line()
        assert line == (f'BYE (REFERRAL "sieve://;AUTH=*@{host}") '
                        f'"{TEXT}"').encode()
        assert client.read_to_end() == b""
        client.close()


@pytest.fixture(scope="module")
def front(shared_site):
    return Front(shared_site)


@pytest.fixture(autouse=True)
def remove_file(request):
    yield
    if "front" in request.fixturenames:
        front = request.getfixturevalue("front")
        if os.path.exists(front.file):
            os.unlink(front.file)
        front.serves()


def test_file(front):
    """Created, changed, removed: the next process sees it."""
    front.serves()
    front.write("home.example.com\n")
    front.drains("home.example.com")
    front.drains_sieve("home.example.com")
    front.write("192.0.2.1\n")
    front.drains("192.0.2.1")
    front.drains_sieve("192.0.2.1")
    os.unlink(front.file)
    front.serves()
    assert front.site.sieve_client(front.server).greeting.status == "OK"


def login_service(requests):
    """Each process serves this many connections."""
    name = "restart_request_count" if version() >= (2, 4) else "service_count"
    return f"service imap-login {{\n  {name} = {requests}\n" \
           "  process_limit = 1\n}\n"


def test_busy_process(site):
    """One that goes on serving looks once a second."""
    front = Front(site, raw=login_service(10000))
    front.serves()

    def greets(status):
        client = site.client(front.server)
        client.close()
        return client.greeting.status == status

    for _ in range(2):
        front.write("home.example.com\n")
        wait_for(lambda: greets("BYE"), "the file to be seen", 3)
        front.drains("home.example.com")
        front.write("other.example.com\n")
        wait_for(lambda: b"other.example.com" in site.client(
            front.server).greeting.raw, "the change to be seen", 3)
        os.unlink(front.file)
        wait_for(lambda: greets("OK"), "the end to be seen", 3)
    assert len(front.server.pids("imap-login")) == 1


@pytest.mark.parametrize("text, imap, sieve", [
    ("home.example.com", "home.example.com", "home.example.com"),
    ("  Home.Example.COM. \r\n# why\n", "home.example.com",
     "home.example.com"),
    # the port is IMAP's
    ("home.example.com:1143\n", "home.example.com:1143", "home.example.com"),
    ("[2001:db8::1]:1143\n", "[2001:db8::1]:1143", "[2001:db8::1]"),
])
def test_file_content(front, text, imap, sieve):
    front.write(text)
    front.drains(imap)
    front.drains_sieve(sieve)


@pytest.mark.parametrize("text, error", [
    ("", "names no host"),
    ("\nhome.example.com\n", "names no host"),
    ("x]y\n", "Invalid host x]y"),
    ("a b\n", "Invalid host a b"),
    ("h" * 10000 + "\n", "Invalid host hhhh"),
])
def test_bad_file(front, text, error):
    """An error in the log, and service as usual."""
    since = front.server.log.mark()
    front.write(text)
    assert front.serves().login("alice", "secret").status == "OK"
    front.server.log.wait(["Error:", "Can't drain this server", error], since)


def test_no_file(front):
    """A folder or a fifo in its place does not stop a login process."""
    for make in (os.mkdir, os.mkfifo):
        make(front.file)
        front.serves()
        (os.rmdir if make == os.mkdir else os.unlink)(front.file)


@pytest.mark.parametrize("tls", [None, "implicit"])
@pytest.mark.parametrize("commands", [0, 1, 5000])
def test_pipelined(front, tls, commands):
    """The whole line arrives, whatever the client has sent meanwhile."""
    front.write("home.example.com\n")
    for _ in range(5):
        front.drains("home.example.com", tls, b"a LOGIN u p\r\n" * commands)
        if tls is None:
            front.drains_sieve("home.example.com", b"NOOP\r\n" * commands)


def test_starttls(front):
    """The client is told before it starts TLS."""
    front.write("home.example.com\n")
    client = front.site.client(front.server)
    assert (client.greeting.status, client.greeting.code) == \
        ("BYE", "REFERRAL")
    assert client.read_to_end() == b""


def test_sessions_go_on(front):
    """Those logged in, and those that have got a greeting."""
    session, greeted = front.serves("implicit"), front.serves()
    session.login("alice", "secret")
    session.select_inbox()
    front.write("home.example.com\n")
    front.drains("home.example.com")
    assert session.command("NOOP").status == "OK"
    assert greeted.login("alice", "secret").status == "OK"
    greeted.select_inbox()


def test_log(front):
    since = front.server.log.mark()
    front.write("home.example.com\n")
    front.drains("home.example.com")
    front.server.log.wait("Draining: referred to home.example.com", since)


def test_setting(site):
    """The file's host is used where there is one."""
    front = Front(site, referral_drain_host="home.example.com:1143",
                  referral_text="Gone to %{host}%{user}!")
    for tls in (None, "implicit"):
        greeting = site.client(front.server, tls=tls).greeting
        assert greeting.arg == "imap://;AUTH=*@home.example.com:1143/"
        assert greeting.text == "Gone to home.example.com!"
    assert site.sieve_client(front.server).greeting.arg == \
        "sieve://;AUTH=*@home.example.com:1143"
    front.write("")
    assert site.client(front.server).greeting.url.host == "home.example.com"
    front.write("other.example.com")
    assert site.client(front.server).greeting.url.host == "other.example.com"
    # the file counts, even when it is no use
    front.write("x]y")
    assert site.client(front.server).greeting.status == "OK"


def test_one_protocol(site):
    front = Front(site, raw="protocol sieve {\n"
                            "  referral_drain_host = home.example.com\n}\n")
    front.serves()
    front.drains_sieve("home.example.com")


def test_trusted(site):
    """A proxy takes a BYE for a broken server. Its users log in as always."""
    front = Front(site, login_trusted_networks="127.0.0.0/8",
                  referral_drain_host="home.example.com")
    for tls in (None, "implicit"):
        assert front.serves(tls).login("alice", "secret").status == "OK"
    assert site.sieve_client(front.server).greeting.status == "OK"


def test_move_first(site):
    """A user at home here who comes by a proxy has a session here, and the log
    says what happens to all others."""
    front = Front(site, login_trusted_networks="127.0.0.0/8",
                  referral_drain_host="home.example.com")
    assert front.serves().login("alice", "wrong").status == "NO"
    assert "drained" not in front.server.log.text()
    assert front.serves().login("alice", "secret").status == "OK"
    front.server.log.wait(["imap-login: Warning:", "user=<alice>", "being "
                           "drained to home.example.com", "Move users first"])


def inode(client):
    """Of the server's end of client's connection. No two clients of a server
    have the same address."""
    here = f":{client.port:04X}"
    there = socket.inet_aton(client.source)[::-1].hex().upper()
    with open("/proc/net/tcp", encoding="ascii") as file:
        for fields in map(str.split, file):
            if fields[1].endswith(here) and fields[2].startswith(there):
                return fields[9]
    return None


def serving(server, client):
    """The login process that has accepted client; None so far."""
    wanted = f"socket:[{inode(client)}]"
    for pid in server.pids("imap-login"):
        folder = f"/proc/{pid}/fd"
        try:
            if any(os.readlink(f"{folder}/{fd}") == wanted
                   for fd in os.listdir(folder)):
                return pid
        except FileNotFoundError:
            continue
    return None


def test_no_handshake(front):
    """A client that does not start TLS does not keep its process busy."""
    front.write("home.example.com\n")
    client = front.site.client(front.server, greet=False,
                               port=front.server.tls_port)
    pid = wait_for(lambda: serving(front.server, client), "its process")
    before, end = cpu_secs(pid), time.monotonic() + 2
    while time.monotonic() < end:
        front.drains("home.example.com")
    assert cpu_secs(pid) - before < 0.2
    client.close()
