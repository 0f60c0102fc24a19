"""doveadm referral as doveadm's other commands: formats, exit codes, HTTP."""

import base64
import glob
import json
import os
import time
import urllib.request

import pytest

from lib import (PasswdFile, Referral, Static, User, pair, referral_settings,
                 wait_for)
from lib.dovecot import version

FRONT, HOME = "front.example.com", "home.example.com"
USERS = [User("alice", FRONT), User("bob", HOME)]
TWO_FOUR = version() >= (2, 4)
COMMANDS = {
    # arguments: what the table's head begins with
    ("explain", "bob"): "user ",
    ("status",): "part ",
    ("check",): "problem ",
    ("check", "-h"): "home server ",
    ("who",): "user ",
    ("kick", "-n"): "user ",
    ("drain", "-q", "status"): "drained ",
    ("stray", "-u", "bob"): "user ",
}


@pytest.fixture(name="world", scope="module")
def fixture_world(shared_site):
    """With a session that belongs elsewhere, a mailbox left behind, and
    doveadm over HTTP."""
    site = shared_site
    port = site.port(FRONT)
    listener = f"""doveadm_password = http-secret
service doveadm {{
  inet_listener http {{
    {"listen" if TWO_FOUR else "address"} = 127.0.0.1
    port = {port}
  }}
}}
"""
    world = pair(site, USERS, names=["front"], raw=listener)
    world.front.http = port
    world.ldap.set("bob", values=FRONT)
    # kept: a client that nobody has is gone
    world.front.session = site.client(world.front)
    assert world.front.session.login("bob", "secret").status == "OK"
    world.front.deliver("bob", "left behind")
    world.ldap.set("bob", values=HOME)
    world.front.doveadm("referral", "flush")
    return world


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_formats(world, args):
    def output(form):
        return world.front.doveadm("-f", form, "referral", *args, check=False)
    records = json.loads(output("json"))
    lines = output("table").splitlines()
    assert records and len(lines) == len(records) + 1
    assert lines[0].startswith(COMMANDS[args])
    head, *rows = [line.split("\t") for line in output("tab").splitlines()]
    assert {len(row) for row in rows} == {len(head)} == {len(records[0])}
    # a value that does not change meanwhile
    assert {row[0] for row in rows} == {next(iter(one.values()))
                                        for one in records}
    for form in "flow", "pager":
        assert next(iter(records[0].values())) in output(form)


def test_flush_and_list(world):
    front = world.front
    assert front.doveadm("referral", "flush", "nobody") == \
        "0 answers flushed\n"
    assert json.loads(front.doveadm("-f", "json", "referral", "list")) == \
        [{"user": "alice"}]


def call(server, name, **parameters):
    """doveadm's HTTP API: the answer's word and what follows."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.http}/doveadm/v1",
        json.dumps([[name, parameters, "tag"]]).encode(),
        {"Content-Type": "application/json"})
    request.add_header("Authorization", "Basic " + base64.b64encode(
        b"doveadm:http-secret").decode())
    with urllib.request.urlopen(request, timeout=30) as reply:
        (word, result, tag), = json.load(reply)
    assert tag == "tag"
    return word, result


def test_http(world):
    front = world.front
    word, (one,) = call(front, "referralExplain", users=["bob"])
    assert (word, one["action"]) == ("doveadmResponse", "refer")
    word, (one,) = call(front, "referralExplain", users=["nobody"])
    assert (word, one["passdb"]) == ("doveadmResponse", "unknown user")
    word, parts = call(front, "referralStatus")
    assert word == "doveadmResponse" and \
        {"directory", "cache", "auth"} <= {one["part"] for one in parts}
    word, result = call(front, "referralFlush", users=["bob"])
    assert word == "doveadmResponse" and set(result[0]) == {"flushed"}
    word, (one,) = call(front, "referralKick", dryRun=True)
    assert (one["user"], one["result"]) == ("bob", "would be ended")
    word, found = call(front, "referralCheck")
    assert word == "doveadmResponse" and found[0]["problem"] == "unresolved"
    word, listed = call(front, "referralList")
    assert listed == [{"user": "alice"}]
    word, error = call(front, "referralExplain")
    assert (word, error["exitCode"]) == ("error", 64)


def test_exit_codes(world):
    front = world.front
    for args, code in [(["explain", "nobody"], 67), (["explain"], 64),
                       (["check"], 65),
                       (["explain", "x" * 10000], 75)]:
        with pytest.raises(RuntimeError, match=f"failed with {code}:"):
            front.doveadm("referral", *args)


@pytest.mark.parametrize("user", ["a b", "ä", "a\tb", "a\nb", "a\001b",
                                  "*)(uid=*", "%u", "a\\b", "' or 1", ""])
def test_any_name(world, user):
    """Whatever the name is, it gets an answer, and nobody else's."""
    out = world.front.doveadm("-f", "json", "referral", "explain", user,
                              "bob", check=False)
    records = json.loads(out.splitlines()[-1])
    assert records[-1]["user"] == "bob"
    for one in records[:-1]:
        assert one["passdb"] == "unknown user"


def test_unknown_leaves_nothing(site):
    """No line of a guess, and nothing in Dovecot's cache: a user who is
    created after having been explained can log in."""
    world = pair(site, USERS, names=["front"], passdbs=[PasswdFile(USERS)],
                 settings={"auth_cache_size": "1M"})
    front = world.front
    since = front.log.mark()
    out = front.doveadm("-f", "json", "referral", "explain", "carol",
                        check=False)
    assert json.loads(out)[0]["passdb"] == "unknown user"
    assert not [line for line in front.log.lines(since)
                if "carol" in line and "referral explain" not in line]
    world.ldap.add(User("carol", FRONT))
    path, = glob.glob(f"{front.dir}/passwd-file*")
    PasswdFile(USERS + [User("carol")]).write(path)
    # Dovecot looks at it once a second, and whether its second has changed
    second = time.time() + 1
    os.utime(path, times=(second + 10,) * 2)
    wait_for(lambda: time.time() > second, "the next second")
    assert site.client(front).login("carol", "secret").status == "OK"


def test_not_verified(site):
    """A passdb that knows users only by their passwords."""
    ldap = site.slapd(USERS)
    front = site.dovecot(
        FRONT, [Referral(), PasswdFile([]),
                Static(fields={"nopassword": "y"}) if TWO_FOUR else
                Static(password="secret")],
        settings=referral_settings(ldap, referral_local_hosts=FRONT))
    one, = json.loads(front.doveadm("-f", "json", "referral", "explain",
                                    "bob"))
    assert (one["passdb"], one["action"]) in (("known", "refer"),
                                              ("not verified", "refer"))
