"""The private line to the auth process: what it takes, and what it bears."""

import os
import socket
import stat
import time

import pytest

from lib import User, pair, wait_for
from lib.process import DEADLINE_SECS

USERS = [User("alice", "front.example.com"), User("bob", "home.example.com")]
# REFERRAL_LINE_IDLE_SECS
IDLE_SECS = 60
HELLO = b"VERSION\tlogin-referral\t1\t0\n"


class Line:
    """One connection, after the handshake unless hello is something else."""

    def __init__(self, server, hello=HELLO):
        self.path = f"{server.dir}/run/login-referral"
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE_SECS)
        self.sock.connect(self.path)
        self.file = self.sock.makefile("rb")
        self.greeting = self.file.readline()
        self.send(hello)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def read(self):
        """The words of a line; [] at the end."""
        try:
            line = self.file.readline()
        except ConnectionResetError:
            return []
        return line.decode().rstrip("\n").split("\t") if line else []

    def ask(self, line):
        self.send(line.encode() + b"\n")
        return self.read()

    def is_closed(self):
        return self.read() == []

    def close(self):
        self.file.close()
        self.sock.close()


@pytest.fixture(name="front", scope="module")
def fixture_front(shared_site):
    return pair(shared_site, USERS, names=["front"]).front


def test_mode(front):
    mode = os.stat(f"{front.dir}/run/login-referral").st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_handshake(front):
    line = Line(front)
    assert line.greeting == HELLO
    # a client says it, too
    line.close()
    for hello in (b"VERSION\tlogin-referral\t2\t0\n",
                  b"VERSION\tauth-client\t1\t2\n", b"CPID\t1\n", b"\n"):
        assert Line(front, hello).is_closed()


def test_questions(front):
    line = Line(front)
    words = line.ask("EXPLAIN\t7\tbob\tservice=imap\tunheard=of")
    assert words[:2] == ["OK", "7"] and "action=refer" in words
    assert line.ask("EXPLAIN\t8")[:2] == ["FAIL", "8"]
    assert line.ask("EXPLAIN\t9\tbob\trip=nowhere")[:2] == ["FAIL", "9"]
    assert line.ask("DANCE\t10") == ["FAIL", "10", "unknown question"]
    assert line.ask("FLUSH\t11\tnobody") == ["OK", "11", "flushed=0"]
    line.close()


@pytest.mark.parametrize("bad", ["EXPLAIN", "EXPLAIN\t-1\tbob", "\t\t",
                                 "EXPLAIN\t1\t" + "x" * 10000])
def test_broken(front, bad):
    line = Line(front)
    line.send(bad.encode() + b"\n")
    assert line.is_closed()


def test_clients(front):
    """Eight, and no more; logins don't notice."""
    lines = [Line(front) for _ in range(8)]
    assert all(line.greeting == HELLO for line in lines)
    with pytest.raises((AssertionError, ConnectionResetError, BrokenPipeError)):
        assert Line(front).greeting == HELLO
    with pytest.raises(RuntimeError, match="8 others are asking"):
        front.doveadm("referral", "explain", "bob")
    for line in lines:
        line.close()

    def free():
        line = Line(front)
        line.close()
        return line.greeting == HELLO
    wait_for(free, "a free line")


def test_many_questions(front):
    """Only some are under way at a time, and each is answered once."""
    line = Line(front)
    count = 200
    line.send(b"".join(b"EXPLAIN\t%d\tbob\n" % n for n in range(count)))
    ids = [line.read()[1] for _ in range(count)]
    assert sorted(map(int, ids)) == list(range(count))
    line.close()


def test_gone(shared_site, front):
    """Who asks and goes away harms nobody."""
    for _ in range(20):
        line = Line(front)
        line.send(b"".join(b"EXPLAIN\t%d\tuser%d\n" % (n, n)
                           for n in range(16)))
        line.close()
    assert shared_site.client(front).login("alice", "secret").status == "OK"


def test_unread(front):
    """Answers that are not read end the line, not the auth process."""
    line = Line(front)
    line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.sock.setblocking(False)

    def refused():
        try:
            line.sock.send(b"DANCE\t1\n" * 1000)
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            return True
        return False
    wait_for(refused, "the end of the line")
    front.log.wait("answers are not read")


def test_reload(site):
    """An idle line does not keep the old auth process."""
    front = pair(site, USERS, names=["front"]).front
    line = Line(front)
    old, = front.pids("auth")
    front.reload()
    # whoever comes starts the new one
    site.client(front).login("alice", "secret")
    assert line.is_closed()
    wait_for(lambda: old not in front.pids("auth"), "the old one's end")


def test_idle(site):
    """Who says nothing for a minute is sent away."""
    front = pair(site, USERS, names=["front"]).front
    begun = time.monotonic()
    line = Line(front)
    line.sock.settimeout(IDLE_SECS + DEADLINE_SECS)
    assert line.is_closed()
    assert time.monotonic() - begun > IDLE_SECS - 1
    # and nobody else
    assert Line(front).greeting == HELLO


def test_stop_while_asking(site):
    """Questions that wait for the directory don't hold up the end."""
    world = pair(site, USERS, names=["front"])
    world.ldap.freeze()
    line = Line(world.front)
    line.send(b"EXPLAIN\t1\tbob\n")
    world.front.log.mark()
    assert world.front.process.stop()
    assert not world.front.broken()
    world.ldap.thaw()


def test_without_plugin(site):
    """Dovecot's own sockets are no line: nothing is said to them."""
    world = pair(site, USERS, names=["front"])
    with pytest.raises(RuntimeError, match="has no passdb referral"):
        world.front.doveadm("referral", "flush", "-a",
                            f"{world.front.dir}/run/auth-client")
    with pytest.raises(RuntimeError, match="Dovecot is not running"):
        world.front.doveadm("referral", "flush", "-a", "/nowhere")


def test_mode_warning(site):
    front = pair(site, USERS, names=["front"],
                 raw="service auth {\n  unix_listener login-referral {\n"
                     "    mode = 0660\n  }\n}\n").front
    front.log.wait(["login-referral", "mode 0660", "mode = 0600"])
