"""Action suggest: a tagged OK with a referral on a session of this server's
own. The fields are those of our auth module, set here by a passwd-file."""

import pytest

from lib import PasswdFile, User

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")


def suggest(name, host, auth="*"):
    return User(name, fields={"userdb_login_referral_host": host,
                              "userdb_login_referral_auth": auth})


USERS = [
    User("alice"),
    suggest("bob", "home.example.com"),
]
SETTINGS = {"login_plugins": "login_referral"}
PLUGIN = """protocol imap {
  mail_plugins = imap_login_referral
}
"""


@pytest.fixture(scope="module")
def front(shared_site):
    return shared_site.dovecot(
        "front.example.com", [PasswdFile(USERS)], pki=shared_site.pki,
        mechanisms=MECHANISMS, settings=SETTINGS, raw=PLUGIN)


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
@pytest.mark.parametrize("how", ("LOGIN command",) + MECHANISMS)
def test_suggest(shared_site, front, how, tls):
    client = shared_site.client(front, tls=tls)
    reply = client.log_in(how, "bob", "secret")
    assert reply.raw == (
        f"{reply.tag} OK [REFERRAL imap://bob;AUTH=*@home.example.com/] "
        "Try this server instead.").encode()
    assert len(reply.untagged) == 1
    assert reply.untagged[0].startswith(b"* CAPABILITY IMAP4rev1 ")
    client.select_inbox()
