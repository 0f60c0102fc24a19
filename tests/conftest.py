"""Tests side by side: pytest -n 4 --dist loadgroup, with pytest-xdist."""

import fcntl

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests that share a site belong to one worker. They come first, since
    together they take the longest; those that run alone come last."""
    for item in items:
        if "shared_site" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: (
        item.get_closest_marker("alone") is not None,
        item.get_closest_marker("xdist_group") is None))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """One that is marked as alone waits until no other worker has a test."""
    alone = item.get_closest_marker("alone") is not None
    with open(__file__, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
