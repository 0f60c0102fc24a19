"""Host names of LDAP servers: all addresses, and what if DNS has trouble."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from dns import DnsClient
from harness import Ports, check_run
from peer import Peer
from probe import Probe

ENTRY, UNAVAILABLE = "entry", "unavailable"
NAME = "ldap.example.com"


class Dns(unittest.TestCase):
    def setUp(self):
        tmp = tempfile.TemporaryDirectory(prefix="ref-")
        self.addCleanup(tmp.cleanup)
        ports = Ports()
        self.addCleanup(ports.close)
        self.port = ports.take("127.0.0.1")
        self.dns = DnsClient(os.path.join(tmp.name, "dns-client"))
        self.dns.__enter__()
        self.addCleanup(self.dns.__exit__)

    def peer(self, address="127.0.0.1", fault="healthy"):
        return Peer(fault, self.port, address=address)

    def probe(self, **options):
        return Probe(f"ldap://{NAME}:{self.port}", dns_client=self.dns.path,
                     **options)

    def test_each_address(self):
        """Whichever works, however the others fail."""
        for address in ("127.0.0.1", "127.0.0.2", "::1"):
            self.dns.names[NAME] = ["127.0.0.1", "::1", "127.0.0.2"]
            with self.subTest(address=address), self.peer(address), \
                    self.probe() as probe:
                probe.wait_results(10)
                check_run(self, probe)
                self.assertEqual({result.status for result in probe.results},
                                 {ENTRY}, probe.logs)

    def test_silent_address(self):
        self.dns.names[NAME] = ["::1", "127.0.0.1"]
        with self.peer("::1", "silent"), self.peer(), self.probe() as probe:
            probe.wait_results(10)
            check_run(self, probe)
        self.assertEqual({result.status for result in probe.results}, {ENTRY})
        # the other one was tried beside it, soon
        self.assertLess(probe.results[0].msecs, 1000)

    def test_new_address(self):
        self.dns.names[NAME] = ["127.0.0.1"]
        with self.probe() as probe:
            with self.peer():
                probe.wait_status(ENTRY, 3)
            self.dns.names[NAME] = ["127.0.0.2"]
            with self.peer("127.0.0.2"):
                probe.wait_status(ENTRY, 3)
            check_run(self, probe)

    def test_unknown_name(self):
        with self.probe() as probe:
            probe.wait_results(3)
            check_run(self, probe)
        for result in probe.results:
            self.assertEqual(result.status, UNAVAILABLE)
            self.assertIn(f"ldap DNS lookup for ldap://{NAME}:{self.port} "
                          "failed: ", result.error)
            self.assertIn("(check referral_ldap_uris)", result.error)

    def test_silent_dns(self):
        self.dns.names[NAME] = None
        with self.probe(connect_timeout=300) as probe:
            probe.wait_results(3)
            check_run(self, probe)
        for result in probe.results:
            self.assertEqual(result.status, UNAVAILABLE)
            self.assertIn("ldap DNS lookup for", result.error)

    def check_known_address(self, answer):
        """The address that was right before DNS had trouble is used on."""
        self.dns.names[NAME] = ["127.0.0.1"]
        with self.peer(fault="reset_sometimes"), \
                self.probe(connect_timeout=150, rate=10) as probe:
            probe.wait_status(ENTRY)
            self.dns.names[NAME] = answer
            asked = self.dns.asked
            # many new connections
            probe.wait(lambda _: self.dns.asked > asked + 5, "questions")
            check_run(self, probe)
        self.assertEqual({result.status for result in probe.results}, {ENTRY},
                         probe.logs)
        self.assertEqual(probe.errors(), [])

    def test_known_address_dns_fails(self):
        self.check_known_address([])

    def test_known_address_dns_silent(self):
        self.check_known_address(None)


if __name__ == "__main__":
    unittest.main()
