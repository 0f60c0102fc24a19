"""referral_mirror: lookups answered from a copy of the directory."""

import json
import os
import signal

import pytest

from lib import Ldap, Referral, User, refer, referral_settings, with_referral
from lib.process import wait_for
from lib.slapd import PEOPLE, READER_DN, SUFFIX, user_dn

USERS = [User("alice", "front.example.com"), User("bob", "home.example.com"),
         User("dave")]
IN_SYNC = "mirror: in sync with"
AGAIN = "mirror: again in sync with"
MIRROR = {
    "referral_mirror": "yes",
    "referral_local_hosts": "front.example.com",
    # what the cache says would be wrong for long
    "referral_cache_ttl": "1 hour",
    "referral_cache_negative_ttl": "0",
}
RAW = "service auth {\n  process_min_avail = 1\n}\n"


def mirrored(site, *ldaps, wait=IN_SYNC, users=USERS, passdbs=None, raw=RAW,
             **settings):
    """front.example.com, which mirrors the first of these that it reaches."""
    front = site.dovecot(
        "front.example.com", passdbs or with_referral(users), raw=raw,
        settings=referral_settings(
            ldaps[0], **{**MIRROR,
                         "referral_ldap_uris": " ".join(
                             ldap.uri for ldap in ldaps), **settings}))
    if wait:
        front.log.wait(wait)
    return front


def explain(front, *users):
    """Whatever the passdbs know."""
    return json.loads(front.doveadm("-f", "json", "referral", "explain",
                                    "-x", "session_user=yes", *users))


def source(front, user):
    return explain(front, user)[0]["source"]


def values(front, user):
    """What the mirror says; None if it was not the mirror."""
    answer, = explain(front, user)
    return answer["values"] if answer["source"] == "mirror" else None


def test_other_name(site):
    """slapd calls it "l": a copy that missed it would be of users without a
    home, who get a session here."""
    ldap = site.slapd(USERS, provides=True)
    ldap.set("bob", values="home.example.com", attribute="l")
    front = mirrored(site, ldap, referral_ldap_attributes="localityName")
    assert values(front, "bob") == "home.example.com"


def test_answers(site):
    """No login asks, and a change is known without being asked for."""
    ldap = site.slapd(USERS, provides=True)
    front = mirrored(site, ldap)
    ldap.flush()
    since = ldap.log.mark()
    assert refer(site, front, "bob").url.host == "home.example.com"
    client = site.client(front)
    assert client.login("alice", "secret").status == "OK"
    assert [one["source"] for one in explain(front, "alice", "bob", "dave")] \
        == ["mirror"] * 3
    ldap.assert_no_search(since)

    ldap.set("bob", values="new.example.com")
    wait_for(lambda: values(front, "bob") == "new.example.com", "the change")
    ldap.set("bob", values=None)
    wait_for(lambda: values(front, "bob") == "", "the loss of the value")
    ldap.add(User("erin", "home.example.com"))
    wait_for(lambda: values(front, "erin") == "home.example.com", "the entry")
    ldap.assert_no_search(ldap.log.mark())
    # who is not known to the mirror is asked about
    ldap.delete("erin")
    wait_for(lambda: source(front, "erin") == "ldap", "the deletion")
    answer, = explain(front, "erin")
    assert answer["result"] == "no_entry"
    # case and spaces are the matching rule's
    assert values(front, "  DAVE ") == ""


def test_moved_out_of_the_base(site):
    """Renamed, moved, or changed so that the filter finds it no more."""
    ldap = site.slapd(USERS, provides=True)
    front = mirrored(site, ldap, referral_ldap_base=PEOPLE,
                     referral_ldap_filter="(&(objectClass=testMailUser)"
                     "(uid=%{user}))")
    ldap.modify(f"dn: {user_dn('bob')}\nchangetype: modrdn\n"
                "newrdn: uid=robert\ndeleteoldrdn: 1\n")
    wait_for(lambda: values(front, "robert") == "home.example.com", "robert")
    assert explain(front, "bob")[0]["result"] == "no_entry"
    ldap.modify(f"dn: {user_dn('robert')}\nchangetype: modrdn\n"
                "newrdn: uid=robert\ndeleteoldrdn: 0\n"
                f"newsuperior: {SUFFIX}\n")
    wait_for(lambda: source(front, "robert") == "ldap", "the move")
    assert explain(front, "robert")[0]["result"] == "no_entry"
    ldap.modify(f"dn: {user_dn('alice')}\nchangetype: modify\n"
                "delete: objectClass\nobjectClass: testMailUser\n")
    wait_for(lambda: source(front, "alice") == "ldap", "the change")
    assert explain(front, "alice")[0]["result"] == "no_entry"


def test_several_entries(site):
    ldap = site.slapd(USERS, provides=True)
    front = mirrored(site, ldap, referral_ldap_filter=
                     "(|(uid=%{user})(description=%{user}))")
    ldap.set("alice", "description", ["bob", "ally"])
    wait_for(lambda: values(front, "ally") == "front.example.com", "a name")
    answer, = explain(front, "bob")
    assert (answer["source"], answer["result"], answer["action"]) == \
        ("mirror", "several_entries", "tempfail")
    ldap.set("alice", "description", None)
    wait_for(lambda: values(front, "bob") == "home.example.com", "one again")


@pytest.mark.parametrize("session_log", [0, 100])
def test_provider_restarts(site, session_log):
    """What has changed meanwhile is known afterwards: with the session log
    (delete phase) and without it (present phase)."""
    users = USERS + [User("erin", "home.example.com")]
    ldap = site.slapd(users, provides=True, session_log=session_log)
    front = mirrored(site, ldap)
    ldap.set("dave", values="home.example.com")
    wait_for(lambda: values(front, "dave") == "home.example.com", "a cookie")
    since = front.log.mark()
    ldap.stop()
    front.log.wait("mirror: not in sync", since)
    # the copy is what is left, and a session here is not begun on it
    assert source(front, "bob") == "stale"
    ldap.start()
    ldap.delete("erin")
    ldap.set("bob", values="new.example.com")
    ldap.add(User("frank", "home.example.com"))
    front.log.wait(AGAIN, since)
    assert values(front, "bob") == "new.example.com"
    assert values(front, "frank") == "home.example.com"
    assert values(front, "alice") == "front.example.com"
    assert explain(front, "erin")[0]["source"] == "ldap"


def test_another_server(site):
    """Where the first is gone the copy comes from the second."""
    users = USERS + [User("erin", "home.example.com")]
    first = site.slapd(users, provides=True)
    second = site.slapd(USERS, "second", provides=True)
    second.set("bob", values="second.example.com")
    front = mirrored(site, first, second)
    assert values(front, "bob") == "home.example.com"
    since = front.log.mark()
    first.stop()
    front.log.wait([AGAIN, second.uri], since)
    assert values(front, "bob") == "second.example.com"
    # it does not have this one
    assert explain(front, "erin")[0]["result"] == "no_entry"


@pytest.mark.parametrize("session_log", [0, 100])
def test_promoted(site, session_log):
    """The provider is gone for good, its copy takes its place: the cookies
    that it gives now are of another server."""
    provider = site.slapd(USERS + [User("erin", "home.example.com")],
                          "provider", provides=True)
    copy = site.slapd(name="copy", provides=True, provider=provider,
                      session_log=session_log)
    wait_for(lambda: copy.holds("erin"), "the directory's copy")
    front = mirrored(site, copy)
    provider.set("dave", values="home.example.com")
    wait_for(lambda: values(front, "dave") == "home.example.com", "a cookie")
    since = front.log.mark()
    provider.stop()
    copy.promote(1)
    front.log.wait(AGAIN, since)
    assert values(front, "dave") == "home.example.com"
    copy.set("bob", values="new.example.com")
    wait_for(lambda: values(front, "bob") == "new.example.com", "the change")

    since = front.log.mark()
    copy.stop()
    front.log.wait("mirror: not in sync", since)
    copy.start()
    copy.set("bob", values="newer.example.com")
    copy.delete("erin")
    copy.add(User("frank", "home.example.com"))
    front.log.wait(AGAIN, since)
    wait_for(lambda: values(front, "bob") == "newer.example.com", "bob")
    assert values(front, "frank") == "home.example.com"
    assert values(front, "dave") == "home.example.com"
    assert explain(front, "erin")[0]["result"] == "no_entry"


def test_refused_credentials(site):
    """It doesn't try them at each new connection: accounts get locked."""
    ldap = site.slapd(USERS, provides=True)
    front = mirrored(site, ldap, log_debug="category=login_referral")
    since, refused = front.log.mark(), ldap.log.mark()
    ldap.modify(f"dn: {READER_DN}\nchangetype: modify\n"
                "replace: userPassword\nuserPassword: another\n")
    ldap.restart()
    front.log.wait("mirror: not in sync", since)
    front.log.wait(["still not in sync", "are not tried again yet"], since)
    # nor for logins
    client = site.client(front)
    assert client.login("nobody", "secret").code == "AUTHENTICATIONFAILED"
    assert source(front, "alice") == "stale"
    ldap.flush()
    assert ldap.log.text(refused).count("err=49") == 1


def test_not_possible(site):
    """Without the overlay: searches, and a line that says why."""
    ldap = site.slapd(USERS)
    front = mirrored(site, ldap, wait=["mirror: not possible", "syncprov"])
    assert refer(site, front, "bob").url.host == "home.example.com"
    assert source(front, "alice") == "ldap"


def test_size_limit(site):
    ldap = site.slapd(USERS + [User(f"u{i}") for i in range(150)],
                      provides=True, limits=True)
    front = mirrored(site, ldap, wait=["mirror: not possible",
                                       "size=unlimited"])
    assert source(front, "bob") == "ldap"


def test_memory(site):
    """More than half of what the process may have: searches, and a line that
    says what to raise."""
    names = [f"{number:x}" * 500 for number in range(7)]
    ldap = site.slapd(USERS, provides=True, ldif="\n".join(
        f"dn: uid=u{number},{PEOPLE}\nobjectClass: account\nuid: u{number}\n" +
        "".join(f"description: {name}{number}\n" for name in names)
        for number in range(12000)))
    front = mirrored(
        site, ldap, wait=["mirror: not possible", "vsz_limit"],
        raw=RAW.replace("}", "  vsz_limit = 64 M\n}"),
        referral_cache_size="1M",
        referral_ldap_filter="(|(uid=%{user})(description=%{user}))")
    assert refer(site, front, "bob").url.host == "home.example.com"
    assert status(front)["state"] == "refused"
    # given back
    assert "bytes 0" in status(front)["detail"]


def test_directory_is_down(site):
    """From the start: logins fail as without a mirror, then work."""
    ldap = site.slapd(USERS, provides=True)
    ldap.stop()
    front = mirrored(site, ldap, wait="mirror: not in sync")
    client = site.client(front)
    assert client.login("alice", "secret").code == "UNAVAILABLE"
    ldap.start()
    front.log.wait(IN_SYNC)
    assert values(front, "alice") == "front.example.com"


def test_names_are_asked_about(site):
    """Where only the directory can say whose name it is."""
    users = USERS + [User("jürgen", "home.example.com")]
    ldap = site.slapd(users, provides=True)
    front = mirrored(site, ldap, users=users)
    assert values(front, "jürgen") == "home.example.com"
    for name in ("JÜRGEN", "ju\u0308rgen", "jurgen"):
        assert source(front, name) == "ldap"


def test_schema_is_hidden(site):
    """Then only names that are the same to the letter are sure."""
    ldap = site.slapd(USERS, provides=True, extra=
                      'access to dn.base="" by * none\n')
    front = mirrored(site, ldap)
    assert values(front, "bob") == "home.example.com"
    assert source(front, "BOB") == "ldap"
    assert explain(front, "BOB")[0]["values"] == "home.example.com"


def test_much_less_than_before(site):
    """A refresh that has lost most users is not believed at once."""
    first = site.slapd(USERS + [User(f"u{i}", "home.example.com")
                                for i in range(60)], provides=True)
    second = site.slapd(USERS, "second", provides=True)
    front = mirrored(site, first, second)
    assert source(front, "u1") == "mirror"
    since = front.log.mark()
    first.stop()
    front.log.wait([f"{second.uri} has shown 3 users, where 63 were"], since)
    assert source(front, "bob") == "ldap"
    # it is the server that says so
    assert explain(front, "u1")[0]["result"] == "no_entry"
    # and without any server, what was known before
    second.stop()
    wait_for(lambda: source(front, "u1") == "stale", "the old copy")


def test_reload(site):
    """A new auth process begins anew, and nobody notices."""
    ldap = site.slapd(USERS, provides=True)
    front = mirrored(site, ldap)
    since = front.log.mark()
    front.reload()
    assert refer(site, front, "bob").url.host == "home.example.com"
    front.log.wait(IN_SYNC, since)
    wait_for(lambda: source(front, "bob") == "mirror", "the copy")


def test_one_copy(site):
    """However many processes there are: auth workers have none."""
    ldap = site.slapd(USERS, provides=True)
    front = mirrored(site, ldap,
                     passdbs=[Referral(), Ldap(ldap, worker=True)])
    refer(site, front, "bob")
    assert len(front.pids("auth")) > 1
    ldap.flush()
    assert len([line for line in ldap.log.lines()
                if 'filter="(uid=*)"' in line and " SRCH " in line]) == 1


def test_in_a_block(site):
    """A directory of its own, whose mirror the other one does not have."""
    users = [User("erin@b.example", "home.example.com"), *USERS]
    outside, block = site.slapd(USERS), site.slapd(users, "b", provides=True)
    front = site.dovecot(
        "front.example.com", with_referral(users), raw=RAW + f"""
referral_directory b.example {{
  referral_ldap_uris = {block.uri}
  referral_ldap_base = {SUFFIX}
  referral_mirror = yes
}}
""", settings=referral_settings(outside, **{**MIRROR, "referral_mirror": "no"}))
    front.log.wait(IN_SYNC)
    assert values(front, "erin@b.example") == "home.example.com"
    assert source(front, "bob") == "ldap"
    assert status(front)["name"] == "b.example"
    block.set("erin@b.example", values="new.example.com")
    wait_for(lambda: values(front, "erin@b.example") == "new.example.com",
             "the change")
    pid, = front.pids("auth")
    os.kill(pid, signal.SIGUSR2)
    front.log.wait("referral_directory b.example: mirror: in_sync")


def test_process_may_end(site):
    """One warning, where the copies would be lost again and again."""
    ldap = site.slapd(USERS, provides=True)
    front = site.dovecot(
        "front.example.com", with_referral(USERS), raw=f"""
referral_directory b.example {{
  referral_ldap_uris = {ldap.uri}
  referral_ldap_base = {SUFFIX}
  referral_mirror = yes
}}
""", settings=referral_settings(ldap, **MIRROR))
    front.log.wait("process_min_avail = 1")
    wait_for(lambda: front.log.text().count(IN_SYNC) == 2, "two mirrors")
    assert front.log.text().count("process_min_avail = 1") == 1


def status(front, check=True):
    found, = [part for part in json.loads(front.doveadm(
        "-f", "json", "referral", "status", check=check))
              if part["part"] == "mirror"]
    return found


def test_status(site):
    """What an administrator sees of it: by command, by signal, by exit
    code."""
    ldap = site.slapd(USERS, provides=True)
    front = mirrored(site, ldap)
    refer(site, front, "bob")
    found = status(front)
    assert (found["name"], found["state"], found["count"]) == \
        ("", "in_sync", "3")
    assert f"server {ldap.uri}, age 0, bytes " in found["detail"]
    assert ", hits 1, " in found["detail"] and "error" not in found["detail"]
    line, = [line for line in front.doveadm(
        "referral", "status").splitlines() if line.startswith("mirror")]
    assert line.split()[:3] == ["mirror", "in_sync", "3"]
    pid, = front.pids("auth")
    os.kill(pid, signal.SIGUSR2)
    front.log.wait([f"mirror: in_sync, server {ldap.uri}, contact 0 s ago, "
                    "users 3, bytes "])

    ldap.stop()
    front.log.wait("mirror: not in sync")
    # who is not known to the copy can't log in
    with pytest.raises(RuntimeError, match="failed with 75"):
        status(front)
    found = status(front, check=False)
    assert found["state"] in ("lost", "connecting") and found["count"] == "3"
    assert "lost 1, error " in found["detail"]
    ldap.start()
    wait_for(lambda: status(front, check=False)["state"] == "in_sync",
             "the mirror")
    status(front)


def test_status_refused(site):
    """Logins go on as without a mirror: that is no failure."""
    front = mirrored(site, site.slapd(USERS), wait="mirror: not possible")
    found = status(front)
    assert (found["state"], found["count"]) == ("refused", "0")
    assert "syncprov" in found["detail"] and "age" not in found["detail"]


def test_doveconf(site):
    ldap = site.slapd(USERS)
    front = site.dovecot(
        "front.example.com", with_referral(USERS), start=False,
        settings=referral_settings(ldap, referral_mirror="yes",
                                   referral_ldap_filter="(!(uid=%{user}))"))
    status, output = front.doveconf()
    assert status != 0
    assert "can't be mirrored: everyone else matches it" in output
