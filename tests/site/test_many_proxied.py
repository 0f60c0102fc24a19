"""Many proxied logins at once, right after a start, to a home server that has
to be looked up: DNS is asked once, not for each."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import PasswdFile, User, referral_settings, with_referral
from lib.dovecot import version
from lib.dovecot_config import block, dialect

LOGINS = 400


def many_clients():
    return block("service imap-login", [
        dialect(version()).many_clients, "client_limit = 2000",
        "process_min_avail = 2"]) + \
        block("service imap", ["process_limit = 2000"])


@pytest.mark.parametrize("resolve", ["yes", "no"])
def test_all_succeed(site, resolve):
    users = [User(f"user{number}") for number in range(LOGINS)]
    home = site.dovecot("home.example.com", [PasswdFile(users)],
                        settings={"listen": "127.0.0.1, ::1"},
                        raw=many_clients())
    assert home.address == "127.0.0.1"
    for user in users:
        # the one name that resolves everywhere
        user.mail_host = f"localhost:{home.port}"
    front = site.dovecot(
        "front.example.com", with_referral(users), raw=many_clients(),
        settings=referral_settings(
            site.slapd(users), referral_local_hosts="front.example.com",
            referral_action="proxy", referral_proxy_fields="ssl=no",
            referral_resolve_hosts=resolve))
    clients = [site.client(front) for _ in users]

    def log_in(client, user):
        client.send_line(f"a1 LOGIN {user.name} secret")

    def answer(client):
        return client.read_reply("a1").status
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(log_in, clients, users))
        replies = list(pool.map(answer, clients))
    assert replies == ["OK"] * LOGINS
