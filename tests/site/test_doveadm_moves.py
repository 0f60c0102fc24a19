"""doveadm referral drain and stray: around a move."""

import json
import os
import stat

import pytest

from lib import User, pair
from lib.dovecot import version

FRONT, HOME = "front.example.com", "home.example.com"
USERS = [User("alice", FRONT), User("bob", HOME), User("carol", "not a host"),
         User("dave", HOME)]
TWO_FOUR = version() >= (2, 4)


def referral(server, *args, check=True):
    out = server.doveadm("-f", "json", "referral", *args, check=check)
    # errors come before it
    return json.loads(out.splitlines()[-1])


@pytest.fixture(name="world", scope="module")
def fixture_world(shared_site):
    return pair(shared_site, USERS, names=["front"])


def drain(server, *args):
    record, = referral(server, "drain", *args)
    return record["drained"], record["host"], record["users"]


def drain_part(server):
    """What status, the monitoring check, says of it."""
    part, = (one for one in referral(server, "status")
             if one["part"] == "drain")
    return part["state"], part["name"], part["detail"]


def test_drain(shared_site, world):
    """The switch, at once; and who would go in circles."""
    front = world.front
    path = f"{front.dir}/run/login/referral-drain"
    assert drain(front, "status") == ("no", "", "")
    assert drain(front, f"{HOME}:1143") == ("yes", f"{HOME}:1143", "1")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
    greeting = shared_site.client(front).greeting
    assert (greeting.status, greeting.url.host) == ("BYE", HOME)
    assert drain(front, "-q", "status") == ("yes", f"{HOME}:1143", "")
    assert drain_part(front) == ("on", f"{HOME}:1143", "")
    # another host in place of the first; an address
    assert drain(front, "-q", "2001:DB8::1") == ("yes", "[2001:db8::1]", "")
    assert drain(front, "off") == ("no", "", "")
    assert drain(front, "off") == ("no", "", "")
    assert drain_part(front) == ("off", "", "")
    assert not os.listdir(os.path.dirname(path)).count("referral-drain.tmp")
    assert shared_site.client(front).greeting.status == "OK"


@pytest.mark.parametrize("args,error", [
    ([FRONT], "is this server"), (["not a host"], "HOST not a host: "),
    ([], "missing"), (["/etc/passwd"], "HOST /etc/passwd: ")])
def test_drain_refused(world, args, error):
    out = world.front.doveadm("referral", "drain", *args, check=False)
    assert error in out
    assert drain(world.front, "status") == ("no", "", "")


def test_drain_broken(world):
    """A file that others have written is shown for what it is."""
    path = f"{world.front.dir}/run/login/referral-drain"
    with open(path, "w", encoding="ascii") as file:
        file.write("not a host\n")
    record, = referral(world.front, "drain", "-q", "status", check=False)
    assert record["drained"] == "broken"
    # clients are let in, so it is well
    state, host, detail = drain_part(world.front)
    assert (state, host) == ("broken", "") and "not a host" in detail
    drain(world.front, "off")


def stray(server, *args, check=True):
    return {one["user"]: one for one in
            referral(server, "stray", *args, check=check)}


def test_stray(world):
    """Only of those whose home is elsewhere, and nothing is made by
    looking."""
    front = world.front
    for user, count in ("alice", 1), ("bob", 3), ("carol", 1):
        for number in range(count):
            front.deliver(user, f"message {number}")
    found = stray(front, "-u", "bob")
    assert (found["bob"]["home"], found["bob"]["messages"],
            found["bob"]["mailboxes"]) == (HOME, "3", "1")
    assert int(found["bob"]["bytes"]) > 100 and found["bob"]["newest"]
    assert not stray(front, "-u", "alice")
    assert not stray(front, "-u", "dave")
    assert not os.path.exists(front.mail_dir("dave") + "/Maildir/cur")
    with pytest.raises(RuntimeError, match="(?s)failed with 75.*nobody can "
                       r"tell where carol is at home \(invalid_value\)"):
        front.doveadm("referral", "stray", "-u", "carol")
    # as list writes them
    path = f"{front.dir}/users"
    with open(path, "w", encoding="ascii") as file:
        file.write(front.doveadm("referral", "list", HOME))
    assert set(stray(front, "-F", path)) == {"bob"}


def test_stray_all(site):
    """README's way: everybody whom the userdb has."""
    passwd = f"{site.dir}/everybody"
    with open(passwd, "w", encoding="ascii") as file:
        file.writelines(f"{user.name}::::::\n" for user in USERS
                        if user.name != "carol")
    front = pair(site, USERS, names=["front"], raw=f"""userdb passwd-file {{
  passwd_file_path = {passwd}
}}
""" if TWO_FOUR else f"""userdb {{
  driver = passwd-file
  args = {passwd}
}}
""").front
    for user in ("alice", "bob"):
        front.deliver(user, "a message")
    assert set(stray(front, "-A")) == {"bob"}
