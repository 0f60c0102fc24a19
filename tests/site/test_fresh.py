"""Users who move: what was true a moment ago begins no session, and nobody is
sent round."""

import pytest

from lib import (PasswdFile, Referral, User, pair, refer, referral_settings,
                 with_referral)

FRONT, HOME = "front.example.com", "home.example.com"
# 2.4 wants an address to answer with
LMTP = """
lmtp_proxy = yes
protocol lmtp {
  postmaster_address = postmaster@example.com
}
"""


def login(site, server, user="bob"):
    return site.client(server).login(user, "secret")


def test_moved_away(site):
    """Home was here when it was last asked."""
    world = pair(site, [User("bob", FRONT)], names=["front"])
    assert login(site, world.front).status == "OK"
    world.ldap.set("bob", values=HOME)
    assert refer(site, world.front, "bob").url.host == HOME
    assert len(world.front.login_lines("bob")) == 1


@pytest.mark.parametrize("change", ["value", "entry"])
def test_home_found(site, change):
    """There was no home, which is a session here as well."""
    world = pair(site, [User("bob")] if change == "value" else [],
                 names=["front"], passdbs=[PasswdFile([User("bob")])])
    assert login(site, world.front).status == "OK"
    if change == "value":
        world.ldap.set("bob", values=HOME)
    else:
        world.ldap.add(User("bob", HOME))
    refer(site, world.front, "bob")


def test_home_ttl(site):
    """A site may allow an age."""
    world = pair(site, [User("bob", FRONT)], {
        "referral_cache_home_ttl": "1 hour", "referral_cache_ttl": "1 hour"},
        names=["front"])
    assert login(site, world.front).status == "OK"
    world.ldap.set("bob", values=HOME)
    since = world.ldap.log.mark()
    assert login(site, world.front).status == "OK"
    world.ldap.assert_no_search(since)


def test_away_ttl(site):
    """A site where nobody moves may do without a search."""
    world = pair(site, [User("bob", HOME)], {
        "referral_bounce_time": "0", "referral_cache_away_ttl": "1 hour"},
        names=["front"])
    refer(site, world.front, "bob")
    since = world.ldap.log.mark()
    refer(site, world.front, "bob")
    world.ldap.assert_no_search(since)


OTHER = "third.example.com"


@pytest.mark.parametrize("action", ["refer", "proxy"])
def test_sent_to_the_new_home(site, action):
    """Nobody is sent to a home that he has just left."""
    users = [User("bob", HOME)]
    third = site.dovecot(OTHER, with_referral(users)[1:])
    world = pair(site, users, {"referral_bounce_time": "0",
                               "referral_action": action})
    login(site, world.front)
    world.ldap.set("bob", values=f"{third.address}:{third.port}")
    reply = login(site, world.front)
    if action == "proxy":
        assert reply.status == "OK"
        third.wait_logged_in("bob")
    else:
        assert reply.url.host == third.address


def test_directory_does_not_answer(site):
    """Where it does not say anything else soon, what is known is enough."""
    world = pair(site, [User("bob", HOME)], {
        "referral_bounce_time": "0", "referral_ldap_timeout": "30s"},
        names=["front"])
    refer(site, world.front, "bob")
    world.ldap.freeze()
    since = world.front.log.mark()
    refer(site, world.front, "bob")
    world.front.log.wait(["bob", "(elsewhere, cache, "], since)
    world.ldap.thaw()


def test_stale_home(site):
    """While nobody can be asked an old "here" is good, with a warning."""
    world = pair(site, [User("bob", FRONT)], {"auth_verbose": "no"},
                 names=["front"])
    assert login(site, world.front).status == "OK"
    world.ldap.stop()
    since = world.front.log.mark()
    assert login(site, world.front).status == "OK"
    world.front.log.wait(["Warning", "bob", "local (home, stale, ",
                          world.ldap.uri], since)


def test_stale_home_too_old(site):
    world = pair(site, [User("alice", HOME), User("bob", FRONT)],
                 {"referral_cache_stale_home_ttl": "0"}, names=["front"])
    assert login(site, world.front).status == "OK"
    refer(site, world.front, "alice")
    world.ldap.stop()
    since = world.front.log.mark()
    assert login(site, world.front).code == "UNAVAILABLE"
    world.front.log.wait(["Warning", "bob", "tempfail (unavailable, ",
                          "referral_cache_stale_home_ttl"], since)
    # it is no limit for those who are at home elsewhere
    refer(site, world.front, "alice")


def test_sent_back(site):
    """Who is here again at once gets a fresh answer, not the one that has
    sent him away."""
    world = pair(site, [User("bob", HOME)], names=["front"])
    refer(site, world.front, "bob")
    world.ldap.set("bob", values=FRONT)
    assert login(site, world.front).status == "OK"


def test_no_circle(site):
    """Both servers have an old answer: the client is sent once too often, and
    not round and round."""
    world = pair(site, [User("bob", HOME), User("alice", FRONT)])
    for server in (world.front, world.home):
        login(site, server)
    world.ldap.set("bob", values=FRONT)
    journey = site.journey(world.front, "LOGIN", "bob")
    assert journey.reply.status == "OK"
    assert journey.hops <= 1


NO_AGES = "access to attrs=entryCSN,modifyTimestamp by * none\n"


class Lag:
    """front asks two directory servers that say different things. ages: may
    it know which entry is newer?"""

    def __init__(self, site, ages=False, **kwargs):
        users = [User("bob", HOME), User("alice", FRONT)]
        extra = "" if ages else NO_AGES
        self.site = site
        self.provider = site.slapd(users, name="provider", extra=extra)
        self.consumer = site.slapd(users, name="consumer", extra=extra)
        settings = referral_settings(
            self.provider, referral_local_hosts=FRONT,
            referral_action_attribute="testMailAction",
            referral_ldap_uris=f"{self.provider.uri} {self.consumer.uri}",
            **kwargs.pop("settings", {}))
        self.front = site.dovecot(FRONT, [Referral(), PasswdFile(users)],
                                  settings=settings, **kwargs)

    def wait_warning(self, since, *words):
        self.front.log.wait(["Warning", "bob", "tempfail (disagree, ",
                             self.provider.uri, self.consumer.uri, *words],
                            since)


@pytest.fixture(name="lag")
def fixture_lag(site):
    return Lag(site)


def test_disagree(site, lag):
    lag.consumer.set("bob", values=FRONT)
    refer(site, lag.front, "bob")
    since = lag.front.log.mark()
    # he would not be here if the other server thought so, too
    for _ in range(3):
        assert login(site, lag.front).code == "UNAVAILABLE"
    lag.wait_warning(since, f'says "{HOME}"', f'says "{FRONT}"')
    assert not lag.front.logged_in("bob")
    # others are not concerned
    assert login(site, lag.front, "alice").status == "OK"
    # it has caught up
    lag.consumer.set("bob", values=HOME)
    refer(site, lag.front, "bob")


def test_disagree_about_moving(site, lag):
    lag.consumer.set("bob", "testMailAction", "tempfail")
    refer(site, lag.front, "bob")
    since = lag.front.log.mark()
    assert login(site, lag.front).code == "UNAVAILABLE"
    lag.wait_warning(since, "(tempfail)")


@pytest.mark.parametrize("how", ["down", "frozen"])
def test_one_cannot_be_compared(site, lag, how):
    """One server less is no reason to refuse anybody."""
    refer(site, lag.front, "bob")
    if how == "down":
        lag.consumer.stop()
    else:
        lag.consumer.freeze()
    refer(site, lag.front, "bob")
    if how == "frozen":
        lag.consumer.thaw()


def test_disagree_lmtp(site):
    """Mail is deferred."""
    lag = Lag(site, protocols=("imap", "lmtp"), raw=LMTP)
    lag.consumer.set("bob", values=FRONT)
    refer(site, lag.front, "bob")
    since = lag.front.log.mark()
    rcpt, _ = lag.front.deliver_by_lmtp("bob")
    assert rcpt[0] == 451, rcpt
    lag.wait_warning(since)


@pytest.mark.parametrize("late", ["first", "second"])
def test_newest(site, late):
    """What a copy has that is late was true once."""
    lag = Lag(site, ages=True)
    servers = [lag.consumer, lag.provider]
    if late == "first":
        servers.reverse()
    servers[0].set("bob", values="fourth.example.com")
    servers[1].set("bob", values=OTHER)
    login(site, lag.front)
    since = lag.front.log.mark()
    assert refer(site, lag.front, "bob").url.host == OTHER
    lag.front.log.wait([f'{servers[1].uri} says "{OTHER}", but an older entry '
                        f'of {servers[0].uri} says "fourth.'], since)


def test_while_homes_change(site):
    """Once somebody has moved, a late copy is not believed, though it is the
    first to be asked."""
    lag = Lag(site, ages=True, settings={"referral_cache_ttl": "1 hour"})
    assert login(site, lag.front, "alice").status == "OK"
    for server in (lag.provider, lag.consumer):
        server.set("alice", values=HOME)
    refer(site, lag.front, "alice")
    for server, home in ((lag.provider, FRONT), (lag.consumer, OTHER)):
        server.set("bob", values=home)
    assert refer(site, lag.front, "bob").url.host == OTHER
    assert not lag.front.logged_in("bob")


@pytest.mark.parametrize("home", [FRONT, HOME])
def test_moving(site, home):
    """The state of a user whose mailbox is on its way, at home and not."""
    world = pair(site, [User("bob", home, action="tempfail")],
                 {"referral_action_attribute": "testMailAction",
                  "auth_verbose": "no"}, names=["front"],
                 protocols=("imap", "lmtp"), raw=LMTP)
    since = world.front.log.mark()
    reply = login(site, world.front)
    assert reply.code == "UNAVAILABLE"
    assert b"is being moved" in reply.raw
    world.front.log.wait([": Info: ", "bob", "tempfail (moving, ldap, "],
                         since)
    rcpt, _ = world.front.deliver_by_lmtp("bob")
    assert rcpt[0] == 451, rcpt
    # the end of it is seen at once
    world.ldap.set("bob", "testMailAction", None)
    if home == FRONT:
        assert login(site, world.front).status == "OK"
    else:
        refer(site, world.front, "bob")


@pytest.mark.parametrize("action", ["reject", "tempfail"])
def test_refused_is_in_the_log(site, action):
    """Whoever is refused asks why."""
    world = pair(site, [User("alice", FRONT), User("bob")],
                 {"referral_missing_action": action, "auth_verbose": "no"},
                 names=["front"], passdbs=[PasswdFile(
                     [User("bob"), User("nobody")])])
    for user, reason in (("bob", "no_value"), ("nobody", "no_entry")):
        since = world.front.log.mark()
        assert login(site, world.front, user).status == "NO"
        world.front.log.wait(["Warning", user, f"{action} ({reason}, ldap, "],
                             since)
