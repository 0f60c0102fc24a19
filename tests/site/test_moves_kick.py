"""The sessions of a user who has moved away end; no others do."""

import os
import re

import pytest

from lib import User, referral_settings, with_referral
from lib.client import Closed
from lib.dovecot import version
from lib.dovecot_config import (dialect, hibernation, kick_service,
                                line_service, one_imap_process)
from lib.process import wait_for

HERE, THERE = "front.example.com", "home.example.com"
USERS = [User(name, HERE) for name in ("alice", "bob", "carol", "dave")]
NAME = "login-referral-kick"
DIALECT = dialect(version())


class World:
    """A server whose command for ending sessions writes down whom."""

    def __init__(self, site, settings=None, service=True, fails=False,
                 provides=False, raw=""):
        self.site = site
        self.ldap = site.slapd(USERS, provides=provides)
        self.front = site.dovecot(
            HERE, with_referral(USERS), start=False,
            protocols=("imap", "pop3", "sieve"),
            settings=referral_settings(
                self.ldap, referral_local_hosts=HERE,
                referral_cache_ttl="1 s", **(settings or {})))
        self._path = os.path.join(site.dir, "kicked")
        command = os.path.join(site.dir, "command")
        kick = f"/usr/bin/doveadm -c {self.front.config_path} referral kick"
        with open(command, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\necho \"$@\" >>{self._path}\n"
                       f"exec {'false' if fails else kick} \"$@\"\n")
        os.chmod(command, 0o755)
        self.front.raw = line_service() + raw
        if service:
            self.front.raw += kick_service(command, DIALECT)
        self.front.configure()
        self.front.start()

    def session(self, user):
        client = self.site.client(self.front)
        assert client.login(user, "secret").status == "OK"
        client.select_inbox()
        return client

    def idle(self, user):
        client = self.session(user)
        client.send_line("i IDLE")
        assert client.read_line().startswith(b"+ ")
        return client

    def learns(self, user):
        """The user comes again, until the directory is asked. Returns the
        reply."""
        since = self.ldap.log.mark()

        def asked():
            client = self.site.client(self.front)
            reply = client.login(user, "secret")
            client.close()
            return f"(uid={user})" in self.ldap.searches(since) and reply
        return wait_for(asked, f"a search for {user}")

    def kicked(self):
        """What the command was told, a list for each run."""
        try:
            with open(self._path, encoding="utf-8") as file:
                return [line.split() for line in file]
        except FileNotFoundError:
            return []


def ends(client):
    """With a BYE, or without."""
    client.read_to_end()


def test_ends(site):
    """In IDLE and not, of all protocols; those of others go on, and nobody is
    asked for a session that began in between."""
    world = World(site)
    alice = [world.idle("alice"), world.session("alice")]
    pop3 = site.pop3(world.front)
    assert pop3.login("alice", "secret")[0]
    sieve = site.sieve_client(world.front)
    assert sieve.authenticate("PLAIN", "alice", "secret").status == "OK"
    bob = world.session("bob")
    since = world.front.log.mark()
    world.ldap.set("alice", values=THERE)
    world.learns("alice")
    for client in [*alice, sieve]:
        ends(client)
    with pytest.raises(Closed):
        while True:
            pop3.read()
    world.front.log.wait([f"alice has moved to {THERE}"], since)
    assert bob.command("NOOP").status == "OK"
    assert world.kicked()[0] == ["--", "alice"]
    # once more, and that's all
    wait_for(lambda: len(world.kicked()) == 2, "the second look")
    world.learns("alice")
    assert world.kicked() == [["--", "alice"]] * 2


def test_mirror(site):
    """With a copy of the directory nobody has to come again for it."""
    world = World(site, {"referral_mirror": "yes"}, provides=True)
    world.front.log.wait("mirror: in sync")
    alice = [world.idle("alice"), world.session("alice")]
    bob, carol = world.idle("bob"), world.session("carol")
    world.ldap.set_all({"alice": THERE, "carol": None})
    for client in alice:
        ends(client)
    wait_for(lambda: len(world.kicked()) == 2, "the second look")
    assert world.kicked() == [["--", "alice"]] * 2
    assert carol.command("NOOP").status == "OK"
    # what has changed while the directory was away
    since = world.front.log.mark()
    world.ldap.stop()
    world.front.log.wait("mirror: not in sync", since)
    world.ldap.start()
    world.ldap.set("bob", values=THERE)
    ends(bob)


@pytest.mark.parametrize("mirror", ["no", "yes"])
def test_new_entry(site, mirror):
    """One that takes the place of another moves the user as well."""
    world = World(site, {"referral_mirror": mirror,
                         "referral_cache_negative_ttl": "1 s"}, provides=True)
    if mirror == "yes":
        world.front.log.wait("mirror: in sync")
    alice, bob = world.session("alice"), world.session("bob")
    for name in ("alice", "bob"):
        world.ldap.delete(name)
    if mirror == "no":
        # who never comes meanwhile still has the old answer in the cache
        world.learns("alice")
    world.ldap.add(User("alice", THERE))
    world.ldap.add(User("bob", HERE))
    if mirror == "no":
        world.learns("alice")
        world.learns("bob")
    ends(alice)
    assert bob.command("NOOP").status == "OK"


def test_counted(site):
    """The sample's metric counts the runs."""
    sample = os.path.join(os.path.dirname(__file__), "..", "..", "conf.d",
                          "2.4" if DIALECT.is_24 else "2.3",
                          "metrics.conf")
    with open(sample, encoding="utf-8") as file:
        port = site.port(HERE)
        world = World(site, raw=file.read().replace("9900", str(port)))
    alice = world.session("alice")
    world.ldap.set("alice", values=THERE)
    world.learns("alice")
    ends(alice)
    # a name, a field, a count
    wait_for(lambda: re.search(r"^login_referral_kick\s+duration\s+2\s",
                               world.front.doveadm("stats", "dump"),
                               re.MULTILINE), "both runs in the metrics")


def test_one_run_for_many(site):
    world = World(site)
    names = [user.name for user in USERS]
    clients = [world.idle(name) for name in names]
    world.ldap.set_all({name: THERE for name in names})
    for name in names:
        world.learns(name)
    for client in clients:
        ends(client)
    wait_for(lambda: len(world.kicked()) >= 2, "the second look")
    assert sorted({name for run in world.kicked()
                   for name in run}) == ["--", *names]
    # four runs each on their own, and a second look, would be eight
    assert len(world.kicked()) < 6


@pytest.mark.parametrize("value, settings, runs", [
    # a home that can't be told
    (None, {}, 0), ("x]y", {}, 2),
    ("home.example.org", {"referral_allowed_hosts": "*.example.com"}, 2),
    # still here
    ("FRONT.example.com.", {}, 2),
    # sessions here are wanted
    (THERE, {"referral_dry_run": "yes"}, 0),
    (THERE, {"referral_action": "local"}, 2),
    (THERE, {"referral_networks": "192.0.2.0/24",
             "referral_other_action": "local"}, 2),
])
def test_goes_on(site, value, settings, runs):
    world = World(site, settings)
    alice = world.idle("alice")
    world.ldap.set("alice", values=value)
    world.learns("alice")
    since = world.front.log.mark()
    wait_for(lambda: len(world.kicked()) == runs, "the command's runs")
    if runs:
        # the second has ended
        world.session("bob")
        world.ldap.set("bob", values="other.example.com")
        world.learns("bob")
        wait_for(lambda: len(world.kicked()) == runs + 1, "bob's run")
    alice.send_line("DONE")
    assert alice.read_reply("i").status == "OK"
    assert alice.command("NOOP").status == "OK"


def test_shared_process(site):
    """Of several users in one process only the right one's session ends; the
    log says where that can't be done."""
    world = World(site, raw=one_imap_process(DIALECT))
    alice, bob = world.idle("alice"), world.session("bob")
    assert len(world.front.pids("imap")) == 1
    since = world.front.log.mark()
    world.ldap.set("alice", values=THERE)
    world.learns("alice")
    if DIALECT.is_24:
        ends(alice)
    else:
        world.front.log.wait([NAME, "imap session of alice", "goes on",
                              "its process serves other users"], since)
        world.front.log.wait(["Sessions of 1 users may be left"], since)
    assert bob.command("NOOP").status == "OK"


def test_hibernated(site):
    world = World(site, raw=hibernation(DIALECT))
    alice = world.idle("alice")
    wait_for(lambda: world.front.pids("imap-hibernate") and
             not world.front.pids("imap"), "hibernation")
    since = world.front.log.mark()
    world.ldap.set("alice", values=THERE)
    world.learns("alice")
    if DIALECT.is_24:
        ends(alice)
        return
    world.front.log.wait([NAME, "imap session of alice", "goes on",
                          "it is hibernated"], since)
    world.front.log.wait(["Sessions of 1 users may be left"], since)
    alice.send_line("DONE")
    assert alice.read_reply("i").status == "OK"


def test_proxied(site):
    """A session that is proxied to what is the home no more."""
    world = World(site, {"referral_action": "proxy"})
    home = site.dovecot(THERE, with_referral(USERS), settings=
                        referral_settings(world.ldap,
                                          referral_local_hosts="127.0.0.2"))
    world.ldap.set_all({name: f"127.0.0.2:{home.port}"
                        for name in ("alice", "bob")})
    alice, bob = world.idle("alice"), world.session("bob")
    world.ldap.set("alice", values="127.0.0.3")
    world.learns("alice")
    ends(alice)
    assert bob.command("NOOP").status == "OK"
    assert home.logged_in("alice") and not world.front.logged_in("alice")


def test_directory_down(site):
    """Nobody is ended because nobody can be asked."""
    world = World(site)
    alice = world.idle("alice")
    world.ldap.kill()
    site.client(world.front).login("alice", "secret")
    world.ldap.start()
    world.learns("alice")
    alice.send_line("DONE")
    assert alice.read_reply("i").status == "OK"
    assert not world.kicked()


def test_off(site):
    """Without the service: as ever, and nothing is said of it."""
    world = World(site, service=False)
    alice = world.session("alice")
    world.ldap.set("alice", values=THERE)
    world.learns("alice")
    assert alice.command("NOOP").status == "OK"
    assert "kick" not in world.front.log.text()


def test_fails(site):
    """Tried twice, then the log says whose sessions may be left."""
    world = World(site, fails=True)
    world.session("alice")
    since = world.front.log.mark()
    world.ldap.set("alice", values=THERE)
    world.learns("alice")
    line = world.front.log.wait(["Sessions of 1 users may be left"], since)
    assert "alice" in line and NAME in line
    assert world.kicked() == [["--", "alice"]] * 2


def test_next_run_after_failure(site):
    """The command that fails stops nobody."""
    world = World(site, fails=True)
    for name in ("alice", "bob"):
        world.session(name)
        since = world.front.log.mark()
        world.ldap.set(name, values=THERE)
        world.learns(name)
        world.front.log.wait(["may be left here", name], since)
