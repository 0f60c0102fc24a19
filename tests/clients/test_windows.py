"""Programs with windows, on a display of their own. What their users see is
for people to look at: REFERRAL_PICTURES names a folder for it."""

import os
from typing import NamedTuple

import pytest

from conftest import ALERT, FRONT, HOME, SAID, World
from display import Display
from lib import Timeout, wait_for
from lib.fakehome import FakeHome
from lib.fixtures import open_site
from mail_clients import PLAIN, TRANSPORTS
from window_clients import WINDOWS

PICTURES = os.environ.get("REFERRAL_PICTURES")
# as the server's NO may have them
CODES = ("REFERRAL imap://bob;AUTH=*@home.example.com/", "UNAVAILABLE",
         "CONTACTADMIN", "LIMIT")
NAMES = [name for client in WINDOWS
         for name in (client.name, f"{client.name}-mover")]


@pytest.fixture(scope="module")
def world(modules, request):
    with open_site(request, modules) as site:
        # the moment of a move is nothing that is known later
        yield World(site, request.param, NAMES, referral_alert_text=ALERT,
                    referral_cache_ttl="0")


class Program:
    """A client that runs, and what the servers see of it."""

    def __init__(self, world, client, form, server=None, name=None):
        self.world, self.client, self.form = world, client, form
        self.account = world.account(client, form, server, name)
        self.picture = f"{client.name}-{world.transport}-{form}"
        client.prepare(self.account)
        env = dict(self.account.env, GTK_A11Y="none", NO_AT_BRIDGE="1",
                   LIBGL_ALWAYS_SOFTWARE="1",
                   WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1",
                   QTWEBENGINE_DISABLE_SANDBOX="1",
                   XDG_RUNTIME_DIR=self.account.directory)
        self.display = Display(env, self.account.directory)
        self._asking = None
        self.asked = 0

    def __enter__(self):
        self.display.__enter__()
        self.display.start(
            *self.world.trusting(self.client.argv(self.account)))
        return self

    def __exit__(self, *error):
        if PICTURES:
            self.display.picture(os.path.join(PICTURES,
                                              f"{self.picture}.png"))
        self.display.__exit__(*error)

    def wait_refused(self, text):
        """text: of an alert."""
        log = self.world.asked(self.form).log
        self.wait(lambda: f"referral({self.account.user}," in log.text(),
                  "the refusal")
        if self.client.failed:
            self.wait(lambda: self.display.find(self.client.failed),
                      f"the window {self.client.failed}")
        if self.client.alerts:
            self.wait(lambda: self.client.alerts(
                self.account, self.display, text), "the alert")

    def sessions(self, server):
        return len(server.login_lines(self.account.user))

    def wait(self, condition, what, secs=90):
        """It may ask for the password meanwhile, at each try."""
        def look():
            if condition():
                return True
            asking = self.display.find(self.client.asks)
            if asking and asking != self._asking:
                self._asking = asking
                self.asked += 1
                self.display.type_into(asking, self.account.password,
                                       *self.client.remember)
            return False
        try:
            wait_for(look, what, secs)
        except Timeout as error:
            raise Timeout(f"{error}; windows: {self.display.titles()}") \
                from None


each = pytest.mark.parametrize("client", WINDOWS,
                               ids=[client.name for client in WINDOWS])


def with_world(*transports):
    return pytest.mark.parametrize("world", transports, indirect=True,
                                   scope="module")


@with_world(*TRANSPORTS)
@each
@pytest.mark.parametrize("form", ["offer", "proxy", "suggest"])
def test_session(world, client, form):
    """It notices nothing."""
    here, other = world.home, world.front
    if form == "suggest":
        here, other = other, here
    with Program(world, client, form) as program:
        program.wait(lambda: program.sessions(here), "the session")
    assert not program.sessions(other)
    for line in here.login_lines(program.account.user):
        assert (", TLS" in line) == (world.transport != PLAIN)


@with_world(*TRANSPORTS)
@each
@pytest.mark.parametrize("form,text", [
    pytest.param("refer", SAID, id="refer"),
    pytest.param("reject", f"Your mailbox is on another server: {HOME}",
                 id="reject")])
def test_refused(world, client, form, text):
    """It doesn't follow, and may show the alert."""
    with Program(world, client, form) as program:
        program.wait_refused(text)
    for server in (world.front, world.home):
        assert not program.sessions(server)


@with_world(PLAIN)
@each
def test_moving(world, client):
    """The alert has the text of the NO."""
    with Program(world, client, "tempfail") as program:
        program.wait_refused("Your mailbox is being moved.")


@with_world(PLAIN)
@each
def test_moved(world, client):
    """Its session is ended: it comes back by itself."""
    with Program(world, client, "offer", name=f"{client.name}-mover") \
            as program:
        user = program.account.user
        world.ldap.set(user, values=[FRONT])
        program.wait(lambda: program.sessions(world.front), "the session")
        wait_for(lambda: user in world.front.doveadm("who"),
                 "the session in the list")
        world.ldap.set(user, values=[world.where])
        world.front.doveadm("referral", "kick", user)
        # it looks for mail each minute
        program.wait(lambda: program.sessions(world.home), "the new session",
                     200)


@with_world(PLAIN)
@each
def test_drain(world, client):
    """It meets a BYE, and takes it for a server that is not there."""
    since = world.drained.log.mark()
    with Program(world, client, "drain") as program:
        program.wait(lambda: "Draining: referred to" in
                     world.drained.log.text(since), "the BYE")
        program.wait(lambda: program.display.find("."), "a window")


class Place(NamedTuple):
    """Of a server that is none of ours."""
    name: str
    port: int


@with_world(PLAIN)
@each
@pytest.mark.parametrize("code", CODES,
                         ids=[code.split()[0] for code in CODES])
def test_password(world, client, code):
    """Which NO has its user asked for the password again? It is lost by
    none."""
    site = world.site
    port = site.port(FRONT)
    fake = FakeHome(site.address_of(FRONT), port,
                    [f"{{tag}} NO [{code}] It is not here."])
    try:
        with Program(world, client, "refer", Place(FRONT, port)) as program:
            program.picture = f"{client.name}-password-{code.split()[0]}"
            program.wait(lambda: any(" LOGIN " in line.upper()
                                     for line in fake.lines), "the login")
            if client.remember:
                program.wait(lambda: client.keeps(program.account),
                             "the password in its file")
            if code.split()[0] in client.asks_again:
                asked = program.asked
                program.wait(lambda: program.asked > asked, "the question")
    finally:
        fake.close()
    if client.keeps:
        assert client.keeps(program.account)
