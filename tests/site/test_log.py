"""Which decisions the log shows."""

import os
import signal

import pytest

from lib import User, pair, refer

USERS = [
    User("alice", "front.example.com"),
    User("bob", "home.example.com"),
    User("wrong", "no host"),
]


def start(site, **settings):
    return pair(site, USERS, settings, names=("front",)).front


def test_as_installed(site):
    """Nothing but what has to be mended."""
    front = start(site, auth_verbose="no")
    refer(site, front, "bob")
    site.client(front).login("alice", "secret")
    assert site.client(front).login("wrong", "secret").code == "UNAVAILABLE"
    front.log.wait(["auth", ": Warning: ", "wrong", "invalid_value",
                    '"no host"'])
    assert "refer to" not in front.log.text()


def test_verbose(site):
    front = start(site)
    site.client(front).login("alice", "secret")
    refer(site, front, "bob")
    front.log.wait(["auth", ": Info: ", "bob", "referral",
                    "refer to home.example.com (elsewhere, ldap, "])
    assert "local (home" not in front.log.text()


@pytest.mark.parametrize("verbose", ["yes", "no"])
def test_dry_run(site, verbose):
    """Whoever sets it wants to read what would have happened."""
    front = start(site, auth_verbose=verbose, referral_dry_run="yes")
    assert site.client(front).login("bob", "secret").status == "OK"
    front.log.wait(["auth", ": Info: ", "bob", "referral",
                    "dry run, would be: refer to home.example.com"])


def test_log_debug(site):
    """log_debug shows decisions that are not worth an info line."""
    front = start(site, auth_verbose="no",
                  log_debug="category=login_referral")
    assert site.client(front).login("alice", "secret").status == "OK"
    front.log.wait(["auth", ": Debug: ", "alice", "referral",
                    "local (home, ldap, "])


def test_cache_counters(site):
    """SIGUSR2, as for Dovecot's own cache."""
    front = start(site, referral_bounce_time="0",
                  referral_cache_away_ttl="1 min")
    for user in ("bob", "bob", "alice"):
        site.client(front).login(user, "secret")
    for pid in front.pids("auth"):
        os.kill(pid, signal.SIGUSR2)
    front.log.wait(["auth", ": Info: ", "referral: cache: hits 1, misses 2, "
                    "stale 0, evicted 0, entries 2, bytes "])
    refer(site, front, "bob")
