"""A login process is told to end while it serves clients in every state."""

import os
import re
import signal

import pytest

from lib import PasswdFile, User, wait_for
from lib.dovecot import version
from lib.fakehome import FakeHome

FRONT, HOME = "front.example.com", "home.example.com"
SERVICE = "restart_request_count" if version() >= (2, 4) else "service_count"
RAW = f"service imap-login {{\n  {SERVICE} = 1000\n  process_limit = 1\n}}\n"
PLUGIN = {"login_plugins": "login_referral"}


def end(server):
    """Have the login process end. Returns what is wrong with that, without
    the times and pids."""
    pid, = server.pids("imap-login")
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: pid not in server.pids("imap-login"), "its end")
    server.stop()
    broken = server.broken()
    # judged by the test, not by the site
    os.unlink(server.log.path)
    return [re.sub(r"^.*imap-login: |child \d+", "", line) for line in broken]


def proxying_front(site, name, answers, offer):
    """A front server, with our plugin where it is to offer, and bob, who is
    at home at a server that has these answers."""
    host = "home." + name
    home = FakeHome(site.address_of(host), port := site.port(host), answers)
    fields = {"proxy": "y", "host": site.address_of(host), "port": port}
    if offer:
        fields["login_referral_host"] = HOME
    users = [User("bob", fields=fields),
             User("carol", fields={"nologin": "y", "host": HOME,
                                   "login_referral_host": HOME})]
    front = site.dovecot(name, [PasswdFile(users)], raw=RAW,
                         settings=PLUGIN if offer else {})
    return home, front


def test_waiting_for_the_home(site):
    """Dovecot forgets its home servers before the clients that wait for their
    answer, and panics (2.3.19, 2.4.1). With us it is neither better nor worse:
    once it is mended there, nothing is left of it here."""
    seen = []
    for name, offer in (("stock.example.com", False), (FRONT, True)):
        home, front = proxying_front(site, name, [], offer)
        client = site.client(front)
        client.send_line("x LOGIN bob secret")
        wait_for(lambda: any("LOGIN" in line or "AUTHENTICATE" in line
                             for line in home.lines), "the login at home")
        seen.append(end(front))
        home.close()
    assert seen[0] == seen[1]


@pytest.mark.parametrize("stay", ["lingering", "referred", "greeted",
                                  "offered"])
def test_clean(site, stay):
    """What only we do."""
    home, front = proxying_front(
        site, FRONT, ["{tag} OK [CAPABILITY IMAP4rev1] Hi."], True)
    client = site.client(front)
    if stay == "offered":
        assert client.login("bob", "secret").code == "REFERRAL"
    elif stay != "greeted":
        more = b"y NOOP\r\n" * (5000 if stay == "lingering" else 0)
        client.send_raw(b"x LOGIN carol secret\r\n" + more)
        assert client.read_reply("x").code == "REFERRAL"
    assert end(front) == []
    home.close()
