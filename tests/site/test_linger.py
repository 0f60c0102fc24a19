"""The end of a connection: its last line arrives, and a client that does not
close takes nobody's place."""

import time

import pytest

from lib import PasswdFile, User, wait_for
from lib.dovecot import version

LIMIT = 3
# the head of every client_limit and service_count here
ONE = f"""service imap-login {{
  {'restart_request_count' if version() >= (2, 4) else 'service_count'} = 1
  process_limit = {LIMIT}
}}
"""
MANY = f"""service imap-login {{
  {'restart_request_count' if version() >= (2, 4) else 'service_count'} = 1000
  process_limit = 1
  client_limit = {LIMIT}
}}
"""


def front_with(site, raw, **settings):
    user = User("bob", fields={"nologin": "y", "host": "home.example.com",
                               "login_referral_host": "home.example.com"})
    return site.dovecot(
        "front.example.com", [PasswdFile([User("alice"), user])],
        pki=site.pki, raw=raw,
        settings={"login_plugins": "login_referral", **settings})


def stay(site, front, tls=None, more=b""):
    """A client that has been told all, and does not close. more: it has sent
    that after its last command."""
    client = site.client(front, tls=tls)
    client.send_raw(b"x LOGIN bob secret\r\n" + more)
    assert client.read_reply("x").code == "REFERRAL"
    client.read_bye()
    return client


def takes_input(client):
    """Or is it answered with a reset?"""
    try:
        while True:
            client.send_raw(b"y NOOP\r\n" * 1000)
    except BlockingIOError:
        return True
    except OSError:
        return False


@pytest.mark.parametrize("tls", [None, "implicit"])
def test_nothing_unread(site, tls):
    """There is nothing to wait for."""
    client = stay(site, front_with(site, ONE), tls)
    assert not takes_input(client)


@pytest.mark.parametrize("tls", [None, "implicit"])
@pytest.mark.parametrize("service", [ONE, MANY], ids=["one", "many"])
def test_places_are_short(site, service, tls):
    """Those who stay, with input unread, don't make others wait. Only the
    best of some rounds says something on a busy machine: without that, each
    would take the whole second."""
    front = front_with(site, service)
    waited = []
    while min(waited, default=1) > 0.7 and len(waited) < 10:
        clients = [stay(site, front, tls, b"y NOOP\r\n" * 100)
                   for _ in range(LIMIT)]
        since = time.monotonic()
        client = site.client(front, tls=tls)
        assert client.greeting.status == "OK"
        waited.append(time.monotonic() - since)
        for other in clients + [client]:
            other.close()
    assert min(waited) <= 0.7, waited


def test_drained_places_are_short(site):
    """Nobody has given a password there."""
    front = front_with(site, ONE, referral_drain_host="home.example.com")
    waited = []
    while min(waited, default=1) > 0.7 and len(waited) < 10:
        clients = []
        for _ in range(LIMIT):
            client = site.client(front, greet=False)
            client.send_raw(b"x NOOP\r\n" * 100)
            assert b"* BYE [REFERRAL " in client.read_line()
            client.read_to_end()
            clients.append(client)
        since = time.monotonic()
        client = site.client(front, greet=False)
        assert b"* BYE [REFERRAL " in client.read_line()
        waited.append(time.monotonic() - since)
        for other in clients + [client]:
            other.close()
    assert min(waited) <= 0.7, waited


def test_stays_a_second(site):
    """Even where there are places enough."""
    front = front_with(site, MANY)
    client = stay(site, front, more=b"y NOOP\r\n" * 100)
    wait_for(lambda: not takes_input(client), "the end", 10)
