"""Roundcube, in a real browser. A webmail logs in at each page, without TLS or
with it, and knows nothing of referrals."""

import os
import re

import pytest

from conftest import FRONT, HOME, World
from lib import wait_for
from lib.fixtures import open_site
from mail_clients import PLAIN, STARTTLS
from webmail import PACKAGES, Roundcube, Visitor, browser, missing

PICTURES = os.environ.get("REFERRAL_PICTURES")
# the moment of a move is nothing that other servers may know later
SETTINGS = {"referral_cache_ttl": "0"}
TRUSTED = {"login_trusted_networks": "127.0.0.1/32"}
NAMES = ("web", "mover")


class WebWorld(World):
    protocols = ("imap", "lmtp")


@pytest.fixture(scope="module", params=[
    (PLAIN, TRUSTED), (PLAIN, {}), (STARTTLS, TRUSTED), (STARTTLS, {})],
    ids=["trusted", "plain", "trusted-starttls", "starttls"])
def world(modules, request):
    if missing():
        pytest.skip(f"webmail: {' '.join(missing())} missing "
                    f"(apt-get install {PACKAGES})")
    transport, trusted = request.param
    with open_site(request, modules) as site:
        yield WebWorld(site, transport, NAMES, **SETTINGS, **trusted)


@pytest.fixture(scope="module")
def driver():
    with browser() as driver:
        yield driver


@pytest.fixture(scope="module")
def roundcube(world):
    with Roundcube(world, world.front, world.transport != PLAIN) as it:
        yield it


@pytest.fixture
def visitor(request, roundcube, driver):
    visitor = Visitor(roundcube, driver)
    yield visitor
    if PICTURES:
        visitor.picture(os.path.join(
            PICTURES, "roundcube-" + re.sub(
                r"\W+", "-", request.node.name) + ".png"))


def subject_of(user, host):
    return f"{user} is at {host}"


@pytest.mark.parametrize("form,host", [
    ("offer", HOME), ("proxy", HOME), ("suggest", FRONT)])
def test_session(world, visitor, form, host):
    user = world.user_of("web", form)
    visitor.log_in(user)
    assert visitor.subjects() == [subject_of(user, host)]
    assert "Hello." in visitor.read()


def test_send(world, visitor):
    """What was sent is in a folder at home, too."""
    user = world.user_of("web", "offer")
    visitor.log_in(user)
    visitor.subjects()
    visitor.send(f"{user}@example.com", "to-myself")
    visitor.wait_subject("to-myself")
    visitor.go(mbox="Sent")
    assert visitor.subjects() == ["to-myself"]


def is_logged(roundcube, user, text):
    """Its administrator finds the reply."""
    return any(f"for {user} " in line and text in line
               for line in roundcube.errors().splitlines())


@pytest.mark.parametrize("form,text", [
    ("refer", "[REFERRAL imap://"), ("tempfail", "is being moved")])
def test_refused(world, roundcube, visitor, form, text):
    """Its user is not told more than of a wrong password."""
    user = world.user_of("web", form)
    visitor.log_in(user)
    wait_for(lambda: is_logged(roundcube, user, text), "the refusal")
    assert visitor.told() == "Login failed."
    assert visitor.is_logged_out()
    assert not world.home.logged_in(user)


@pytest.mark.parametrize("form", ["offer", "refer"])
def test_moved(world, roundcube, visitor, form):
    """Away from the server that the webmail asks, between two clicks. With
    refer it shows an empty list, and the referral as an error."""
    user = world.user_of("mover", form)
    world.ldap.set(user, values=[FRONT])
    try:
        visitor.log_in(user)
        assert visitor.subjects() == [subject_of(user, FRONT)]
        world.ldap.set(user, values=[world.where])
        visitor.go(mbox="INBOX")
        if form == "offer":
            assert visitor.subjects() == [subject_of(user, HOME)]
        else:
            wait_for(lambda: is_logged(roundcube, user, "[REFERRAL imap://"),
                     "the refusal")
            assert visitor.is_empty()
    finally:
        world.ldap.set(user, values=[world.where])
