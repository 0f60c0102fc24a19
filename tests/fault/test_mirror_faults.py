"""The faults of faults.py while the directory is mirrored, and those of
mirror_faults.py: what a lookup gets and how soon, that nothing blocks, what is
logged, and that the mirror is back once the fault has ended."""

import os
import sys
import unittest
from typing import NamedTuple

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
import test_faults
from harness import check_run
from peer import Peer
from probe import Probe
from test_faults import (CREDENTIALS, ENTRY, UNAVAILABLE, Case, for_each,
                         make_peer, make_probe)

MIRROR, STALE, LDAP = "mirror", "stale", "ldap"
HOME = ["home.example.com"]
NOT_IN_SYNC, NOT_POSSIBLE = "mirror: not in sync: ", "mirror: not possible: "


def setUpModule():
    test_faults.setUpModule()


def tearDownModule():
    test_faults.tearDownModule()


def take_port():
    return test_faults.PORTS.take("127.0.0.1")


def wait_source(probe, source, count=3):
    """Wait for so many answers in a row from there, from now on."""
    first = len(probe.results)

    def found(_):
        last = probe.results[first:][-count:]
        return len(last) == count and all(one.source == source for one in last)
    probe.wait(found, f"{count} times {source}")


def check_home(test, probe):
    """Nobody has noticed anything."""
    for result in probe.results:
        test.assertEqual((result.status, result.values), (ENTRY, HOME), result)


def warnings(probe):
    return [text for level, text in probe.logs
            if level == "warning" and "mirror: " in text]


# "trickle" needs a second for each answer, the mirror's questions included
@for_each(lambda case: case.fault != "trickle")
class FromTheStart(unittest.TestCase):
    """A mirror that does not come about makes no difference."""

    def check(self, case):
        port = take_port()
        with make_peer(case, port), \
                make_probe(case, port, mirror=True) as probe:
            probe.wait_results(min(10, 2 * case.rate))
            check_run(self, probe)
        for result in probe.results:
            self.assertEqual(result.status, case.status, result)
            if result.error is not None:
                self.assertIn(case.error.format(port=port), result.error)


@for_each(lambda case: not case.final and case.fault not in CREDENTIALS)
class Lost(unittest.TestCase):
    """All was well, then there is a fault, then all is well again: everybody
    comes home, whatever the directory says meanwhile."""

    def check(self, case):
        port = take_port()
        with make_probe(case, port, mirror=True) as probe:
            with make_peer(case, port, "healthy", "good"):
                # who asks before it is there has bad luck
                wait_source(probe, MIRROR)
                first = len(probe.results)
            with make_peer(case, port):
                probe.wait_results(min(10, 2 * case.rate))
                if case.status == UNAVAILABLE:
                    wait_source(probe, STALE)
            with make_peer(case, port, "healthy", "good"):
                # a mirror that is not possible is tried again much later
                wait_source(probe, LDAP if any(
                    NOT_POSSIBLE in text for text in warnings(probe))
                    else MIRROR)
            check_run(self, probe)
        del probe.results[:first]
        check_home(self, probe)


@for_each(lambda case: not case.final)
class AnotherServer(unittest.TestCase):
    """It is mirrored in the place of the bad one."""

    def check(self, case):
        bad, good = take_port(), take_port()
        with make_peer(case, bad), \
                make_peer(case, good, "healthy", "good"), \
                make_probe(case, bad, good, connect_timeout=700,
                           mirror=True) as probe:
            probe.wait_results(max(case.rate, 4))
            if case.status == UNAVAILABLE:
                wait_source(probe, MIRROR)
            check_run(self, probe)
        check_home(self, probe)


class SyncCase(NamedTuple):
    fault: str
    # "": it is mirrored; else what is logged
    warning: str = ""
    # it is again and again
    restless: bool = False


SYNC_CASES = [
    SyncCase("sync_uuid_twice"),
    SyncCase("sync_nul"), SyncCase("sync_delete_unknown"),
    SyncCase("sync_long_values"), SyncCase("sync_other_messages"),
    SyncCase("sync_trickle"),

    SyncCase("sync_no_key", NOT_IN_SYNC + "uid=x,dc=example,dc=com: an entry "
             "came without a value of the attributes in the filter"),
    SyncCase("sync_no_control", NOT_IN_SYNC + "an entry came without the "
             "control"),
    SyncCase("sync_bad_control", NOT_IN_SYNC + "an entry came with an invalid "
             "control"),
    SyncCase("sync_bad_uuid", NOT_IN_SYNC + "an entry came with an invalid "
             "control"),
    SyncCase("sync_bad_state", NOT_IN_SYNC + "an entry came with an invalid "
             "control"),
    SyncCase("sync_present_unknown", NOT_IN_SYNC + "uid=x,dc=example,dc=com: "
             "an entry that was never sent"),
    SyncCase("sync_bad_info", NOT_IN_SYNC + "a sync info message is invalid"),
    SyncCase("sync_bad_ids", NOT_IN_SYNC + "a sync info message is invalid"),
    SyncCase("sync_done_twice", NOT_IN_SYNC + "the refresh has ended a second "
             "time"),
    SyncCase("sync_crowd", NOT_IN_SYNC + "uid=x,dc=example,dc=com: more than "
             "1000 entries have the same name"),

    SyncCase("sync_never_done", None), SyncCase("sync_silent", None),
    SyncCase("sync_flood", None),
    # no message may be so large
    SyncCase("sync_huge_cookie", NOT_IN_SYNC + "ldap connection to"),
    SyncCase("sync_reset", NOT_IN_SYNC + "ldap connection to"),
    SyncCase("sync_closes", NOT_IN_SYNC + "ldap connection to", True),

    SyncCase("sync_unknown", NOT_POSSIBLE + "Critical extension is "
             "unavailable: no: it does not know RFC 4533"),
    SyncCase("sync_size_limit", NOT_POSSIBLE + "Size limit exceeded: no: "
             "referral_ldap_auth_dn needs to be without limits"),
    SyncCase("sync_no_access", NOT_POSSIBLE + "Insufficient access: no: "
             "check referral_ldap_auth_dn"),
    SyncCase("sync_busy", NOT_IN_SYNC + "Server is busy: no"),
    SyncCase("sync_ends", NOT_IN_SYNC + "the server has ended the "
             "synchronisation"),
]


class Synchronisation(unittest.TestCase):
    """Whatever the server says to a mirror, lookups are right. None: nothing is
    said of it."""


def _add_sync_tests():
    for case in SYNC_CASES:
        def test(self, case=case):
            check_sync(self, case)
        setattr(Synchronisation, f"test_{case.fault}", test)


def check_sync(test, case):
    port = take_port()
    with Peer(case.fault, port), \
            Probe(f"ldap://127.0.0.1:{port}", rate=50, mirror=True) as probe:
        if case.warning == "":
            wait_source(probe, MIRROR)
        elif case.warning is not None:
            probe.wait(warnings, "the warning")
        # and later?
        probe.wait_results(50)
        check_run(test, probe)
    check_home(test, probe)
    found = warnings(probe)
    if not case.warning:
        test.assertEqual(found, [])
    else:
        # once, however often it happens
        if not case.restless:
            test.assertEqual(len(found), 1, found)
        test.assertIn(case.warning, found[0].replace(
            f"ldap://127.0.0.1:{port}: ", ""))
    if case.warning != "" and not case.restless:
        test.assertEqual({one.source for one in probe.results}, {LDAP})


_add_sync_tests()


class Others(unittest.TestCase):
    def test_another_server(self):
        """What one server can't do, another one does."""
        for case in SYNC_CASES:
            if not case.warning or case.restless:
                continue
            bad, good = take_port(), take_port()
            with self.subTest(fault=case.fault), Peer(case.fault, bad), \
                    Peer("healthy", good), \
                    Probe(f"ldap://127.0.0.1:{bad}", f"ldap://127.0.0.1:{good}",
                          rate=50, mirror=True) as probe:
                wait_source(probe, MIRROR)
                check_run(self, probe)
                check_home(self, probe)

    def test_frozen(self):
        """Its silence is noticed, though everybody else is answered."""
        bad, good = take_port(), take_port()
        with Peer("sync_frozen", bad), Peer("healthy", good), \
                Probe(f"ldap://127.0.0.1:{bad}", f"ldap://127.0.0.1:{good}",
                      rate=10, mirror=True) as probe:
            wait_source(probe, MIRROR)
            probe.wait(warnings, "the warning", 60)
            check_run(self, probe)
        self.assertIn("nothing came for 10000 ms", warnings(probe)[0])
        check_home(self, probe)


class Recovery(unittest.TestCase):
    def test_mended(self):
        """What could not be trusted is tried again."""
        port = take_port()
        with Probe(f"ldap://127.0.0.1:{port}", rate=50, mirror=True) as probe:
            with Peer("sync_no_control", port):
                probe.wait(warnings, "the warning")
                first = len(probe.results)
            with Peer("healthy", port):
                wait_source(probe, MIRROR)
            check_run(self, probe)
        # in between there was nobody
        del probe.results[:first]
        self.assertLessEqual({one.status for one in probe.results},
                             {ENTRY, UNAVAILABLE})

    def test_cookie_is_refused(self):
        """Then everything is asked for again, at once."""
        port = take_port()
        with Peer("sync_refresh_required", port) as peer, \
                Probe(f"ldap://127.0.0.1:{port}", rate=50,
                      mirror=True) as probe:
            probe.wait(lambda _: peer.synced == 2, "another refresh")
            wait_source(probe, MIRROR)
            check_run(self, probe)
        check_home(self, probe)


if __name__ == "__main__":
    unittest.main()
