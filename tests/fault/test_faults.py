"""Each fault of faults.py against the LDAP client: what a lookup gets and how
soon, that nothing blocks, that another server takes over, and that all is well
once the fault has ended.

    REFERRAL_BUILD=DIR python3 -m pytest tests/fault      (or unittest, here)

With REFERRAL_FAULT_REPORT=FILE the figures are added to that file.
"""

import os
import sys
import tempfile
import time
import unittest
from typing import NamedTuple

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
import harness
from harness import Pki, Ports, check_run
from peer import Peer
from probe import CONNECT_TIMEOUT_MSECS, Probe

ENTRY, NO_ENTRY, SEVERAL, UNAVAILABLE = \
    "entry", "no_entry", "several_entries", "unavailable"

# how the client speaks to the peer
PLAIN, STARTTLS, LDAPS = "plain", "starttls", "ldaps"


class Case(NamedTuple):
    fault: str
    # what lookups get if there is no other server
    status: str
    # part of every such result's error
    error: str = ""
    how: str = PLAIN
    # The answer is final: no other server would be asked.
    final: bool = False
    # lookups a second
    rate: int = 50
    # names the certificate, see setUpModule()
    cert: str = "good"
    # of ldap-probe
    options: tuple = ()
    # of the test
    suffix: str = ""


# left alone for a minute and more
CREDENTIALS = ("credentials", "locked")
NO_ANSWER = f"no answer within {CONNECT_TIMEOUT_MSECS} ms"

CASES = [
    Case("refused", UNAVAILABLE,
         "ldap connect to ldap://127.0.0.1:{port} failed: Connection refused "
         "(check referral_ldap_uris)"),
    Case("black_hole", UNAVAILABLE,
         "ldap connect to ldap://127.0.0.1:{port} failed: " + NO_ANSWER),
    Case("silent", UNAVAILABLE,
         "ldap bind to ldap://127.0.0.1:{port} as anonymous failed: " +
         NO_ANSWER),
    Case("deaf", UNAVAILABLE, NO_ANSWER),
    Case("closing", UNAVAILABLE, "ldap bind to"),

    Case("starttls_refused", UNAVAILABLE,
         "StartTLS with ldap://127.0.0.1:{port} failed: Protocol error: "
         "unsupported extended operation (check referral_ldap_starttls)",
         STARTTLS),
    Case("silent", UNAVAILABLE,
         "StartTLS with ldap://127.0.0.1:{port} failed: " + NO_ANSWER,
         STARTTLS),
    Case("starttls_silent", UNAVAILABLE,
         "TLS handshake with ldap://127.0.0.1:{port} failed: " + NO_ANSWER,
         STARTTLS),
    Case("starttls_injection", UNAVAILABLE, "an attack?", STARTTLS),
    Case("silent", UNAVAILABLE,
         "TLS handshake with ldaps://127.0.0.1:{port} failed: " + NO_ANSWER,
         LDAPS),
    Case("closing", UNAVAILABLE, "(check referral_ldap_uris)", LDAPS),
    Case("tls_half_hello", UNAVAILABLE, NO_ANSWER, LDAPS),
    Case("tls_trickle", UNAVAILABLE, NO_ANSWER, LDAPS),
    Case("tls_garbage", UNAVAILABLE, "TLS handshake with", LDAPS),
    Case("healthy", UNAVAILABLE,
         "(check the server's certificate and referral_ldap_tls_ca_file)",
         LDAPS, cert="other_ca"),
    Case("healthy", UNAVAILABLE, "expected host name 127.0.0.1", LDAPS,
         cert="other_name"),
    Case("healthy", UNAVAILABLE, "certificate has expired", LDAPS,
         cert="expired"),
    Case("healthy", UNAVAILABLE, "expected host name 127.0.0.1", STARTTLS,
         cert="other_name"),
    Case("healthy", ENTRY, how=STARTTLS),
    Case("healthy", ENTRY, how=LDAPS),
    Case("search_silent", UNAVAILABLE, "no answer within", LDAPS),

    Case("trickle", ENTRY, rate=1),
    Case("drip", UNAVAILABLE, "no answer within"),
    Case("slow", ENTRY, rate=1),
    Case("slower", ENTRY, rate=1),
    Case("late", UNAVAILABLE, "no answer within"),
    Case("overloaded", ENTRY, rate=15),
    Case("search_silent", UNAVAILABLE, "no answer within"),
    Case("garbage", UNAVAILABLE, "that is not LDAP"),
    Case("garbage_later", ENTRY, rate=10),
    Case("broken_length", UNAVAILABLE, ""),
    Case("huge", UNAVAILABLE, "or too much of it"),
    Case("huge_fed", UNAVAILABLE, "or too much of it"),
    Case("flood", SEVERAL, "several entries", final=True),
    Case("unknown_id", UNAVAILABLE, "no answer within"),
    Case("unknown_id_too", ENTRY),
    Case("unknown_id_flood", UNAVAILABLE, ""),
    Case("wrong_type", UNAVAILABLE, "answered something else"),
    Case("extended", UNAVAILABLE, "Critical extension is unavailable"),
    Case("extended_success", UNAVAILABLE, "answered something else"),
    Case("reset", UNAVAILABLE, "ldap connection to"),
    Case("reset_sometimes", ENTRY, rate=10),
    Case("notice", UNAVAILABLE, "Notice of Disconnection"),
    Case("idle_close", ENTRY, rate=5),
    Case("idle_notice", ENTRY, rate=5),

    Case("no_entry", NO_ENTRY, final=True),
    Case("busy", UNAVAILABLE,
         "ldap search under 'dc=example,dc=com' at ldap://127.0.0.1:{port} "
         "failed: Server is busy (check the directory server)"),
    Case("unavailable", UNAVAILABLE, "Server is unavailable"),
    Case("time_limit", UNAVAILABLE, "Time limit exceeded (check that"),
    Case("internal_error", UNAVAILABLE, "internal error??"),
    Case("no_base", UNAVAILABLE,
         "No such object (check referral_ldap_base, and"),
    Case("no_access", UNAVAILABLE, "(check referral_ldap_auth_dn"),
    Case("strong_auth", UNAVAILABLE, "(check referral_ldap_auth_dn and "
         "referral_ldap_starttls)"),
    Case("unwilling", UNAVAILABLE, "the account in referral_ldap_auth_dn "
         "need not change its password)"),
    Case("referral", UNAVAILABLE, "(check referral_ldap_base and"),
    Case("references", NO_ENTRY, final=True),
    Case("references", UNAVAILABLE, "refers to other servers",
         options=("heed_references",), suffix="_heeded"),
    Case("references_too", ENTRY),
    Case("many_references", ENTRY),
    Case("other_name", UNAVAILABLE,
         'the entry has "rfc822MailHost", which was not asked for, and no '
         '"mailHost" (use the name'),
    Case("with_option", ENTRY),
    Case("announcement", ENTRY),
    Case("announcement_flood", UNAVAILABLE, ""),
    Case("several", SEVERAL, "several entries", final=True),
    Case("size_limit", SEVERAL, "several entries", final=True),
    Case("credentials", UNAVAILABLE,
         "ldap bind to ldap://127.0.0.1:{port} as cn=us failed: "
         "Invalid credentials (check referral_ldap_auth_dn_password)"),
    Case("locked", UNAVAILABLE, "Constraint violation (check "
         "referral_ldap_auth_dn_password"),
    Case("bind_unavailable", UNAVAILABLE, "Server is unavailable"),
    Case("bind_strong_auth", UNAVAILABLE, "(check referral_ldap_starttls)"),
    Case("bind_confidential", UNAVAILABLE, "(check referral_ldap_starttls)"),
    Case("bind_unwilling", UNAVAILABLE,
         "(check referral_ldap_starttls and referral_ldap_auth_dn)"),
    Case("bind_operations", UNAVAILABLE, "(check the directory server)"),
    Case("bind_dn_syntax", UNAVAILABLE, "(check referral_ldap_auth_dn)"),
    Case("bind_no_account", UNAVAILABLE, "(check referral_ldap_auth_dn)"),
    Case("bind_method", UNAVAILABLE,
         "(check referral_ldap_sasl_mechanism)"),
]

PORTS = None
CERTS = {}
CA_FILE = None
_TMP = tempfile.TemporaryDirectory(prefix="referral-fault.")


def setUpModule():
    global PORTS, CA_FILE
    PORTS = Ports()
    pki = Pki(os.path.join(_TMP.name, "pki"))
    other = Pki(os.path.join(_TMP.name, "other"), "Other CA")
    CA_FILE = pki.ca_cert
    here = ["IP:127.0.0.1", "DNS:localhost"]
    CERTS["good"] = pki.cert("ldap.example.com", here)
    CERTS["other_ca"] = other.cert("ldap.example.com", here)
    CERTS["other_name"] = pki.cert("ldap.example.com", ["DNS:example.com"])
    CERTS["expired"] = pki.cert("ldap.example.com", here, expired=True)


def tearDownModule():
    PORTS.close()
    _TMP.cleanup()


def report(case, servers, probe, recovery=None):
    harness.report(f"{case.fault} {case.how} {case.cert}", servers, probe,
                   recovery)


def make_peer(case, port, fault=None, cert=None):
    return Peer(fault or case.fault, port, *CERTS[cert or case.cert],
                ldaps=case.how == LDAPS)


def make_probe(case, *ports, **options):
    scheme = "ldaps" if case.how == LDAPS else "ldap"
    options["ca_file"] = CA_FILE
    if case.how == STARTTLS:
        options["starttls"] = True
    if case.fault in CREDENTIALS:
        options.update(dn="cn=us", password="wrong")
    options.update((name, True) for name in case.options)
    return Probe(*(f"{scheme}://127.0.0.1:{port}" for port in ports),
                 rate=case.rate, **options)


def for_each(condition=lambda case: True):
    """A class decorator: its check(case) becomes a test for each case."""
    def decorate(cls):
        for case in filter(condition, CASES):
            def test(self, case=case):
                self.check(case)
            setattr(cls, f"test_{case.fault}_{case.how}_{case.cert}"
                         f"{case.suffix}", test)
        return cls
    return decorate


@for_each()
class Alone(unittest.TestCase):
    """There is no other server."""

    def check(self, case):
        port = PORTS.take("127.0.0.1")
        with make_peer(case, port), make_probe(case, port) as probe:
            # the first, and some more once it is known to be dead
            probe.wait_results(min(10, 2 * case.rate))
            check_run(self, probe)
        for result in probe.results:
            self.assertEqual(result.status, case.status, result)
            if result.error is not None:
                self.assertIn(case.error.format(port=port), result.error)
            if result.status == ENTRY:
                self.assertEqual(result.values, ["home.example.com"])
        report(case, "[bad]", probe)


@for_each(lambda case: not case.final)
class AnotherServer(unittest.TestCase):
    """It takes over: no lookup fails."""

    def check(self, case):
        bad, good = PORTS.take("127.0.0.1"), PORTS.take("127.0.0.1")
        with make_peer(case, bad), \
                make_peer(case, good, "healthy", "good"), \
                make_probe(case, bad, good, connect_timeout=700) as probe:
            # past the time after which a silent server is given up: 700 ms,
            # and 800 ms once it is connected
            probe.wait_results(max(case.rate, 4))
            check_run(self, probe)
        for result in probe.results:
            self.assertEqual(result.status, ENTRY, result)
        report(case, "[bad, good]", probe)


@for_each(lambda case: case.status == UNAVAILABLE and
          case.fault not in CREDENTIALS)
class Recovery(unittest.TestCase):
    """The fault ends."""

    def check(self, case):
        port = PORTS.take("127.0.0.1")
        with make_probe(case, port) as probe:
            with make_peer(case, port):
                probe.wait_status(UNAVAILABLE, 3)
            with make_peer(case, port, "healthy", "good"):
                start = time.monotonic()
                probe.wait_status(ENTRY, 3)
                secs = time.monotonic() - start
            check_run(self, probe)
        report(case, "[bad] -> good", probe, secs)
        self.assertLess(secs, 5)


class Behaviour(unittest.TestCase):
    def test_back_to_the_preferred_server(self):
        case = Case("healthy", ENTRY)
        bad, good = PORTS.take("127.0.0.1"), PORTS.take("127.0.0.1")
        with make_peer(case, good) as second, \
                make_probe(case, bad, good) as probe:
            probe.wait_status(ENTRY, 3)
            with make_peer(case, bad, "healthy") as first:
                probe.wait(lambda _: first.accepted > 0, "the preferred one")
                probe.wait_status(ENTRY, 20)
                accepted = second.accepted
                probe.wait_status(ENTRY, 20)
                # nobody goes on asking the other one
                self.assertEqual(second.accepted, accepted)
            probe.wait_status(ENTRY, 20)
            check_run(self, probe)
        for result in probe.results:
            self.assertEqual(result.status, ENTRY, result)

    def test_credentials_are_tried_rarely(self):
        case = Case("credentials", UNAVAILABLE)
        port = PORTS.take("127.0.0.1")
        with make_peer(case, port) as peer, make_probe(case, port) as probe:
            probe.wait_results(150)
            check_run(self, probe)
            self.assertEqual(peer.accepted, 1)
        self.assertEqual(len(probe.errors()), 1, probe.logs)

    def test_handshakes_are_tried_again_soon(self):
        """A server that is restarted breaks them off. It is back at the next
        try then, not after a wait that doubles."""
        case = Case("closing", UNAVAILABLE, how=LDAPS)
        port = PORTS.take("127.0.0.1")
        with make_peer(case, port) as peer, make_probe(case, port) as probe:
            # five seconds: doubled waits leave time for five at most
            probe.wait_results(250)
            check_run(self, probe)
            self.assertGreater(peer.accepted, 8)

    def check_three(self, first, second, third="healthy", rate=50):
        """Nobody notices that two of three servers are of no use."""
        case = Case(first, ENTRY, rate=rate)
        ports = [PORTS.take("127.0.0.1") for _ in range(3)]
        with make_peer(case, ports[0]), make_peer(case, ports[1], second), \
                make_peer(case, ports[2], third) as good, \
                make_probe(case, *ports) as probe:
            probe.wait_results(100)
            check_run(self, probe)
        self.assertEqual({one.status for one in probe.results}, {ENTRY})
        self.assertEqual(good.accepted, 1)
        report(case, f"[{second}, good]", probe)

    def test_three_servers(self):
        for first, second in (("internal_error", "internal_error"),
                              ("internal_error", "no_base"),
                              ("busy", "search_silent"),
                              ("search_silent", "referral"),
                              ("refused", "busy"),
                              ("credentials", "other_name")):
            with self.subTest(first=first, second=second):
                self.check_three(first, second)

    def test_grey(self):
        """One server is slow: it is not asked, but now and then."""
        case = Case("slow", ENTRY)
        slow, good = PORTS.take("127.0.0.1"), PORTS.take("127.0.0.1")
        with make_peer(case, slow) as first, \
                make_peer(case, good, "healthy") as second, \
                make_probe(case, slow, good) as probe:
            probe.wait_results(250)
            check_run(self, probe)
        times = sorted(result.msecs for result in probe.results)
        report(case, "[slow, good]", probe)
        # all that were sent before the first was overdue; loose: two cores
        self.assertLess(times[len(times) // 2], 20)
        self.assertLess(len([one for one in times if one > 100]), 60)
        self.assertLess(first.accepted + second.accepted, 4)

    def test_overload(self):
        """What a server can answer is answered in time, whatever else is
        asked of it."""
        case = Case("overloaded", ENTRY)
        port = PORTS.take("127.0.0.1")
        for rate in (30, 60, 200):
            with self.subTest(rate=rate), make_peer(case, port), \
                    make_probe(case._replace(rate=rate), port,
                               queue_timeout=4000) as probe:
                start = time.monotonic()
                probe.wait(lambda probe: len(
                    [one for one in probe.results if one.status == ENTRY])
                    >= 120, "20 a second")
                secs = time.monotonic() - start
                probe.stop()
                self.assertEqual(probe.errors(), [])
            # 6 s, if nothing else runs here
            self.assertLess(secs, 9)

    def test_late(self):
        """An answer that comes too late is told all the same."""
        case = Case("late", UNAVAILABLE, rate=1)
        port = PORTS.take("127.0.0.1")
        with make_peer(case, port), make_probe(case, port) as probe:
            probe.wait(lambda probe: len(probe.late) >= 2, "late answers")
            check_run(self, probe)
        self.assertEqual({one.status for one in probe.results},
                         {UNAVAILABLE})
        self.assertEqual(set(probe.late), {ENTRY})

    def test_freezing(self):
        """Who asked meanwhile is told when a second connection has found out,
        everyone else at once."""
        case = Case("freezing", ENTRY)
        port = PORTS.take("127.0.0.1")
        with make_peer(case, port), make_probe(case, port) as probe:
            probe.wait_results(250)
            check_run(self, probe)
        late = [one for one in probe.results if one.at > 3000]
        self.assertGreater(len(late), 50)
        self.assertLess(max(one.msecs for one in late), 500)

    def test_failover_does_not_depend_on_timeout(self):
        case = Case("search_silent", ENTRY)
        bad, good = PORTS.take("127.0.0.1"), PORTS.take("127.0.0.1")
        with make_peer(case, bad), make_peer(case, good, "healthy"), \
                make_probe(case, bad, good, timeout=30000) as probe:
            probe.wait_results(50)
            check_run(self, probe)
        self.assertEqual({one.status for one in probe.results}, {ENTRY})

    def test_log_once(self):
        for fault, count in (("refused", 1), ("silent", 1), ("busy", 1),
                             ("idle_close", 0), ("unknown_id_too", 0)):
            case = Case(fault, UNAVAILABLE)
            port = PORTS.take("127.0.0.1")
            with self.subTest(fault=fault), make_peer(case, port), \
                    make_probe(case, port, connect_timeout=300) as probe:
                probe.wait_results(100)
                probe.stop()
                self.assertEqual(len(probe.errors()), count, probe.logs)

    def test_log_recovery(self):
        case = Case("refused", UNAVAILABLE)
        port = PORTS.take("127.0.0.1")
        with make_probe(case, port) as probe:
            probe.wait_status(UNAVAILABLE, 3)
            with make_peer(case, port, "healthy"):
                probe.wait_status(ENTRY)
                check_run(self, probe)
        self.assertIn(f"ldap server ldap://127.0.0.1:{port} works again",
                      probe.logs[-1][1])


if __name__ == "__main__":
    unittest.main()
