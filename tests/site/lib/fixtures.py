"""pytest fixtures and what is shown when a site test fails: a conftest.py
takes all of it."""

import contextlib
import os
import tempfile

import pytest

from .modules import Modules
from .site import Site

__all__ = ["_dialogues_from_here", "modules", "pytest_runtest_makereport",
           "shared_site", "site"]

_SITE = pytest.StashKey[Site]()


@pytest.fixture(scope="session")
def modules():
    """Dovecot's modules with ours: made once."""
    if not (os.environ.get("REFERRAL_STAGE") or
            os.environ.get("REFERRAL_BUILD")):
        pytest.exit("set REFERRAL_BUILD to a built tree, or REFERRAL_STAGE "
                    "to the DESTDIR of a `make install`", 2)
    with tempfile.TemporaryDirectory(prefix="referral-") as directory:
        os.chmod(directory, 0o755)
        yield Modules(directory, os.environ.get("REFERRAL_STAGE"),
                      os.environ.get("REFERRAL_BUILD"))


@contextlib.contextmanager
def open_site(request, modules):
    """A site that is checked and closed at the end. request: of the fixture
    that it is for."""
    site = Site(modules=modules)
    # found again by the report
    request.node.stash[_SITE] = site
    with site:
        yield site
        broken = site.broken()
    assert not broken, f"a server broke: {broken}"


@pytest.fixture
def site(request, modules):
    """A site for one test."""
    with open_site(request, modules) as site:
        yield site


@pytest.fixture(scope="module")
def shared_site(request, modules):
    """A site for all tests of a file, which leave it as they found it."""
    with open_site(request, modules) as site:
        yield site


@pytest.fixture(autouse=True)
def _dialogues_from_here(request):
    """Older dialogues of a shared site are of no interest."""
    site = request.node.parent.stash.get(_SITE, None)
    if site is not None:
        site.clients.clear()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if not report.failed:
        return
    for node in (item, item.parent):
        site = node.stash.get(_SITE, None)
        if site is None:
            continue
        for client in site.clients:
            report.sections.append(
                (f"dialogue with {client.address}:{client.port}",
                 "\n".join(client.dialogue)))
        report.sections += site.logs()
