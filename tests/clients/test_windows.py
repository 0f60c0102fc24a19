"""Programs with windows, on a display of their own. What their users see is for
people to look at: REFERRAL_PICTURES names a folder for it."""

import os

import pytest

from conftest import ALERT, World
from display import Display
from lib import Timeout, wait_for
from lib.fixtures import open_site
from mail_clients import PLAIN
from window_clients import WINDOWS

PICTURES = os.environ.get("REFERRAL_PICTURES")


@pytest.fixture(scope="module")
def world(modules, request):
    with open_site(request, modules) as site:
        yield World(site, PLAIN, [client.name for client in WINDOWS],
                    referral_alert_text=ALERT)


class Program:
    """A client that runs, and what the servers see of it."""

    def __init__(self, world, client, form):
        self.world, self.client, self.form = world, client, form
        self.account = world.account(client, form)
        client.prepare(self.account)
        env = dict(self.account.env, GTK_A11Y="none", NO_AT_BRIDGE="1",
                   LIBGL_ALWAYS_SOFTWARE="1",
                   WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1",
                   XDG_RUNTIME_DIR=self.account.directory)
        self.display = Display(env, self.account.directory)

    def __enter__(self):
        self.display.__enter__()
        self.client.start(self.display, self.account)
        return self

    def __exit__(self, *error):
        if PICTURES:
            self.display.picture(os.path.join(
                PICTURES, f"{self.client.name}-{self.form}.png"))
        self.display.__exit__(*error)

    def sessions(self, server):
        return len(server.login_lines(self.account.user))

    def wait(self, condition, what):
        """It may ask for the password meanwhile, at each try."""
        window = None

        def look():
            nonlocal window
            if condition():
                return True
            if self.client.asks:
                asking = self.display.find(self.client.asks)
                if asking and asking != window:
                    window = asking
                    self.display.type_into(asking, self.account.password)
            return False
        try:
            wait_for(look, what, 90)
        except Timeout as error:
            raise Timeout(f"{error}; windows: {self.display.titles()}") \
                from None


each = pytest.mark.parametrize("client", WINDOWS,
                               ids=[client.name for client in WINDOWS])


@each
@pytest.mark.parametrize("form", ["offer", "proxy"])
def test_at_home(world, client, form):
    """It notices nothing."""
    with Program(world, client, form) as program:
        program.wait(lambda: program.sessions(world.home), "the session")
    assert program.sessions(world.front) == 0


@each
def test_suggest(world, client):
    with Program(world, client, "suggest") as program:
        program.wait(lambda: program.sessions(world.front), "the session")
    assert program.sessions(world.home) == 0


@each
@pytest.mark.parametrize("form", ["refer", "tempfail"])
def test_refused(world, client, form):
    """It doesn't follow, and shows the alert to its user."""
    with Program(world, client, form) as program:
        program.wait(lambda: program.display.find("^Alert$"), "the alert")
    for server in (world.front, world.home):
        assert program.sessions(server) == 0
