"""Clients that know nothing of referrals: they work under offer and suggest
as if it were nothing, and are told where to go under refer."""

import pytest

from conftest import FRONT, HOME, SAID, meetings
from mail_clients import PLAIN, STAYING

each = meetings(STAYING)
# what is no other with TLS
each_plain = meetings(STAYING, [PLAIN])


@each
def test_offer(world, client):
    visit = world.fetch(client, "offer")
    assert visit.ok
    assert visit.saw() == [HOME]
    # at home it came through the proxy
    visit.check_sessions(home=1)


@each_plain
def test_suggest(world, client):
    visit = world.fetch(client, "suggest")
    assert visit.ok
    assert visit.saw() == [FRONT]
    visit.check_sessions(front=1)


@each_plain
def test_proxy(world, client):
    visit = world.fetch(client, "proxy")
    assert visit.ok
    assert visit.saw() == [HOME]
    visit.check_sessions(home=1)


@each
def test_refer(world, client):
    visit = world.fetch(client, "refer")
    assert not visit.ok
    assert visit.saw() == []
    assert any(words in visit.text for words in client.refused)
    visit.check_sessions()


@each_plain
@pytest.mark.parametrize("form,text", [("alert", SAID),
                                       ("reject", "is on another server:")])
def test_alert(world, client, form, text):
    """Most do not show it. To none does it make another difference."""
    visit = world.fetch(client, form)
    assert not visit.ok
    # what follows it says the same of a reject
    if form == "alert" or client.alerts:
        assert (text in visit.text) == client.alerts
    visit.check_sessions()


@each_plain
def test_moving(world, client):
    """NO [UNAVAILABLE]: the text says that it is no wrong password, to those
    who are shown it."""
    visit = world.fetch(client, "tempfail")
    assert ("mailbox is being moved" in visit.text) == client.tells
    assert visit.saw() == []
    visit.check_sessions()


@each_plain
def test_drain(world, client):
    visit = world.fetch(client, "drain")
    assert not visit.ok
    assert visit.saw() == []
    visit.check_sessions()
