"""doveadm referral explain says what a login gets: each cell of README's
table by both, compared."""

import json
import re

import pytest

from test_table import BY_ATTRIBUTE, PROTOCOLS, Visit, World

ACTIONS = (*BY_ATTRIBUTE, "reject", "tempfail")
# "referral: refer to home.example.com (elsewhere, ldap, 0.812 ms): detail"
LINE = re.compile(r"(?P<action>[a-z]+)(?: to (?P<target>\S+))? "
                  r"\((?P<reason>[a-z_]+), (?P<source>[a-z]+), [0-9.]+ ms\)"
                  r"(?:: (?P<detail>.*))?$")


@pytest.fixture(name="world", scope="module")
def fixture_world(shared_site):
    return World(shared_site)


def explained(server, user, protocol, *args):
    out = server.doveadm("-f", "json", "referral", "explain", "-p", protocol,
                         "-x", f"lip={server.address}",
                         "-x", f"lport={server.ports[protocol]}", *args, user)
    return json.loads(out)[0]


def decided(server, user, since):
    """The line that the login left, in explain's words."""
    line = server.log.wait([user, "referral", " ms)"], since)
    found = LINE.search(line).groupdict()
    return {key: value or "" for key, value in found.items()}


def session(line):
    """The session that auth names in a line: "auth(user,ip,<session>): "."""
    found = re.search(r" auth\([^)]*<([^>]+)>", line)
    return found and found.group(1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("action", ACTIONS)
def test_cell(world, protocol, action):
    server = world.outside if action == "reject" else world.front
    # a login that asks twice (submission) may leave a line after its end
    before = {session(line) for line in server.log.lines()}
    since = server.log.mark()
    said = explained(server, action, protocol)
    # it leaves no line of its own
    assert not [line for line in server.log.lines(since)
                if re.search(r"\d auth[:(]", line)
                and session(line) not in before - {None}]
    getattr(Visit(world, server, action), protocol)()
    got = decided(server, action, since)
    assert (said["action"], said["reason"], said["target"],
            said["detail"]) == \
        (got["action"], got["reason"], got["target"], got["detail"])


def test_session(world):
    """The client's address and the mechanism count as they do for a login."""
    def action(server, user, *args):
        one = explained(server, user, "imap", *args)
        return one["action"], one["reason"]
    assert action(world.outside, "refer") == ("reject", "elsewhere")
    assert action(world.outside, "refer", "-i", "192.0.2.5") == \
        ("refer", "elsewhere")
    assert action(world.front, "proxy") == ("proxy", "elsewhere")
    # it needs a password that the mechanism does not leave
    assert action(world.front, "proxy", "-m", "plain") == \
        ("proxy", "elsewhere")
    with pytest.raises(RuntimeError, match="scram-sha-1 is not in auth_mech"):
        action(world.front, "proxy", "-m", "scram-sha-1")


def test_url(shared_site, world):
    """The referral is the one that a client gets."""
    for action in ("refer", "offer", "suggest"):
        client = shared_site.client(world.front)
        reply = client.login(action, "secret")
        assert explained(world.front, action, "imap")["url"] == reply.arg
        client = shared_site.client(world.front)
        reply = client.authenticate("PLAIN", action, "secret")
        assert explained(world.front, action, "imap", "-m",
                         "PLAIN")["url"] == reply.arg
    reply = shared_site.sieve_client(world.front).authenticate(
        "PLAIN", "refer", "secret")
    assert explained(world.front, "refer", "sieve", "-m", "plain")["url"] == \
        reply.arg
    assert explained(world.front, "proxy", "imap")["url"] == ""


def test_why(world):
    """The rule, and the setting."""
    def why(server, user, protocol="imap"):
        one = explained(server, user, protocol)
        return one["rule"], one["setting"]
    assert why(world.front, "refer") == ("", "referral_action_attribute")
    assert why(world.front, "reject") == ("", "referral_action")
    assert why(world.outside, "reject") == (
        "", "referral_other_action (the client is outside of "
            "referral_networks)")
    assert why(world.front, "tempfail") == ("", "referral_failure_action")
    world.ldap.set("reject", values=["front.example.com"])
    world.front.doveadm("referral", "flush")
    assert why(world.front, "reject") == (
        "referral_local_hosts has front.example.com", "")
    world.ldap.set("reject", values=[world.there])
    world.front.doveadm("referral", "flush")
