"""Action refer: what a client is told, byte for byte. The fields are those of
our auth module, set here by a plain passwd-file, so that no LDAP is needed."""

import pytest

from lib import PasswdFile, User

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")


def refer(name, host, **more):
    return User(name, fields={"nologin": "y", "host": host,
                              "login_referral_host": host, **more})


USERS = [
    User("alice"),
    refer("bob", "home.example.com"),
]


@pytest.fixture(scope="module")
def front(shared_site):
    return shared_site.dovecot(
        "front.example.com", [PasswdFile(USERS)], pki=shared_site.pki,
        mechanisms=MECHANISMS, settings={"login_plugins": "login_referral"})


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
@pytest.mark.parametrize("how", ("LOGIN command",) + MECHANISMS)
def test_refer(shared_site, front, how, tls):
    client = shared_site.client(front, tls=tls)
    reply = client.log_in(how, "bob", "secret")
    auth = "*" if how == "LOGIN command" else how
    assert reply.raw == (
        f"{reply.tag} NO [REFERRAL imap://bob;AUTH={auth}@home.example.com/] "
        "Try this server instead.").encode()
    client.read_bye()
