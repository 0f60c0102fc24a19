"""Row 29: what a directory may hold in mailHost. Rubbish never reaches a
client, breaks a line or is logged raw."""

import pytest

from lib import User, pair, refer

# values that inetLocalMailRecipient's own attribute can hold
BAD = {
    "bracket": b"x]y",
    "brackets": b"[x]/] t",
    "space": b"a b",
    "leading space": b" home.example.com",
    "two": b"home.example.com,else.example.com",
    "crlf": b"home.example.com\r\na2 OK [REFERRAL imap://evil/] hello",
    "lf": b"home\nexample",
    "nul": b"home.example.com\0.evil",
    "percent": b"home%2eexample.com",
    "variable": b"%{user}",
    "quotes": b'"home.example.com"',
    "at": b"evil@home.example.com",
    "slash": b"home.example.com/",
    "url": b"imap://home.example.com/",
    "question": b"home?x",
    "hash": b"home#x",
    "backslash": b"home\\x",
    "tab": b"home\tx",
    "escape": b"\x1b[31mred",
    "delete": b"home\x7f",
    "port 0": b"home.example.com:0",
    "port 65536": b"home.example.com:65536",
    "port name": b"home.example.com:imap",
    "port empty": b"home.example.com:",
    "port negative": b"home.example.com:-1",
    "two ports": b"home.example.com:143:143",
    "long label": b"x" * 64 + b".example.com",
    "257": b"x." * 128 + b"y",
    "10 kB": b"x" * 10240,
    "10 kB of dots": b"x." * 5120,
    "dots": b"home..example.com",
    "dot": b".",
    "numbers": b"1.2.3",
    "hex address": b"0x7f000001",
    "octal": b"0300.0.2.7",
    "v6 zone": b"[fe80::1%eth0]",
    "v6 open": b"[2001:db8::1",
    "v6 close": b"2001:db8::1]",
    "v6 empty": b"[]",
    "v6 rubbish": b"[::g]",
    "unspecified": b"0.0.0.0",
    "unspecified v6": b"::",
    "multicast": b"224.0.0.1",
    "hyphen": b"-home.example.com",
    "star": b"*.example.com",
}
# not IA5, or several: in an attribute of another schema
BAD_OCTETS = {
    "utf8": "höme.example.com".encode(),
    "latin1": b"h\xf6me.example.com",
    "ff": b"\xff\xfe",
    "c1": b"\x9b31m",
    "several bad": [b"a b", b"c d"],
}
GOOD = {
    "h:1143": ("imap://{};AUTH=*@h:1143/"),
    "h_1": ("imap://{};AUTH=*@h_1/"),
    "1a.example.com": ("imap://{};AUTH=*@1a.example.com/"),
    "x" * 63 + ".example.com": (
        "imap://{};AUTH=*@" + "x" * 63 + ".example.com/"),
    "xn--hme-sna.example.com": ("imap://{};AUTH=*@xn--hme-sna.example.com/"),
}


def name_of(label):
    return "u" + label.encode().hex()


@pytest.fixture(scope="module")
def world(shared_site):
    users = [User(name_of(label), value) for label, value in BAD.items()]
    users += [User(name_of(label), test_mail_host=value)
              for label, value in BAD_OCTETS.items()]
    users += [User(name_of(value), value) for value in GOOD]
    return pair(shared_site, users, names=["front"], settings={
        "referral_ldap_attributes": "mailHost testMailHost"})


@pytest.mark.parametrize("label", [*BAD, *BAD_OCTETS])
def test_bad(shared_site, world, label):
    value = BAD.get(label) or BAD_OCTETS.get(label) or b""
    values = value if isinstance(value, list) else [value]
    since = world.front.log.mark()
    client = shared_site.client(world.front)
    reply = client.login(name_of(label), "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE"), reply.raw
    line = world.front.log.wait([name_of(label), "invalid value"], since)
    assert len(line) < 500
    with open(world.front.log.path, "rb") as file:
        file.seek(since)
        raw = file.read()
    assert all(octet == 10 or 32 <= octet < 127 for octet in raw), \
        "a raw octet in the log"
    for value in values:
        if len(value) > 80:
            assert value not in raw, "not cut in the log"
    assert not world.front.logged_in(name_of(label), since)
    # the connection goes on, in step
    assert client.command("NOOP").status == "OK"


@pytest.mark.parametrize("value", GOOD)
def test_good(shared_site, world, value):
    user = name_of(value)
    assert refer(shared_site, world.front, user).url.text == \
        GOOD[value].format(user)


def test_empty(site):
    """OpenLDAP keeps empty values in an octet string only."""
    world = pair(site, [User("bob", test_mail_host="x")], names=["front"],
                 settings={"referral_ldap_attributes": "testMailHost"})
    world.ldap.set("bob", "testMailHost", "")
    since = world.front.log.mark()
    reply = site.client(world.front).login("bob", "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    world.front.log.wait(["bob", 'invalid value ""'], since)


def test_one_good_of_several(site):
    """A bad value beside a good one does not spoil it."""
    world = pair(site, [User("bob", test_mail_host=[
        b"a b", b"home.example.com"])], names=["front"],
        settings={"referral_ldap_attributes": "testMailHost"})
    assert refer(site, world.front, "bob").url.host == "home.example.com"


def test_allowed_hosts(site):
    """A valid name of a host that is not ours is an error, not a referral."""
    users = [User("bob", "home.example.com"), User("eve", "evil.example.net")]
    world = pair(site, users, names=["front"],
                 settings={"referral_allowed_hosts": "*.example.com"})
    since = world.front.log.mark()
    assert refer(site, world.front, "bob").url.host == "home.example.com"
    reply = site.client(world.front).login("eve", "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    world.front.log.wait(["evil.example.net", "referral_allowed_hosts"],
                         since)


@pytest.mark.parametrize("mail_host, settings", [
    ("imap://home.example.com/", "url"),
    ("imaps://home.example.com:993/", "host url"),
    ("lmtp:home.example.com:24", "host /lmtp:([^:]+):24/"),
    ("home", "%{value}.%{domain} host"),
    ("CN=Mailboxes,CN=SG1,CN=InformationStore,CN=HOME,CN=Servers,CN=Org",
     "/.*,CN=([^,]+),CN=Servers,.*/%{value}.example.com"),
    ("home", "%{value}.example.com host"),
    ("home.example.com", "%{value}.example.com host"),
    ("/o=Org/ou=First Group/cn=Servers/cn=HOME",
     "/.*/cn=Servers/cn=([^/]+)/%{value}.example.com"),
])
def test_format(site, mail_host, settings):
    """Values that are no host names."""
    users = [User("bob@example.com", test_mail_host=mail_host),
             User("carol@example.com", test_mail_host="neither/nor")]
    front = pair(site, users, {"referral_ldap_attributes": "testMailHost",
                               "referral_mailhost_format": settings},
                 names=["front"]).front
    assert refer(site, front, "bob@example.com").url.host == "home.example.com"
    since = front.log.mark()
    reply = site.client(front).login("carol@example.com", "secret")
    assert reply.code == "UNAVAILABLE"
    front.log.wait(["invalid_value", "neither/nor"], since)


def test_format_domain(site):
    """A name without a domain, and one that is no part of a host's."""
    names = ["bob", "bob@x[y", "bob@example.org"]
    users = [User(name, test_mail_host="home") for name in names]
    front = pair(site, users, {"referral_ldap_attributes": "testMailHost",
                               "referral_mailhost_format":
                               "%{value}.%{domain}"},
                 names=["front"], raw="\nauth_username_chars =\n").front
    assert refer(site, front, "bob@example.org").url.host == "home.example.org"
    for name in names[:2]:
        since = front.log.mark()
        assert site.client(front).login(name, "secret").code == "UNAVAILABLE"
        front.log.wait(["invalid_value",
                        "home (fits no referral_mailhost_format)"], since)
