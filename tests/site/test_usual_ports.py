"""mailHost with the ports that everybody uses: 143 says nothing, 993 means
TLS."""

import os
import socket

import pytest

from lib import PasswdFile, User, referral_settings, with_referral

FRONT, HOME = "front.example.com", "home.example.com"
MAPPED = f"{HOME}=mail.example.com:1143"


def home_address():
    """One of this machine's that nobody has a server on."""
    number = os.getpid()
    for last in range(2, 250):
        address = f"127.{100 + number // 250 % 100}.{number % 250}.{last}"
        try:
            for port in (143, 993):
                socket.create_server((address, port)).close()
        except OSError:
            continue
        return address
    return pytest.skip("ports 143 and 993 are taken")


@pytest.mark.parametrize("mail_host, fields, tls, action", [
    (HOME, "", False, "proxy"),
    (f"{HOME}:143", "", False, "proxy"),
    (f"{HOME}:143", "ssl=yes port=993", True, "proxy"),
    (HOME, "ssl=yes port=993", True, "proxy"),
    (f"{HOME}:993", "", True, "proxy"),
    (f"{HOME}:993", "ssl=yes", True, "proxy"),
    # a map is for clients only
    (f"{HOME}:993", "", True, "offer"),
    (f"{HOME}:143", "ssl=yes port=993", True, "offer")])
def test_proxied(site, mail_host, fields, tls, action):
    bob = User("bob", mail_host)
    home = site.dovecot(HOME, [PasswdFile([bob])], pki=site.pki,
                        protocols=("imap",), cleartext=not tls, start=False)
    home.address = home_address()
    home.ports["imap"], home.tls_ports["imap"] = 143, 993
    home.configure()
    offer = action == "offer"
    front = site.dovecot(
        FRONT, with_referral([bob]), pki=site.pki, start=False,
        settings=referral_settings(
            site.slapd([bob]), referral_proxy_fields=fields,
            referral_action=action,
            referral_local_hosts=FRONT,
            referral_host_map=MAPPED if offer else ""))
    site.know_names([front, home])
    home.start()
    front.start()
    client = site.client(front)
    reply = client.login("bob", "secret")
    assert reply.status == "OK", reply.raw
    if offer:
        assert (reply.url.host, reply.url.port) == ("mail.example.com", 1143)
    client.select_inbox()
    home.wait_logged_in("bob")
    line = next(line for line in home.log.lines()
                if "user=<bob>" in line and "ogged in" in line
                or "Login: user=<bob>" in line)
    assert ("TLS" in line) == tls, line
    assert not front.logged_in("bob")
