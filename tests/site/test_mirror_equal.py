"""What the mirror says is what a search finds: tests/bench/mirror-equal is the
same with many more users and changes."""

import json
import os
import signal

import pytest

from lib import User, referral_settings, with_referral
from lib.process import wait_for
from lib.random_directory import RandomDirectory, differences
from lib.slapd import PEOPLE

RAW = "service auth {\n  process_min_avail = 1\n}\n"
SETTINGS = {
    "referral_ldap_base": PEOPLE,
    "referral_ldap_filter": "(&(objectClass=testMailUser)"
                            "(|(uid=%{user})(description=%{user})))",
    "referral_ldap_attributes": "testMailHost mailHost",
    "referral_action_attribute": "testMailAction",
    "referral_cache_ttl": "0",
    "referral_cache_negative_ttl": "0",
}


def servers(site, ldap, **settings):
    """One that mirrors and one that asks."""
    found = []
    for name, mirror in (("front", "yes"), ("asking", "no")):
        found.append(site.dovecot(
            f"{name}.example.com", with_referral([]), raw=RAW,
            settings=referral_settings(
                ldap, referral_local_hosts="front.example.com",
                referral_mirror=mirror, **{**SETTINGS, **settings})))
    return found


def wait_in_sync(ldap, front, word):
    """What was changed before is known to the mirror afterwards."""
    ldap.set("sentinel", "testMailHost", [word])

    def seen():
        answer, = json.loads(front.doveadm(
            "-f", "json", "referral", "explain", "-x", "session_user=yes",
            "sentinel"))
        return (answer["source"], answer["values"]) == ("mirror", word)
    wait_for(seen, "the mirror")


@pytest.mark.parametrize("session_log", [0, 1000])
def test_equal(site, session_log):
    """After thousands of changes: told one by one, and after the directory
    was away, in a delete phase or a present phase."""
    directory = RandomDirectory(session_log, 1500)
    ldap = site.slapd([User("sentinel")], provides=True,
                      session_log=session_log, ldif=directory.ldif())
    front, asking = servers(site, ldap)
    front.log.wait("mirror: in sync")
    for step in range(4):
        auth = front.pids("auth")[0]
        if step == 2:
            # it looks for a while later
            os.kill(auth, signal.SIGSTOP)
            ldap.restart()
        ldap.modify(directory.change(300))
        os.kill(auth, signal.SIGCONT)
        wait_in_sync(ldap, front, f"step{step}")
        names = directory.names(800)
        differ, mirrored = differences(front, asking, names)
        assert not differ
        # most of them: others are unknown, or odd
        assert mirrored > len(names) / 2
