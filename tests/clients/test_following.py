"""Clients that follow referrals: whatever the form, they end in the INBOX of
the home server."""

import pytest

from conftest import HOME, SAID, STRICT, meetings
from mail_clients import (ALPINE, FOLLOWING, IMAPS, JAVAMAIL, PLAIN, STARTTLS,
                          TRANSPORTS)

each = meetings(FOLLOWING)
everywhere = pytest.mark.parametrize("world", TRANSPORTS, indirect=True)
with_tls = pytest.mark.parametrize("world", [STARTTLS, IMAPS], indirect=True)


@with_tls
def test_tls_is_needed(world):
    """In these worlds nobody can forget it."""
    for server in world.front, world.home:
        reply = world.site.client(server).login(
            world.user_of(STRICT, "refer"), "secret")
        assert (reply.status, reply.code) == ("NO", "PRIVACYREQUIRED")


@everywhere
@pytest.mark.parametrize("form,status", [
    ("refer", "NO"), ("offer", "OK"), ("suggest", "OK"), ("drain", "BYE")])
def test_referral_there_is(world, form, status):
    """What is said to all clients here, as our own strict one sees it."""
    if form == "suggest":
        world.need_suggest()
    if form == "drain":
        reply = world.greeting(world.drained)
    else:
        reply = world.strict().login(world.user_of(STRICT, form), "secret")
    assert (reply.status, reply.code) == (status, "REFERRAL")
    assert (reply.url.host, reply.url.port) == (HOME, world.home.port)


@each
def test_refer(world, client):
    visit = world.fetch(client, "refer")
    assert visit.ok
    assert visit.saw() == [HOME]
    visit.check_sessions(home=1)


@meetings(FOLLOWING, [PLAIN])
def test_alert(world, client):
    """It may be shown, and it goes on to where it is referred. Nobody is to be
    bothered twice on one way."""
    visit = world.fetch(client, "alert")
    assert visit.ok
    assert visit.text.count(SAID) == client.alerts
    assert visit.saw() == [HOME]
    visit.check_sessions(home=1)


@each
def test_offer(world, client):
    visit = world.fetch(client, "offer")
    assert visit.ok
    assert visit.saw() == [HOME]
    # the proxied one, which it left, and its own
    visit.check_sessions(home=2)


@each
def test_suggest(world, client):
    visit = world.fetch(client, "suggest")
    assert visit.ok
    assert visit.saw() == [HOME]
    visit.check_sessions(front=1, home=1)


@meetings([ALPINE])
def test_drain_alpine(world, client):
    """It shows the BYE and stops."""
    visit = world.fetch(client, "drain")
    assert not visit.ok
    assert "Try this server instead." in visit.text
    assert visit.saw() == []


@meetings([JAVAMAIL])
def test_drain_javamail(world, client):
    visit = world.fetch(client, "drain")
    assert visit.ok
    assert visit.saw() == [HOME]
    visit.check_sessions(home=1)
