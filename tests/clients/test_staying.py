"""Clients that know nothing of referrals: they work under offer and suggest
as if it were nothing, and are told where to go under refer."""

import pytest

from conftest import FRONT, HOME
from mail_clients import STAYING

each = pytest.mark.parametrize("client", STAYING, ids=lambda one: one.name)


@each
def test_offer(world, client):
    visit = world.fetch(client, "offer")
    assert visit.ok
    assert visit.saw() == [HOME]
    # at home it came through the proxy
    visit.check_sessions(home=1)


@each
def test_suggest(world, client):
    visit = world.fetch(client, "suggest")
    assert visit.ok
    assert visit.saw() == [FRONT]
    visit.check_sessions(front=1)


@each
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
    assert client.refused in visit.text
    visit.check_sessions()


@each
def test_drain(world, client):
    visit = world.fetch(client, "drain")
    assert not visit.ok
    assert visit.saw() == []
    visit.check_sessions()
