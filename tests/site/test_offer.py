"""Action offer: a session that is proxied to the home server, whose OK has a
referral in it. The fields are those of our auth module, set here by a
passwd-file."""

import base64
import zlib

import pytest

from lib import PasswdFile, User
from lib.dovecot import version
from lib.fakehome import CAPABILITY, FakeHome

FRONT, HOME = "front.example.com", "home.example.com"
HOWS = ("LOGIN command", "PLAIN", "LOGIN")
TEXT = "Try this server instead."
COMPRESS = {True: "", False: """protocol imap {
  mail_plugins = zlib imap_zlib
}
"""}[version() >= (2, 4)]


class World:
    """A real home server, and a front server that proxies to it."""

    def __init__(self, site, front_settings=()):
        self.site, protocols = site, ("imap", "sieve")
        users = [User(name) for name in ("bob", "carol", "dave", "refused")]
        users[-1].password = "other"
        self.home = site.dovecot(
            HOME, [PasswdFile(users)], pki=site.pki, protocols=protocols,
            settings={"mailbox_list_index": "yes"}, raw=COMPRESS)
        self.home.deliver("bob", "bob at home")
        self.users = [
            self.user("bob"),
            # plain proxying
            self.user("carol", login_referral_host=None),
            self.user("dave", login_referral_host="x]y"),
            self.user("refused"),
            self.user("refusedproxy", login_referral_host=None),
            self.user("tls", destuser="bob", ssl="any-cert",
                      port=self.home.tls_port),
            self.user("starttls", destuser="bob", starttls="any-cert"),
            self.user("port", destuser="bob",
                      login_referral_host=HOME + ":1143"),
            self.user("nopipelining", destuser="bob", proxy_nopipelining="y"),
            self.user("sieve", destuser="bob", port=self.home.ports["sieve"]),
            self.user("sieveplain", destuser="bob", login_referral_host=None,
                      port=self.home.ports["sieve"]),
            self.user("sieverefused", destuser="refused",
                      port=self.home.ports["sieve"]),
        ]
        self.front = site.dovecot(
            FRONT, [PasswdFile(self.users)], pki=site.pki,
            protocols=protocols,
            settings={"login_plugins": "login_referral",
                      **dict(front_settings)})

    def user(self, name, **more):
        fields = {"proxy": "y", "host": self.home.address,
                  "port": self.home.port, "login_referral_host": HOME}
        fields.update(more)
        return User(name, fields={key: value for key, value in fields.items()
                                  if value is not None})


@pytest.fixture(scope="module")
def world(shared_site):
    return World(shared_site)


def check_offer(reply, url):
    """The referral is the only code, the capabilities went out before."""
    assert reply.raw == f"{reply.tag} OK [REFERRAL {url}] {TEXT}".encode()
    capabilities = [line for line in reply.untagged
                    if line.upper().startswith(b"* CAPABILITY ")]
    assert len(capabilities) == 1
    return capabilities[0].decode()


def check_is_home(client):
    client.select_inbox()
    reply = client.command("FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
    assert any(b"bob at home" in line for line in reply.untagged)


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
@pytest.mark.parametrize("how", HOWS)
def test_offer(world, how, tls):
    client = world.site.client(world.front, tls=tls)
    reply = client.log_in(how, "bob", "secret")
    auth = "*" if how == "LOGIN command" else how
    capabilities = check_offer(reply, f"imap://bob;AUTH={auth}@{HOME}/")
    # those after a login
    assert " SORT" in capabilities and "AUTH=" not in capabilities
    check_is_home(client)
    assert not world.front.logged_in("bob")


@pytest.mark.parametrize("user, url", [
    ("tls", f"imap://bob;AUTH=*@{HOME}/"),
    ("starttls", f"imap://bob;AUTH=*@{HOME}/"),
    ("port", f"imap://bob;AUTH=*@{HOME}:1143/"),
    ("nopipelining", f"imap://bob;AUTH=*@{HOME}/"),
])
def test_ways_home(world, user, url):
    client = world.site.client(world.front)
    check_offer(client.login(user, "secret"), url)
    check_is_home(client)


@pytest.mark.parametrize("tls", [None, "implicit"])
def test_asked_before(world, tls):
    """A client that asked for capabilities is told them once, too."""
    client = world.site.client(world.front, tls=tls)
    client.capabilities()
    client.command('ID ("name" "test")')
    check_offer(client.login("bob", "secret"), f"imap://bob;AUTH=*@{HOME}/")
    check_is_home(client)


@pytest.mark.parametrize("tls", [None, "implicit"])
def test_pipelined(world, tls):
    client = world.site.client(world.front, tls=tls)
    client.send_raw(b"x LOGIN bob secret\r\ny SELECT INBOX\r\nz NOOP\r\n")
    check_offer(client.read_reply("x"), f"imap://bob;AUTH=*@{HOME}/")
    assert client.read_reply("y").status == "OK"
    assert client.read_reply("z").status == "OK"


def test_afterwards(world):
    client = world.site.client(world.front)
    check_offer(client.login("bob", "secret"), f"imap://bob;AUTH=*@{HOME}/")
    client.select_inbox()
    assert client.command("NOTIFY NONE").status == "OK"
    assert client.command('ID ("name" "test")').status == "OK"
    client.send_line("i IDLE")
    assert client.read_line().startswith(b"+ ")
    client.send_line("DONE")
    assert client.read_reply("i").status == "OK"

    assert client.command("COMPRESS DEFLATE").status == "OK"
    deflate, inflate = zlib.compressobj(wbits=-15), zlib.decompressobj(-15)
    client.send_raw(deflate.compress(b"n NOOP\r\n") +
                    deflate.flush(zlib.Z_SYNC_FLUSH))
    data = b""
    while not data.endswith(b"\r\n"):
        data += inflate.decompress(client.read_octets(1))
    assert data.startswith(b"n OK ")


@pytest.mark.parametrize("how", HOWS)
def test_plain_proxying(world, how):
    """Without our field, or with one that is no use, nothing changes."""
    replies = []
    for user in ("carol", "dave"):
        client = world.site.client(world.front)
        since = world.front.log.mark()
        reply = client.log_in(how, user, "secret")
        assert (reply.status, reply.code) == ("OK", "CAPABILITY")
        replies.append(reply.raw)
        client.select_inbox()
        if user == "dave":
            world.front.log.wait(["Error:", "login_referral_host=x]y"], since)
    assert replies[0] == replies[1]


@pytest.mark.parametrize("how", HOWS)
def test_home_refuses(world, how):
    """The home server has another password."""
    replies = [world.site.client(world.front).log_in(how, user, "secret")
               for user in ("refused", "refusedproxy")]
    assert replies[0] == replies[1]
    assert replies[0].code == "AUTHENTICATIONFAILED"


def test_trusted(site):
    """A proxy in front of us takes the OK form for a failure."""
    world = World(site, {"login_trusted_networks": "127.0.0.0/8"})
    client = site.client(world.front)
    reply = client.login("bob", "secret")
    assert (reply.status, reply.code) == ("OK", "CAPABILITY")
    check_is_home(client)


# what home servers say

class FakeWorld:
    def __init__(self, site, **home):
        self.port = site.port(HOME)
        self.home = FakeHome(site.address_of(HOME), self.port, **home)
        fields = {"proxy": "y", "host": site.address_of(HOME),
                  "port": self.port}
        offer = {**fields, "login_referral_host": HOME}
        users = [User("bob", fields=offer), User("carol", fields=fields),
                 User("master", fields={**offer, "destuser": "bob",
                                        "master": "boss", "pass": "geheim"})]
        self.site = site
        self.front = site.dovecot(
            FRONT, [PasswdFile(users)],
            settings={"login_plugins": "login_referral"})

    def login(self, user):
        return self.site.client(self.front).login(user, "secret")


@pytest.mark.parametrize("answers, capability", [
    (["{tag} OK [CAPABILITY IMAP4rev1 NEW] Hi."], "IMAP4rev1 NEW"),
    (["{tag} OK [capability IMAP4rev1 NEW]"], "IMAP4rev1 NEW"),
    (["* CAPABILITY IMAP4rev1 NEW", "{tag} OK Hi."], "IMAP4rev1 NEW"),
    (["* CAPABILITY IMAP4rev1 OLD",
      "{tag} OK [CAPABILITY IMAP4rev1 NEW] Hi."], "IMAP4rev1 NEW"),
    (["{tag} OK Hi."], CAPABILITY),
    (["{tag} OK [ALERT] Hi."], CAPABILITY),
    (["* CAPABILITY IMAP4rev1 NEW", "{tag} OK [ALERT] Your quota."],
     "IMAP4rev1 NEW"),
    (["* OK [ALERT] Soon.", "{tag} OK [REFERRAL imap://x/] Hi."], CAPABILITY),
])
def test_forms(site, answers, capability):
    world = FakeWorld(site, answers=answers)
    reply = world.login("bob")
    assert check_offer(reply, f"imap://bob;AUTH=*@{HOME}/") == \
        "* CAPABILITY " + capability
    # what else the home server has to say
    assert [line for line in reply.untagged if b"ALERT" in line] == \
        [b"* OK [ALERT] " + line.split("] ")[1].encode()
         for line in answers if "ALERT" in line]
    world.home.close()


def test_no_capabilities(site):
    """The proxy asks when it has not been told."""
    world = FakeWorld(site, greeting="Ready.", answers=["{tag} OK Hi."],
                      capability="IMAP4rev1 ASKED")
    reply = world.login("bob")
    assert check_offer(reply, f"imap://bob;AUTH=*@{HOME}/") == \
        "* CAPABILITY IMAP4rev1 ASKED"
    world.home.close()


@pytest.mark.parametrize("answers", [
    ["{tag} NO [AUTHENTICATIONFAILED] No."],
    ["{tag} NO [UNAVAILABLE] Later."],
    ["{tag} NO [ALERT] Your account is closed."],
    ["{tag} NO [CONTACTADMIN] L OK [CAPABILITY x] y."],
    ["{tag} NO No."],
    ["{tag} BAD Bad."],
    ["* BYE Bye.", "{tag} NO [LIMIT] Too many."],
])
def test_refusals(site, answers):
    """They pass as in plain proxying."""
    world = FakeWorld(site, answers=answers)
    replies = [world.login(user) for user in ("bob", "carol")]
    assert replies[0].raw == replies[1].raw
    assert replies[0].status in ("NO", "BAD")
    world.home.close()


def test_home_is_down(site):
    world = FakeWorld(site, answers=[])
    world.home.close()
    reply = world.login("bob")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")


def test_master(site):
    """Master credentials log in at home; the client is told its own name."""
    world = FakeWorld(site, answers=["{tag} OK Hi."])
    reply = world.login("master")
    check_offer(reply, f"imap://bob;AUTH=*@{HOME}/")
    line = [line for line in world.home.lines if "AUTHENTICATE" in line][0]
    assert base64.b64decode(line.split()[-1]) == b"bob\0boss\0geheim"
    world.home.close()


# ManageSieve

@pytest.mark.parametrize("tls", [None, "starttls"])
def test_sieve(world, tls):
    client = world.site.sieve_client(world.front, tls=tls)
    reply = client.authenticate("PLAIN", "sieve", "secret")
    assert reply.raw == (f'OK (REFERRAL "sieve://bob;AUTH=PLAIN@{HOME}") '
                         f'"{TEXT}"').encode()
    assert client.command("LISTSCRIPTS").status == "OK"


@pytest.mark.parametrize("user, status", [
    ("sieveplain", "OK"), ("sieverefused", "NO"),
])
def test_sieve_unchanged(world, user, status):
    client = world.site.sieve_client(world.front)
    reply = client.authenticate("PLAIN", user, "secret")
    assert (reply.status, reply.code) == (status, None)
