"""What users are shown when they are refused, by an untagged OK [ALERT] (RFC
3501 section 7.1) and by the reply. The fields are those of our auth module, set
here by a plain passwd-file."""

import pytest

from lib import Ldap, PasswdFile, Static, User
from lib.pop3 import Pop3

FRONT, HOME = "front.example.com", "home.example.com"
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
ALERT = "%{user}, your mailbox is on %{host}."
SAID = f"bob, your mailbox is on {HOME}."
REASON = "Elsewhere:_" + HOME
USERS = [
    User("alice"),
    User("bob", fields={"nologin": "y", "host": HOME,
                        "login_referral_host": HOME}),
    User("b\u00fcb", fields={"nologin": "y", "host": HOME,
                             "login_referral_host": HOME}),
    User("rejected", fields={"nologin": "y", "reason": REASON,
                             "login_referral_refused": "reject"}),
    # another passdb's
    User("disabled", fields={"nologin": "y", "reason": REASON}),
]


def front_with(site, **settings):
    return site.dovecot(
        FRONT, [PasswdFile(USERS)], pki=site.pki, mechanisms=MECHANISMS,
        protocols=("imap", "sieve", "pop3"),
        settings={"login_plugins": "login_referral", "auth_username_chars": "",
                  "referral_alert_text": ALERT, **settings})


@pytest.fixture(scope="module")
def front(shared_site):
    return front_with(shared_site)


def alerts(reply):
    """Of a reply that has nothing else before it but capabilities."""
    lines = [line for line in reply.untagged
             if not line.startswith(b"* CAPABILITY ")]
    assert all(line.startswith(b"* OK [ALERT] ") for line in lines)
    return [line[len(b"* OK [ALERT] "):].decode("ascii") for line in lines]


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
@pytest.mark.parametrize("how", ("LOGIN command",) + MECHANISMS)
def test_refer(shared_site, front, how, tls):
    client = shared_site.client(front, tls=tls)
    reply = client.log_in(how, "bob", "secret")
    assert (reply.status, reply.code) == ("NO", "REFERRAL")
    assert alerts(reply) == [SAID]
    client.read_bye()


@pytest.mark.parametrize("how", ("LOGIN command",) + MECHANISMS)
def test_reject(shared_site, front, how):
    client = shared_site.client(front)
    reply = client.log_in(how, "rejected", "secret")
    assert (reply.status, reply.code) == ("NO", "CONTACTADMIN")
    assert alerts(reply) == [REASON] == [reply.text]
    # it may try again, as somebody else
    assert client.login("alice", "secret").status == "OK"


def test_text_is_safe(shared_site, front):
    reply = shared_site.client(front).login("b\u00fcb", "secret")
    assert alerts(reply) == [f"b??b, your mailbox is on {HOME}."]


@pytest.mark.parametrize("tls", [None, "implicit"])
def test_pipelined(shared_site, front, tls):
    client = shared_site.client(front, tls=tls)
    client.send_raw(b"x LOGIN bob secret\r\n" + b"y NOOP\r\n" * 100)
    assert alerts(client.read_reply("x")) == [SAID]
    client.read_bye()
    client = shared_site.client(front, tls=tls)
    client.send_raw(b"x LOGIN rejected secret\r\ny LOGIN alice secret\r\n")
    assert alerts(client.read_reply("x")) == [REASON]
    assert client.read_reply("y").status == "OK"


@pytest.mark.parametrize("user", ["bob", "rejected", "disabled"])
@pytest.mark.parametrize("how", ("LOGIN command",) + MECHANISMS)
def test_wrong_password(shared_site, front, how, user):
    """RFC 2221 section 6. (Dovecot itself shows a reason that a passdb has set
    before the password was seen to be wrong.)"""
    reply = shared_site.client(front).log_in(how, user, "wrong")
    assert (reply.status, alerts(reply)) == ("NO", [])
    if user == "bob":
        assert reply.code == "AUTHENTICATIONFAILED"


@pytest.mark.parametrize("user, status", [
    ("alice", "OK"), ("disabled", "NO")])
def test_no_alert(shared_site, front, user, status):
    """At home, and where it was not we who refused."""
    client = shared_site.client(front)
    reply = client.login(user, "secret")
    assert (reply.status, alerts(reply)) == (status, [])


def test_sieve(shared_site, front):
    """It shows the text of a NO by itself."""
    client = shared_site.sieve_client(front)
    reply = client.authenticate("PLAIN", "bob", "secret")
    assert (reply.status, reply.code) == ("NO", "REFERRAL")
    client = shared_site.sieve_client(front)
    reply = client.authenticate("PLAIN", "rejected", "secret")
    assert (reply.status, reply.text) == ("NO", REASON)


def test_off(site):
    """Without the setting."""
    front = front_with(site, referral_alert_text="")
    for user in ("bob", "rejected"):
        assert alerts(site.client(front).login(user, "secret")) == []


def test_trusted(site):
    """A proxy may follow the referral, and must not tell its client."""
    front = front_with(site, login_trusted_networks="127.0.0.0/8")
    for user in ("bob", "rejected"):
        assert alerts(site.client(front).login(user, "secret")) == []


def test_behind_a_proxy(site):
    """One that is not trusted hands it on."""
    front = front_with(site)
    proxy = site.dovecot("proxy.example.com", [Static(fields={
        "nopassword": "y", "proxy": "y", "host": front.address,
        "port": front.port})])
    reply = site.client(proxy).login("rejected", "secret")
    assert (reply.status, alerts(reply)) == ("NO", [REASON])


# A mailbox that is being moved: our auth module has a login fail for now after
# its password was right, and so does a passdb that can't be asked.

MOVING = User("moving", fields={"login_referral_refused": "moving"})


def moving_front(site, **settings):
    ldap = site.slapd([MOVING])
    front = site.dovecot(
        FRONT, [PasswdFile([MOVING], result_success="continue"), Ldap(ldap)],
        protocols=("imap", "sieve", "pop3"),
        settings={"login_plugins": "login_referral", **settings})
    ldap.stop()
    return front


@pytest.mark.parametrize("settings, text", [
    ({}, "Your mailbox is being moved. Please try again later."),
    ({"referral_moving_text": "Wait, %{user}."}, "Wait, moving."),
])
@pytest.mark.parametrize("alert", ["", ALERT])
def test_moving(site, alert, settings, text):
    front = moving_front(site, referral_alert_text=alert, **settings)
    reply = site.client(front).login("moving", "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    assert reply.text == text
    assert alerts(reply) == ([text] if alert else [])
    reply = site.sieve_client(front).authenticate("PLAIN", "moving", "secret")
    assert (reply.status, reply.code, reply.text) == ("NO", "TRYLATER", text)
    reply = Pop3(front.address, front.ports["pop3"]).login("moving", "secret")
    assert reply == (False, f"[SYS/TEMP] {text}")
