"""Real directories: the site of tests/site, and their servers."""

import os
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "site"))

from lib import Timeout  # noqa: E402
from lib.fixtures import *  # noqa: E402, F401, F403

from directory import Unable  # noqa: E402
from ds389 import Ds389  # noqa: E402
from samba import Samba  # noqa: E402


def _serve(site, what, name, kind, *args):
    """Where it can't be had the tests are skipped; a tool's last line says
    why."""
    try:
        return site.serve(name, kind, *args)
    except (Unable, RuntimeError, Timeout) as error:
        pytest.skip(f"no {what} here: {str(error).strip().splitlines()[-1]}")


@pytest.fixture(scope="module")
def samba(shared_site):
    """A domain controller."""
    return _serve(shared_site, "Samba", "dc1", Samba, shared_site.pki)


@pytest.fixture(scope="module")
def ds389(shared_site):
    """A 389 Directory Server."""
    return _serve(shared_site, "389 Directory Server", "ds389", Ds389,
                  shared_site.ports, shared_site.pki)


@pytest.fixture(autouse=True)
def _stop_new(shared_site):
    """A test's own servers don't go on asking when it is over."""
    before = set(shared_site.dovecots())
    yield
    for server in shared_site.dovecots():
        if server not in before:
            server.stop()
