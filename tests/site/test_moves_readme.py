"""README's "Moving a user", step by step: its settings, commands and changes of
the directory are read from it."""

import re
import shlex
import threading

import pytest

from lib import User, readme, referral_settings, with_referral
from lib.dovecot import version
from lib.dovecot_config import dialect, kick_service, line_service

OLD, NEW, OTHER = "imap1.example.com", "imap2.example.com", "imap3.example.com"
USERS = [User("bob", OLD), User("alice", OLD)]
# README's attribute, and the one of the tests' schema
ATTRIBUTE, TEST_ATTRIBUTE = "mailReferral", "testMailAction"
LMTP = """
lmtp_proxy = yes
protocol lmtp {
  postmaster_address = postmaster@example.com
}
"""


def section():
    return readme.section("Moving a user").replace(ATTRIBUTE, TEST_ATTRIBUTE)


def steps():
    """What each of them has: commands and LDIF, in the order of the text."""
    return [re.findall(r"^       (?:# (doveadm .*)|(dn: .*\n(?: {7}.*\n)+))",
                       text, re.MULTILINE)
            for text in re.split(r"^\d\. ", section(), flags=re.MULTILINE)[1:]]


class Mail(threading.Thread):
    """Somebody who writes, at any server, and tries again what was deferred."""

    def __init__(self, servers, user):
        super().__init__()
        self._servers, self._user = servers, user
        self._stop_it = threading.Event()
        self.sent, self.deferred, self.lost = [], 0, []

    def run(self):
        number, waiting = 0, []
        while waiting or not self._stop_it.is_set():
            if not self._stop_it.is_set():
                waiting.append(f"mail {number}.")
            subject = waiting.pop(0)
            server = self._servers[number % len(self._servers)]
            number += 1
            rcpt, data = server.deliver_by_lmtp(self._user, subject)
            code = rcpt[0] if data is None else data[0]
            if code == 250:
                self.sent.append(subject)
            elif code < 500:
                self.deferred += 1
                waiting.append(subject)
            else:
                self.lost.append((subject, rcpt, data))
            self._stop_it.wait(0.05)

    def finish(self):
        """Returns the subjects of what has arrived, sorted."""
        self._stop_it.set()
        self.join()
        return sorted(self.sent)


class World:
    def __init__(self, site):
        self.site = site
        self.ldap = site.slapd(USERS)
        self.sync_port, lmtp = site.port("0.0.0.0"), site.port("0.0.0.0")
        self.servers = [self._server(name, lmtp) for name in (OLD, NEW, OTHER)]
        site.know_names(self.servers)
        for server in self.servers:
            server.start()
        self.old, self.new, self.other = self.servers

    def _server(self, name, lmtp):
        server = self.site.dovecot(
            name, with_referral(USERS), protocols=("imap", "lmtp"),
            start=False, settings=referral_settings(
                self.ldap, referral_local_hosts=name,
                referral_action_attribute=TEST_ATTRIBUTE))
        server.ports["lmtp"] = lmtp
        sync = re.search(r"^    (doveadm_password = .*?\n    })\n", section(),
                         re.MULTILINE | re.DOTALL).group(1)
        sync = sync.replace("24245", str(self.sync_port))
        d = dialect(version())
        if d.is_24:
            sync = sync.replace("inet_listener", "inet_listener sync")
        kick = f"/usr/bin/doveadm -c {server.config_path} referral kick"
        server.raw = sync + "\n" + LMTP + server.for_proxies() + \
            line_service() + kick_service(kick, d)
        server.configure()
        return server

    def take(self, step):
        """Returns what the commands have printed."""
        out = []
        for command, ldif in step:
            if ldif:
                self.ldap.modify(re.sub(r"^ +", "", ldif, flags=re.MULTILINE))
                continue
            words = shlex.split(command.replace("24245", str(self.sync_port)))
            out.append(self.old.doveadm(*words[1:]))
        return out

    def subjects(self, client):
        """Of all mail in the INBOX, sorted."""
        client.select_inbox()
        reply = client.command(
            "FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        return sorted(re.findall(r"Subject: (mail \d+\.)",
                                 b"\n".join(reply.untagged).decode()))

    def goes_to(self, server, user="bob"):
        """Where does a login at server end? Returns the client."""
        journey = self.site.journey(server, "LOGIN command", user)
        assert journey.reply.status == "OK", journey.reply
        return journey.client

    def idle(self, client):
        client.select_inbox()
        client.send_line("i IDLE")
        while not client.read_line().startswith(b"+ "):
            pass
        return client


@pytest.fixture(name="world")
def fixture_world(site):
    return World(site)


def test_steps(world):
    copy, rest, end, copy_again, move = steps()
    mail = Mail(world.servers, "bob")
    mail.start()
    for server in world.servers:
        assert world.goes_to(server).address == world.old.address
    session = world.idle(world.goes_to(world.old))
    alice = world.goes_to(world.old, "alice")

    world.take(copy)
    world.take(rest)
    explained, kicked = world.take(end)
    assert "moving" in explained
    assert "ended" in kicked
    session.read_to_end()
    # at any server, also one that goes on with what it knew
    for server in world.servers:
        journey = world.site.journey(server, "LOGIN command", "bob")
        assert journey.reply.code == "UNAVAILABLE"
        assert "being moved" in journey.reply.text

    deferred = mail.deferred
    world.take(copy_again)
    world.take(move)
    for server in world.servers:
        client = world.goes_to(server)
        assert client.address == world.new.address
    arrived = mail.finish()
    assert deferred > 0 and not mail.lost
    assert world.subjects(client) == arrived
    assert len(set(arrived)) == len(arrived)
    # nobody else has noticed
    assert alice.command("NOOP").status == "OK"
    assert world.goes_to(world.other, "alice").address == world.old.address


def test_left_behind(world):
    """What is on the old server still can be found."""
    copy, rest, _, _, move = steps()
    world.old.deliver("bob", "mail 0.")
    for step in (copy, rest, move):
        world.take(step)
    command = re.search(r"# doveadm (referral stray .*)", section()).group(1)
    # -A wants a userdb that can list its users
    out = world.old.doveadm(*command.replace("-A", "-u bob").split())
    assert "bob" in out and NEW in out
    assert world.subjects(world.goes_to(world.old)) == ["mail 0."]


def test_by_itself(world):
    """Where nobody ends the sessions, the service does, as soon as the old
    server has heard of the new home."""
    session = world.idle(world.goes_to(world.old))
    world.take(steps()[1])
    world.take(steps()[4])
    world.goes_to(world.old)
    session.read_to_end()
