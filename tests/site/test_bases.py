"""Where users are: several bases, trees of domains, and what templates know of
a user."""

import os

import pytest

from lib import PasswdFile, Referral, User, refer, referral_settings
from lib.dovecot import version
from lib.slapd import SUFFIX

FRONT, HOME, ELSEWHERE = ("front.example.com", "home.example.com",
                          "elsewhere.example.com")
NAMES = ["alice", "bob", "carol", "dave", "eve"]
# 2.4's passwd-file looks for "" if that is the format
AS_GIVEN = "%{user}" if version() >= (2, 4) else ""
PEOPLE, STAFF = f"ou=people,{SUFFIX}", f"ou=staff,{SUFFIX}"


def entry(dn, uid, mail_host):
    return (f"dn: {dn}\nobjectClass: account\n"
            "objectClass: inetLocalMailRecipient\n"
            f"uid: {uid}\nmailHost: {mail_host}\n\n")


def start(site, ldap, names=None, passdb=None, **settings):
    settings = {"referral_local_hosts": FRONT, "auth_verbose": "yes",
                "referral_missing_action": "tempfail", **settings}
    passdbs = passdb or PasswdFile([User(name) for name in names or NAMES])
    return site.dovecot(FRONT, [Referral(), passdbs],
                        settings=referral_settings(ldap, **settings))


def again(front, **settings):
    front.configure(**settings)
    front.restart()


def unavailable(site, front, user, *words):
    since = front.log.mark()
    assert site.client(front).login(user, "secret").code == "UNAVAILABLE"
    front.log.wait([user, *words], since)
    assert not front.logged_in(user, since)


def test_in_order(site):
    """The first base that has the user wins, and only within one is a user
    ambiguous."""
    ldap = site.slapd(
        [User("alice", FRONT), User("bob", HOME), User("carol", HOME)],
        ldif=f"dn: {STAFF}\nobjectClass: organizationalUnit\nou: staff\n\n" +
        entry(f"uid=bob,{STAFF}", "bob", ELSEWHERE) +
        entry(f"uid=dave,{STAFF}", "dave", ELSEWHERE) +
        entry(f"uid=eve,{STAFF}", "eve", HOME) +
        entry(f"uid=eve+host=2,{STAFF}", "eve", HOME).replace(
            "uid: eve", "uid: eve\nhost: 2"))
    front = start(site, ldap, referral_ldap_base=f"{PEOPLE}; {STAFF}",
                  referral_bounce_time="0")
    assert refer(site, front, "bob").url.host == HOME
    assert refer(site, front, "carol").url.host == HOME
    assert refer(site, front, "dave").url.host == ELSEWHERE
    unavailable(site, front, "eve", "several_entries")
    assert site.client(front).login("alice", "secret").status == "OK"

    again(front, referral_ldap_base=f"{STAFF} ;{PEOPLE}")
    assert refer(site, front, "bob").url.host == ELSEWHERE
    assert refer(site, front, "carol").url.host == HOME


def test_one_is_missing(site):
    """Nobody knows whether the user is in the one that is not there."""
    ldap = site.slapd([User("bob", HOME)])
    front = start(site, ldap, referral_ldap_base=f"{PEOPLE};{STAFF}")
    assert refer(site, front, "bob").url.host == HOME
    unavailable(site, front, "carol", "unavailable", "No such object")
    again(front, referral_ldap_base=f"{STAFF};{PEOPLE}")
    unavailable(site, front, "bob", "unavailable", "No such object")


def test_nobody_in_any(site):
    ldap = site.slapd([User("bob")], ldif=f"dn: {STAFF}\n"
                      "objectClass: organizationalUnit\nou: staff\n\n")
    front = start(site, ldap, referral_ldap_base=f"{PEOPLE};{STAFF}")
    front.log.wait(["Nobody has a home server", PEOPLE, STAFF])
    unavailable(site, front, "carol", "no_entry")


DOMAINS = ["bob@example.com", "bob@sub.example.com", "bob@other.example.org",
           "bob@com", "bob"]


@pytest.mark.parametrize("base", ["ou=people,%{domain|ldap_dn}",
                                  "ou=people,dc=%Dd"])
def test_tree_of_a_domain(site, base):
    """A domain without a tree has no users, whether or not an entry above is
    there."""
    ldap = site.slapd([User("bob", HOME)], anonymous=True)
    front = start(site, ldap, DOMAINS, referral_ldap_base=base,
                  referral_ldap_filter="(uid=%{username})")
    assert refer(site, front, "bob@example.com").url.host == HOME
    unavailable(site, front, "bob@sub.example.com", "no_entry")
    unavailable(site, front, "bob@other.example.org", "no_entry")
    # the server is for something below: it may be that which is missing
    unavailable(site, front, "bob@com", "unavailable", "No such object")
    unavailable(site, front, "bob", "unavailable", "has no domain")


@pytest.mark.parametrize("servers", [1, 2])
def test_no_false_alarm(site, servers):
    """A domain that no server is for is nobody's failure."""
    ldaps = [site.slapd([User("bob", HOME)], anonymous=True,
                        name=f"ldap-{number}") for number in range(servers)]
    front = start(site, ldaps[0], DOMAINS,
                  referral_ldap_uris=" ".join(ldap.uri for ldap in ldaps),
                  referral_ldap_base="ou=people,%{domain|ldap_dn}",
                  referral_ldap_filter="(uid=%{username})")
    for _ in range(2):
        unavailable(site, front, "bob@other.example.org", "no_entry")
        assert refer(site, front, "bob@example.com").url.host == HOME
        again(front)
    front.stop()
    assert not [line for line in front.log.lines()
                if "Error" in line and "ldap" in line], front.log.tail()


def test_tree_and_a_base_for_all(site):
    ldap = site.slapd([User("bob", HOME)], anonymous=True)
    front = start(site, ldap, DOMAINS,
                  referral_ldap_base=f"ou=x,%{{domain|ldap_dn}};{SUFFIX}",
                  referral_ldap_filter="(uid=%{username})")
    # there is the domain's tree, but not this part of it
    unavailable(site, front, "bob@example.com", "unavailable")
    for user in ("bob@other.example.org", "bob"):
        assert refer(site, front, user).url.host == HOME


def test_empty_replica(site):
    """It is for this domain, and has nothing: that says nothing."""
    ldap = site.slapd([User("bob", HOME)], anonymous=True)
    ldap.stop()
    folder = os.path.join(ldap.dir, "db")
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    ldap.start()
    front = start(site, ldap, DOMAINS, referral_ldap_auth_dn="",
                  referral_ldap_auth_dn_password="",
                  referral_ldap_base="ou=people,%{domain|ldap_dn}",
                  referral_ldap_filter="(uid=%{username})",
                  referral_missing_action="local")
    unavailable(site, front, "bob@example.com", "unavailable",
                "No such object")
    unavailable(site, front, "bob@sub.example.com", "unavailable")
    assert site.client(front).login("bob@other.example.org",
                                    "secret").status == "OK"


@pytest.mark.parametrize("template", ["(uid=%{user|lower})", "(uid=%Lu)"])
def test_lower_case(site, template):
    ldap = site.slapd([User("bob", HOME)])
    front = start(site, ldap, ["bob", "BOB"], referral_ldap_filter=template,
                  referral_bounce_time="0", auth_username_format=AS_GIVEN,
                  referral_text="%{username|lower} is there.")
    assert refer(site, front, "bob").url.host == HOME
    reply = refer(site, front, "BOB")
    assert reply.url.user == b"BOB" and reply.text == "bob is there."
    assert "(uid=BOB)" not in ldap.searches()


def test_protocol_and_original_user(site):
    users = [User("imap-old", HOME), User("imap-new", ELSEWHERE)]
    ldap = site.slapd(users)
    passdb = PasswdFile([User("old", fields={"user": "new"})])
    front = start(site, ldap, passdb=passdb, referral_bounce_time="0",
                  referral_ldap_filter="(uid=%{protocol}-%{original_user})")
    reply = refer(site, front, "old")
    assert (reply.url.user, reply.url.host) == (b"new", HOME)
    again(front, referral_ldap_filter="(uid=%s-%u)")
    assert refer(site, front, "old").url.host == ELSEWHERE
