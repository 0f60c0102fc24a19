"""Several directories: a block for the users of some domains."""

import pytest

from lib import PasswdFile, Referral, User, pair, refer, referral_settings
from lib.dovecot_config import block
from lib.slapd import SUFFIX

USERS = [User("bob", "home.example.com")]
BLOCKS = """
referral_directory a.example {
  referral_ldap_uris = ldap://a.example:389
  referral_ldap_base = dc=a
}
referral_directory students {
  referral_directory_domains = b.example c.example
  referral_ldap_uris = ldap://b.example:389
  referral_ldap_base = dc=b
  referral_ldap_filter = (mail=%{user})
}
"""


@pytest.fixture(scope="module")
def front(shared_site):
    return pair(shared_site, USERS, names=["front"]).front


def doveconf(front, more):
    before = front.raw
    front.raw = before + more
    try:
        front.configure()
        return front.doveconf("-n")
    finally:
        front.raw = before
        front.configure()


def test_good(front):
    status, out = doveconf(front, BLOCKS)
    assert status == 0 and "Error" not in out, out
    assert "referral_directory students" in out


@pytest.mark.parametrize("line, text", [
    ("referral_ldap_base = nobase", "referral_ldap_base"),
    ("referral_ldap_scope = tree", "Invalid"),
    ("referral_ldap_filter = uid=bob", "referral_ldap_filter"),
    ("referral_ldap_timeout = 0", "referral_ldap_timeout"),
    ("referral_directory_domains = @a.example",
     "referral_directory_domains"),
])
def test_bad(front, line, text):
    status, out = doveconf(front, BLOCKS.replace(
        "dc=a\n", f"dc=a\n  {line}\n"))
    assert status != 0 and text in out, out


def test_domains_outside(front):
    status, out = doveconf(front, "\nreferral_directory_domains = a.example\n")
    assert status != 0 and "referral_directory_domains" in out, out


HOME, FRONT = "home.example.com", "front.example.com"
# each directory has one of its own, and somebody else's namesake
ELSEWHERE = {"outside": [User("dave", HOME), User("bob@a.example", FRONT)],
             "a": [User("bob@a.example", HOME), User("dave", FRONT)],
             "b": [User("carl@b.example", FRONT), User("eve@c.example", HOME)]}
NAMES = ["dave", "bob@a.example", "BOB@A.Example", "carl@b.example",
         "eve@c.example", "nobody@d.example"]


def directory(name, slapd, **settings):
    return "\n" + block(f"referral_directory {name}", [
        f"{key} = {value}" for key, value in
        {"referral_ldap_uris": slapd.uri, "referral_ldap_base": SUFFIX,
         **settings}.items()])


def start(site, outside=True, blocks=None, **settings):
    """A front that asks three directories."""
    slapds = {name: site.slapd(users, name=name)
              for name, users in ELSEWHERE.items()}
    usual = referral_settings(slapds["outside"], referral_local_hosts=FRONT,
                              **settings)
    if not outside:
        del usual["referral_ldap_uris"]
    if blocks is None:
        blocks = directory("a.example", slapds["a"]) + directory(
            "others", slapds["b"],
            referral_directory_domains="b.example c.example")
    front = site.dovecot(
        FRONT, [Referral(), PasswdFile([User(name) for name in NAMES])],
        settings=usual, raw=blocks)
    return front, slapds


def test_by_domain(site):
    front, slapds = start(site)
    marks = {name: slapd.log.mark() for name, slapd in slapds.items()}

    assert refer(site, front, "bob@a.example").url.host == HOME
    slapds["outside"].assert_no_search(marks["outside"])
    slapds["b"].assert_no_search(marks["b"])
    assert site.client(front).login("carl@b.example", "secret").status == "OK"
    assert refer(site, front, "eve@c.example").url.host == HOME
    slapds["outside"].assert_no_search(marks["outside"])
    # without a domain, and of a domain without a block
    assert refer(site, front, "dave").url.host == HOME
    front_log = front.log.mark()
    assert site.client(front).login("nobody@d.example", "secret").status == "OK"
    front.log.wait(["no_entry", "nobody@d.example"], since=front_log)


def test_without_outside(site):
    """Who has no directory has no entry."""
    front, slapds = start(site, outside=False,
                          referral_missing_action="tempfail")
    since = slapds["outside"].log.mark()
    assert refer(site, front, "bob@a.example").url.host == HOME
    reply = site.client(front).login("dave", "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    slapds["outside"].assert_no_search(since)


def test_one_is_down(site):
    """Users of the others don't notice."""
    front, slapds = start(site, referral_ldap_timeout="2s",
                          referral_ldap_connect_timeout="1s")
    slapds["a"].stop()
    reply = site.client(front).login("bob@a.example", "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    assert refer(site, front, "eve@c.example").url.host == HOME
    assert refer(site, front, "dave").url.host == HOME


def test_domain_twice(site):
    """The first block has it, and the log says so."""
    slapds = {name: site.slapd(ELSEWHERE[name], name=name) for name in "ab"}
    domains = {"referral_directory_domains": "a.example"}
    front = site.dovecot(
        FRONT, [Referral(), PasswdFile([User(name) for name in NAMES])],
        settings=referral_settings(slapds["b"], referral_local_hosts=FRONT),
        raw=directory("first", slapds["a"], **domains) +
        directory("second", slapds["b"], **domains))
    assert refer(site, front, "bob@a.example").url.host == HOME
    front.log.wait(["Error", "second", "a.example has", "first already"])


@pytest.mark.parametrize("base", ["ou=people,%{domain|ldap_dn}",
                                  "ou=people,dc=%Dd"])
def test_domain_in_the_base(site, base):
    """Each domain has its own tree. Whose has none, has no entry; of who has
    no domain nothing is known."""
    users = [User("bob@example.com", "home.example.com")]
    world = pair(site, users, {"referral_ldap_base": base,
                               "referral_missing_action": "tempfail"},
                 names=["front"],
                 passdbs=[PasswdFile([*users, User("bob@example.org"),
                                      User("bob")])])
    assert refer(site, world.front, "bob@example.com").url.host == \
        "home.example.com"
    for user, why in ("bob@example.org", "no_entry"), ("bob", "no domain"):
        since = world.front.log.mark()
        assert site.client(world.front).login(user, "secret").code == \
            "UNAVAILABLE"
        world.front.log.wait([f"({user},", why], since)
