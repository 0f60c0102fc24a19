"""Clients that follow referrals: whatever the form, they end in the INBOX of
the home server."""

import pytest

from conftest import HOME, STRICT
from mail_clients import ALPINE, FOLLOWING, JAVAMAIL

each = pytest.mark.parametrize("client", FOLLOWING, ids=lambda one: one.name)


@pytest.mark.parametrize("form,status", [
    ("refer", "NO"), ("offer", "OK"), ("suggest", "OK"), ("drain", "BYE")])
def test_referral_there_is(world, form, status):
    """What is said to all clients here, as our own strict one sees it."""
    if form == "suggest":
        world.need_suggest()
    server = world.drained if form == "drain" else world.front
    client = world.site.client(server)
    reply = client.greeting
    if form != "drain":
        reply = client.login(world.user_of(STRICT, form), "secret")
    assert (reply.status, reply.code) == (status, "REFERRAL")
    assert (reply.url.host, reply.url.port) == (world.home.address,
                                                world.home.port)


@each
def test_refer(world, client):
    visit = world.fetch(client, "refer")
    assert visit.ok
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


def test_drain_alpine(world):
    """It shows the BYE and stops."""
    visit = world.fetch(ALPINE, "drain")
    assert not visit.ok
    assert "Try this server instead." in visit.text
    assert visit.saw() == []


def test_drain_javamail(world):
    visit = world.fetch(JAVAMAIL, "drain")
    assert visit.ok
    assert visit.saw() == [HOME]
    visit.check_sessions(home=1)
