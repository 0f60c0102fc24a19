"""Lookups that are pending when something else happens. LDAP is frozen
(SIGSTOP) meanwhile, so the order of things is known."""

import pytest

from lib import User, pair, refer, wait_for

USERS = [User("alice", "front.example.com"), User("bob", "home.example.com")]
USERS += [User(f"user{number}", "home.example.com") for number in range(40)]


@pytest.fixture
def world(site):
    world = pair(site, USERS, names=["front"],
                 mechanisms=("PLAIN", "CRAM-MD5"))
    # the connection to LDAP stands
    refer(site, world.front, "user0")
    world.ldap.freeze()
    yield world
    world.ldap.thaw()


def send_login(site, world, user):
    """A client whose lookup is pending: the log says that the password was
    right by then."""
    client = site.client(world.front)
    client.send_line(f'p1 LOGIN {user} secret')
    return client


def queued(world):
    """Bytes that wait for slapd: lookups were sent."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        port = f":{world.ldap.port:04X}"
        return any(line.split()[1].endswith(port) and
                   not line.split()[4].endswith(":00000000")
                   for line in file.readlines()[1:])


def test_all_are_answered(site, world):
    clients = [send_login(site, world, f"user{number}")
               for number in range(1, 40)]
    wait_for(lambda: queued(world), "a lookup that waits")
    world.ldap.thaw()
    for number, client in enumerate(clients, 1):
        reply = client.read_reply("p1")
        assert reply.url.text == \
            f"imap://user{number};AUTH=*@home.example.com/"
        client.read_bye()


@pytest.mark.parametrize("go", ["close", "reset"])
def test_client_gone(site, world, go):
    """The answer finds nobody; everyone else gets theirs."""
    auth = world.front.pids("auth")
    gone = [send_login(site, world, f"user{number}")
            for number in range(1, 20)]
    stays = send_login(site, world, "bob")
    wait_for(lambda: queued(world), "a lookup that waits")
    for client in gone:
        getattr(client, go)()
    world.ldap.thaw()
    assert stays.read_reply("p1").url.host == "home.example.com"
    assert refer(site, world.front, "user30").url.host == "home.example.com"
    assert world.front.pids("auth") == auth


@pytest.mark.parametrize("count", [1, 20])
def test_reload(site, world, count):
    """doveadm reload: the old auth process finishes what it has begun, or
    says no; nobody gets a session, nothing dies."""
    clients = [send_login(site, world, f"user{number}")
               for number in range(1, count + 1)]
    wait_for(lambda: queued(world), "a lookup that waits")
    world.front.reload()
    world.ldap.thaw()
    for client in clients:
        line = client.read_line()
        assert b" OK " not in line, line
        assert line.startswith((b"p1 NO ", b"* BYE ")), line
    assert refer(site, world.front, "bob").url.host == "home.example.com"
    assert not any(world.front.logged_in(f"user{number}")
                   for number in range(count + 1))


def test_stop(site, world):
    """Dovecot stops at once although lookups are pending."""
    clients = [send_login(site, world, f"user{number}")
               for number in range(1, 20)]
    wait_for(lambda: queued(world), "a lookup that waits")
    assert world.front.process.stop()
    for client in clients:
        assert b" OK " not in client.read_to_end()


def test_others_are_not_held_up(site, world):
    """Who needs no LDAP is answered while lookups wait: wrong passwords, and
    the greeting."""
    waiting = send_login(site, world, "bob")
    wait_for(lambda: queued(world), "a lookup that waits")
    for how in ("LOGIN command", "PLAIN", "CRAM-MD5"):
        reply = site.client(world.front).log_in(how, "bob", "guess")
        assert reply.code == "AUTHENTICATIONFAILED"
    world.ldap.thaw()
    assert waiting.read_reply("p1").code == "REFERRAL"


def test_client_gone_before_password(site, world):
    """In the middle of a mechanism."""
    client = site.client(world.front)
    client.send_line("c1 AUTHENTICATE CRAM-MD5")
    client.read_line()
    client.close()
    world.ldap.thaw()
    assert refer(site, world.front, "bob").url.host == "home.example.com"
