"""Real slapd: every way to connect and authenticate, and its misfortunes."""

import os
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from harness import Pki, Ports, Slapd, User, check_run, report
from lib.dovecot import version
from lib.slapd import PEOPLE, SUFFIX, READER_DN, READER_PASSWORD, SASL_READER
from probe import Probe

ENTRY, NO_ENTRY, SEVERAL, UNAVAILABLE = \
    "entry", "no_entry", "several_entries", "unavailable"

USERS = [User("alice", "home.example.com"), User("bob"),
         User("carol", test_mail_host=["one.example.com", "two.example.com"])]
READER = {"dn": READER_DN, "password": READER_PASSWORD}


class SlapdTest(unittest.TestCase):
    """Each class has a slapd of its own; it wants a password."""

    ANONYMOUS = False

    @classmethod
    def setUpClass(cls):
        # short: there is a UNIX socket below
        cls._tmp = tempfile.TemporaryDirectory(prefix="ref-")
        cls.ports = Ports()
        cls.pki = Pki(cls.path("pki"))
        cls.slapd = cls.make_slapd("slapd")

    @classmethod
    def tearDownClass(cls):
        cls.slapd.stop()
        cls.ports.close()
        cls._tmp.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls._tmp.name, name)

    @classmethod
    def make_slapd(cls, name):
        return Slapd(cls.path(name), cls.ports, USERS, pki=cls.pki,
                     anonymous=cls.ANONYMOUS)

    def lookup(self, *uris, **options):
        """One result, of three that must be alike."""
        with Probe(*uris, ca_file=self.pki.ca_cert, **options) as probe:
            probe.wait_results(3)
            check_run(self, probe)
        self.assertEqual(len({result.status for result in probe.results}), 1,
                         probe.results)
        return probe.results[0]

    def assert_entry(self, *uris, **options):
        result = self.lookup(*uris, **options)
        self.assertEqual((result.status, result.values),
                         (ENTRY, ["home.example.com"]), result)

    def assert_unavailable(self, text, *uris, **options):
        result = self.lookup(*uris, **options)
        self.assertEqual(result.status, UNAVAILABLE, result)
        self.assertIn(text, result.error)


class Authentication(SlapdTest):
    def test_simple(self):
        self.assert_entry(self.slapd.uri, **READER)

    def test_wrong_password(self):
        self.assert_unavailable(
            f"ldap bind to {self.slapd.uri} as {READER_DN} failed: Invalid "
            "credentials (check referral_ldap_auth_dn_password)",
            self.slapd.uri, dn=READER_DN, password="wrong")

    def test_anonymous_may_not_read(self):
        # slapd denies that there is anything
        self.assert_unavailable("No such object (check referral_ldap_base",
                                self.slapd.uri)

    def test_password_of_a_file(self):
        """A file's last line has an end, which is not the password's."""
        for end in "\n", "\r\n":
            with self.subTest(end=end):
                self.assert_entry(self.slapd.uri, dn=READER_DN,
                                  password=READER_PASSWORD + end)

    def test_ldapi_external(self):
        # a server would not know it by another name
        for mechanism in "EXTERNAL", "external":
            with self.subTest(mechanism):
                self.assert_entry(self.slapd.ldapi_uri, mechanism=mechanism)

    def test_ldapi_simple(self):
        self.assert_entry(self.slapd.ldapi_uri, **READER)

    def test_plain_external(self):
        self.assert_unavailable("(check referral_ldap_sasl_mechanism)",
                                self.slapd.uri, mechanism="EXTERNAL")

    def test_client_certificate(self):
        cert, key = self.pki.cert("reader")
        for uri, options in ((self.slapd.ldaps_uri, {}),
                             (self.slapd.uri, {"starttls": True})):
            with self.subTest(uri=uri):
                self.assert_entry(uri, mechanism="EXTERNAL", cert_file=cert,
                                  key_file=key, **options)

    def test_no_client_certificate(self):
        self.assert_unavailable("(check referral_ldap_sasl_mechanism)",
                                self.slapd.ldaps_uri, mechanism="EXTERNAL")


@unittest.skipIf(version() < (2, 4), "Dovecot 2.3 has no client's side of it")
class Scram(SlapdTest):
    """The server finds the password in the reader's entry."""

    MECHANISMS = ["SCRAM-SHA-1", "SCRAM-SHA-256"]

    def test_entry(self):
        for mechanism in self.MECHANISMS:
            for uri in self.slapd.uri, self.slapd.ldaps_uri:
                with self.subTest(mechanism, uri=uri):
                    self.assert_entry(uri, mechanism=mechanism, dn=SASL_READER,
                                      password=READER_PASSWORD)

    def test_wrong_password(self):
        for mechanism in self.MECHANISMS:
            with self.subTest(mechanism):
                self.assert_unavailable(
                    f"ldap bind to {self.slapd.uri} as {SASL_READER} with "
                    f"SASL {mechanism} failed: Invalid credentials",
                    self.slapd.uri, mechanism=mechanism, dn=SASL_READER,
                    password="wrong")


class Tls(SlapdTest):
    def test_starttls(self):
        self.assert_entry(self.slapd.uri, starttls=True, **READER)

    def test_ldaps(self):
        self.assert_entry(self.slapd.ldaps_uri, **READER)

    def test_unknown_ca(self):
        other = Pki(self.path("other"), "Other CA")
        with Probe(self.slapd.ldaps_uri, ca_file=other.ca_cert,
                   **READER) as probe:
            probe.wait_results(3)
            check_run(self, probe)
        for result in probe.results:
            self.assertEqual(result.status, UNAVAILABLE)
            self.assertIn("referral_ldap_tls_ca_file", result.error)
            self.assertNotIn("ssl_client", result.error)

    def test_system_cas(self):
        """They do not know our CA, and nothing else is trusted instead."""
        with Probe(self.slapd.ldaps_uri, **READER) as probe:
            probe.wait_results(3)
            check_run(self, probe)
        self.assertEqual({result.status for result in probe.results},
                         {UNAVAILABLE})

    def test_min_protocol(self):
        """A server that has nothing newer than TLS 1.2."""
        old = Slapd(self.path("old"), self.ports, USERS, pki=self.pki,
                    tls="1.2")
        self.addCleanup(old.stop)
        for how in {}, {"starttls": True}:
            uri = old.uri if how else old.ldaps_uri
            with self.subTest(uri=uri):
                self.assert_entry(uri, **READER, **how)
                self.assert_entry(uri, **READER, **how, min_protocol="TLSv1.2")
                self.assert_entry(self.slapd.ldaps_uri, **READER,
                                  min_protocol="TLSv1.3")
                self.assert_unavailable(
                    "referral_ldap_tls_min_protocol", uri, **READER, **how,
                    min_protocol="TLSv1.3")

    def test_ciphers(self):
        """A server that has one cipher of TLS 1.2, and one of TLS 1.3."""
        few = {}
        for tls in "1.2", "1.3":
            few[tls] = Slapd(
                self.path(f"few{tls}"), self.ports, USERS, pki=self.pki,
                tls=tls, one_cipher=True)
            self.addCleanup(few[tls].stop)
        for server, setting, good, bad in (
                ("1.2", "cipher_list", "ECDHE-ECDSA-AES256-GCM-SHA384",
                 "ECDHE-ECDSA-CHACHA20-POLY1305"),
                ("1.3", "cipher_suites", "TLS_AES_256_GCM_SHA384",
                 "TLS_CHACHA20_POLY1305_SHA256")):
            uri = few[server].ldaps_uri
            with self.subTest(server):
                self.assert_entry(uri, **READER)
                self.assert_entry(uri, **READER, **{setting: good})
                self.assert_unavailable("referral_ldap_tls_cipher_list", uri,
                                        **READER, **{setting: bad})

    def test_revoked(self):
        pki = Pki(self.path("revoking"))
        cert = pki.cert("ldap.example.com", ["IP:127.0.0.1"])
        slapd = Slapd(self.path("revoked"), self.ports, USERS, pki=pki,
                      cert=cert)
        self.addCleanup(slapd.stop)

        def lookup(**options):
            with Probe(slapd.ldaps_uri, ca_file=pki.ca_cert, **options,
                       **READER) as probe:
                probe.wait_results(3)
                check_run(self, probe)
            return probe.results[0]
        before, other = pki.crl(), Pki(self.path("other2"), "Other CA").crl()
        after = pki.crl(cert[0])
        self.assertEqual(lookup().status, ENTRY)
        self.assertEqual(lookup(crl_file=before).status, ENTRY)
        for crl, text in (
                (after, "certificate revoked"),
                # of a CA that has nothing to do with it
                (other, "unable to get certificate CRL")):
            result = lookup(crl_file=crl)
            self.assertEqual(result.status, UNAVAILABLE, result)
            self.assertIn(text, result.error)
            self.assertIn("referral_ldap_tls_crl_file", result.error)

    def test_settings(self):
        cert, key = self.pki.cert("reader")
        empty = self.path("empty")
        with open(empty, "w", encoding="ascii"):
            pass
        for options, text in (
                ({"ca_file": self.path("missing")},
                 "referral_ldap_tls_ca_file: open("),
                ({"ca_file": self._tmp.name}, "not a file"),
                ({"ca_file": empty}, "not in PEM format"),
                ({"crl_file": empty}, "not in PEM format"),
                ({"crl_file": key},
                 "referral_ldap_tls_crl_file: needs "
                 "referral_ldap_tls_ca_file or _ca_dir"),
                ({"cipher_list": "NONSENSE"},
                 "referral_ldap_tls_cipher_list: Can't set cipher list to "
                 "'NONSENSE': "),
                ({"cipher_suites": "NONSENSE"},
                 "referral_ldap_tls_cipher_suites: Can't set ciphersuites to "
                 "'NONSENSE': "),
                ({"cert_file": cert}, "set both or none"),
                ({"cert_file": cert, "key_file": cert},
                 "referral_ldap_tls_"),
                ({"cert_file": key, "key_file": key},
                 "referral_ldap_tls_")):
            with self.subTest(**options), \
                    Probe(self.slapd.ldaps_uri, **options) as probe:
                probe.wait(lambda probe: probe.init_error, "the refusal")
                self.assertIn(text, probe.init_error)


class Searches(SlapdTest):
    ANONYMOUS = True

    def test_anonymous(self):
        self.assert_entry(self.slapd.uri)

    def test_results(self):
        for search, status, values in (
                ("(uid=bob)", ENTRY, []),
                ("(uid=nobody)", NO_ENTRY, None),
                ("(objectClass=*)", SEVERAL, None),
                # RFC 4515: what was escaped is not understood as syntax
                ("(uid=\\2a)", NO_ENTRY, None),
                ("(uid=\\00\\ff)", NO_ENTRY, None)):
            with self.subTest(filter=search):
                result = self.lookup(self.slapd.uri, filter=search)
                self.assertEqual((result.status, result.values),
                                 (status, values))

    def test_bad_searches(self):
        for options, text in (
                ({"filter": "(uid="}, "(check referral_ldap_filter)"),
                ({"filter": ""}, "(check referral_ldap_filter)"),
                ({"base": "dc=nowhere"}, "No such object"),
                ({"base": "nonsense"}, "(check referral_ldap_base")):
            with self.subTest(**options):
                self.assert_unavailable(text, self.slapd.uri, **options)

    def test_user_in_base(self):
        """Below what is the same for all there is no such user."""
        for user, people, status in (
                ("alice", PEOPLE, ENTRY), ("nobody", PEOPLE, NO_ENTRY),
                ("a,uid=b", PEOPLE, NO_ENTRY),
                ("alice", f"ou=missing,{SUFFIX}", UNAVAILABLE)):
            with self.subTest(user=user, people=people):
                result = self.lookup(
                    self.slapd.uri, base=f"uid={user},{people}",
                    base_tail=people.upper(), filter="(objectClass=*)")
                self.assertEqual(result.status, status, result)

    def test_aliases(self):
        """An alias below the base, and one that is the base."""
        alias = "objectClass: alias\nobjectClass: extensibleObject\n"
        others = f"ou=others,{SUFFIX}"
        slapd = Slapd(
            self.path("aliases"), self.ports, USERS, anonymous=True,
            ldif=f"dn: {others}\nobjectClass: organizationalUnit\n"
            "ou: others\n\n"
            f"dn: cn=alias,{others}\n{alias}cn: alias\n"
            f"aliasedObjectName: uid=alice,{PEOPLE}\n\n"
            f"dn: ou=moved,{SUFFIX}\n{alias}ou: moved\n"
            f"aliasedObjectName: {PEOPLE}\n\n")
        self.addCleanup(slapd.stop)
        for deref, below, base in (
                ("never", NO_ENTRY, NO_ENTRY),
                ("searching", ENTRY, NO_ENTRY),
                ("finding", NO_ENTRY, ENTRY),
                ("always", ENTRY, ENTRY)):
            for where, status in ((others, below),
                                  (f"ou=moved,{SUFFIX}", base)):
                with self.subTest(deref, base=where):
                    result = self.lookup(slapd.uri, base=where, deref=deref)
                    self.assertEqual(result.status, status, result)

    def test_other_name(self):
        """slapd answers under an attribute's first name: nobody has to know.
        The first lookup waits for the schema, no one fails."""
        for name in "UID", "userid", "USERID":
            with self.subTest(name):
                result = self.lookup(self.slapd.uri, attribute=name)
                self.assertEqual((result.status, result.values),
                                 (ENTRY, ["alice"]), result)

    def test_many(self):
        """More than slapd takes at a time, in one go."""
        with Probe(self.slapd.uri, rate=100000, count=3000,
                   timeout=20000) as probe:
            probe.wait(lambda probe: probe.summary, "the end")
            probe.stop()
        for result in probe.results:
            self.assertEqual(result.status, ENTRY, result)
        self.assertEqual(len(probe.results), 3000)
        self.assertEqual(probe.logs, [])


class Misfortunes(SlapdTest):
    ANONYMOUS = True

    def setUp(self):
        self.other = self.make_slapd(f"other.{self.id()}")
        self.addCleanup(self.other.stop)

    def probe(self, *slapds, **options):
        return Probe(*(slapd.uri for slapd in slapds), **options)

    def test_frozen(self):
        with self.probe(self.slapd) as probe:
            probe.wait_status(ENTRY, 3)
            self.slapd.freeze()
            try:
                probe.wait_status(UNAVAILABLE, 50)
            finally:
                self.slapd.thaw()
            start = time.monotonic()
            probe.wait_status(ENTRY, 3)
            secs = time.monotonic() - start
            check_run(self, probe)
        report("slapd frozen", "[bad] -> good", probe, secs)
        self.assertLess(secs, 5)

    def test_frozen_with_another(self):
        with self.probe(self.other, self.slapd) as probe:
            probe.wait_status(ENTRY, 10)
            self.other.freeze()
            try:
                probe.wait_results(100)
            finally:
                self.other.thaw()
            probe.wait_results(100)
            check_run(self, probe)
        report("slapd frozen", "[bad, good]", probe)
        self.assertEqual({result.status for result in probe.results}, {ENTRY})

    def test_emptied(self):
        """Of no use to anyone, but quick to say so."""
        self.other.stop()
        folder = os.path.join(self.other.dir, "db")
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        self.other.start()
        with self.probe(self.other) as probe:
            probe.wait_status(UNAVAILABLE, 3)
            check_run(self, probe)
        self.assertIn("No such object", probe.results[0].error)
        with self.probe(self.other, self.slapd) as probe:
            probe.wait_results(50)
            check_run(self, probe)
        report("slapd emptied", "[bad, good]", probe)
        self.assertEqual({result.status for result in probe.results}, {ENTRY})

    def test_restart(self):
        with self.probe(self.other, rate=200) as probe:
            probe.wait_status(ENTRY, 10)
            start = time.monotonic()
            self.other.restart()
            probe.wait_status(ENTRY, 10)
            secs = time.monotonic() - start
            check_run(self, probe)
        report("slapd restart", "[bad] -> good", probe, secs)

    def test_restarts_with_another(self):
        with self.probe(self.other, self.slapd, rate=200) as probe:
            probe.wait_status(ENTRY, 10)
            for end in (self.other.stop, self.other.kill):
                end()
                probe.wait_results(50)
                self.other.start()
                probe.wait_results(50)
            check_run(self, probe)
        report("slapd restarts and killed", "[bad, good]", probe)
        self.assertEqual({result.status for result in probe.results}, {ENTRY})


if __name__ == "__main__":
    unittest.main()
