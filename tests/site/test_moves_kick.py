"""The sessions of a user who has moved away end; no others do."""

import os

import pytest

from lib import User, referral_settings, with_referral
from lib.dovecot import version
from lib.dovecot_config import block, dialect
from lib.process import wait_for

HERE, THERE = "front.example.com", "home.example.com"
USERS = [User(name, HERE) for name in ("alice", "bob", "carol", "dave")]
NAME = "login-referral-kick"


class World:
    """A server whose command for ending sessions writes down whom."""

    def __init__(self, site, settings=None, service=True, fails=False):
        self.site = site
        self.ldap = site.slapd(USERS)
        self.front = site.dovecot(
            HERE, with_referral(USERS), start=False,
            protocols=("imap", "pop3", "sieve"),
            settings=referral_settings(
                self.ldap, referral_local_hosts=HERE,
                referral_cache_ttl="1 s", **(settings or {})))
        self._path = os.path.join(site.dir, "kicked")
        command = os.path.join(site.dir, "command")
        kick = f"/usr/bin/doveadm -c {self.front.config_path} kick"
        with open(command, "w", encoding="utf-8") as file:
            file.write(f"""#!/bin/sh
echo "$@" >>{self._path}
shift
for user; do {"false" if fails else kick} "$user" >/dev/null; done
exit {75 if fails else 0}
""")
        os.chmod(command, 0o755)
        if service:
            user = "$SET:default_internal_user" if dialect(version()).is_24 \
                else "$default_internal_user"
            self.front.raw = block(f"service {NAME}", [
                f"executable = script {command}", "user = root",
                f"unix_listener {NAME} {{", f"  user = {user}",
                "  mode = 0600", "}"])
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
        """The user comes again, from another device."""
        return self.site.client(self.front).login(user, "secret")

    def kicked(self):
        """What the command was told, a list for each run."""
        try:
            with open(self._path, encoding="utf-8") as file:
                return [line.split() for line in file]
        except FileNotFoundError:
            return []


def refer(site, front, name):
    def referred():
        client = site.client(front)
        code = client.login(name, "secret").code
        client.close()
        return code == "REFERRAL"
    wait_for(referred, "referral")


def ends(client):
    """With a BYE, or without."""
    client.read_to_end()


def test_ends(site):
    """In IDLE and not, of all protocols; those of others go on, and nobody is
    asked for a session that began in between."""
    world = World(site)
    alice = [world.idle("alice"), world.session("alice")]
    pop3 = site.pop3(world.front)
    pop3.login("alice", "secret")
    bob = world.session("bob")
    since = world.front.log.mark()
    world.ldap.set("alice", values=THERE)
    refer(site, world.front, "alice")
    for client in alice:
        ends(client)
    world.front.log.wait(["alice is at home elsewhere now"], since)
    assert bob.command("NOOP").status == "OK"
    assert world.kicked()[0] == ["--", "alice"]
    # once more, and that's all
    wait_for(lambda: len(world.kicked()) == 2, "the second look")
    refer(site, world.front, "alice")
    assert world.kicked() == [["--", "alice"]] * 2


def test_one_run_for_many(site):
    world = World(site)
    names = [user.name for user in USERS]
    clients = [world.idle(name) for name in names]
    world.ldap.set_all({name: THERE for name in names})
    for name in names:
        refer(site, world.front, name)
    for client in clients:
        ends(client)
    wait_for(lambda: len(world.kicked()) >= 2, "the second look")
    assert sorted({name for run in world.kicked()
                   for name in run}) == ["--", *names]
    # four runs each on their own, and a second look, would be eight
    assert len(world.kicked()) < 6


@pytest.mark.parametrize("value, settings", [
    # a home that can't be told
    (None, {}), ("x]y", {}),
    ("home.example.org", {"referral_allowed_hosts": "*.example.com"}),
    # still here
    ("FRONT.example.com.", {}),
    # sessions here are wanted
    (THERE, {"referral_dry_run": "yes"}),
    (THERE, {"referral_action": "local"}),
    (THERE, {"referral_networks": "192.0.2.0/24",
             "referral_other_action": "local"}),
])
def test_goes_on(site, value, settings):
    world = World(site, settings)
    alice, bob = world.idle("alice"), world.idle("bob")
    if "referral_action" not in settings and \
            "referral_networks" not in settings and \
            "referral_dry_run" not in settings:
        # proof that the command would have been run
        world.ldap.set("bob", values="other.example.com")
        refer(site, world.front, "bob")
        ends(bob)
    world.ldap.set("alice", values=value)
    world.learns("alice")
    since = world.front.log.mark()
    alice.send_line("DONE")
    assert alice.read_reply("i").status == "OK"
    assert alice.command("NOOP").status == "OK"
    world.front.reload()
    assert "alice is at home" not in world.front.log.text(since)
    assert not [run for run in world.kicked() if "alice" in run]


def test_directory_down(site):
    """Nobody is ended because nobody can be asked."""
    world = World(site)
    alice = world.idle("alice")
    world.ldap.kill()
    world.learns("alice")
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
    refer(site, world.front, "alice")
    assert alice.command("NOOP").status == "OK"
    assert "kick" not in world.front.log.text()


def test_fails(site):
    """Tried twice, then the log says whose sessions may be left."""
    world = World(site, fails=True)
    world.ldap.set("alice", values=HERE)
    world.learns("alice").raw
    since = world.front.log.mark()
    world.ldap.set("alice", values=THERE)
    refer(site, world.front, "alice")
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
        refer(site, world.front, name)
        world.front.log.wait(["may be left here", name], since)
