"""The servers of a domain, as DNS names them."""

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
from srv import Record, SrvServer

ENTRY, UNAVAILABLE = "entry", "unavailable"
URI = "ldap:///dc=example,dc=com"
SERVICE = "_ldap._tcp.example.com"
ONE, TWO = "one.example.com", "two.example.com"


class Srv(unittest.TestCase):
    """Both names are 127.0.0.1: the port tells which one was asked."""

    def setUp(self):
        tmp = tempfile.TemporaryDirectory(prefix="ref-")
        self.addCleanup(tmp.cleanup)
        ports = Ports()
        self.addCleanup(ports.close)
        self.ports = {name: ports.take("127.0.0.1") for name in (ONE, TWO)}
        addresses = DnsClient(os.path.join(tmp.name, "dns-client"))
        addresses.__enter__()
        self.addCleanup(addresses.__exit__)
        addresses.names = {ONE: ["127.0.0.1"], TWO: ["127.0.0.1"]}
        self.addresses = addresses.path
        self.dns = SrvServer(tmp.name)
        self.dns.__enter__()
        self.addCleanup(self.dns.__exit__)

    def record(self, name, priority=10, weight=1):
        return Record(priority, weight, self.ports[name], name)

    def peer(self, name, fault="healthy"):
        return Peer(fault, self.ports[name])

    def probe(self, *uris, **options):
        return Probe(*(uris or [URI]), dns_client=self.addresses,
                     resolv_conf=self.dns.resolv_conf, **options)

    def assert_all_entries(self, probe):
        check_run(self, probe)
        self.assertEqual({result.status for result in probe.results}, {ENTRY},
                         probe.logs)

    def test_found(self):
        """Who asks before DNS has answered waits for it."""
        self.dns.names[SERVICE] = [self.record(ONE)]
        with self.peer(ONE), self.probe() as probe:
            probe.wait_results(10)
            self.assert_all_entries(probe)

    def test_priority(self):
        self.dns.names[SERVICE] = [self.record(TWO, 20), self.record(ONE, 10)]
        with self.peer(ONE) as one, self.peer(TWO) as two, \
                self.probe() as probe:
            probe.wait_results(10)
            self.assert_all_entries(probe)
            self.assertEqual((one.accepted > 0, two.accepted),
                             (True, 0))

    def test_failover(self):
        self.dns.names[SERVICE] = [self.record(TWO, 20), self.record(ONE, 10)]
        with self.peer(TWO), self.probe() as probe:
            probe.wait_results(10)
            self.assert_all_entries(probe)

    def test_weight(self):
        """Equal servers share the load: each is somebody's first."""
        self.dns.names[SERVICE] = [self.record(ONE), self.record(TWO)]
        with self.peer(ONE) as one, self.peer(TWO) as two:
            for _ in range(40):
                if one.accepted and two.accepted:
                    break
                with self.probe() as probe:
                    probe.wait_results(1)
            self.assertTrue(one.accepted and two.accepted)

    def test_beside_others(self):
        """A server that is named is not kept waiting by a silent DNS."""
        self.dns.names[SERVICE] = None
        with self.peer(TWO), self.probe(
                f"ldap://127.0.0.1:{self.ports[TWO]}", URI) as probe:
            probe.wait_results(10)
            self.assert_all_entries(probe)

    def test_moved(self):
        """DNS is asked again as the TTL says; who is named no more is left."""
        self.dns.names[SERVICE] = [self.record(ONE)]
        self.dns.ttl = 1
        with self.peer(TWO) as two, self.probe() as probe:
            with self.peer(ONE):
                probe.wait_status(ENTRY, 3)
                self.dns.names[SERVICE] = [self.record(TWO)]
                asked = self.dns.asked
                probe.wait(lambda _: self.dns.asked > asked, "a question")
            probe.wait_status(ENTRY, 3)
            check_run(self, probe)
        self.assertTrue(two.accepted)

    def test_no_such_name(self):
        with self.probe() as probe:
            probe.wait_results(3)
            check_run(self, probe)
        for result in probe.results:
            self.assertEqual(result.status, UNAVAILABLE)
            self.assertIn(f"DNS lookup of the servers of {URI} failed: ",
                          result.error)
            self.assertIn("(check referral_ldap_uris)", result.error)

    def test_silent(self):
        self.dns.names[SERVICE] = None
        with self.probe() as probe:
            probe.wait_results(3)
            check_run(self, probe)
        self.assertEqual({result.status for result in probe.results},
                         {UNAVAILABLE})

    def test_comes_later(self):
        """A DNS that fails is asked again."""
        with self.peer(ONE), self.probe() as probe:
            probe.wait_status(UNAVAILABLE)
            self.dns.names[SERVICE] = [self.record(ONE)]
            probe.wait_status(ENTRY, 3)
            check_run(self, probe)


if __name__ == "__main__":
    unittest.main()
