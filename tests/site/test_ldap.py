"""The connection to LDAP: every kind of it, and what logins get without
one."""

import os

import pytest

from lib import User, pair, refer, referral_settings, with_referral
from lib.pki import Pki
from lib.slapd import READER_PASSWORD, Slapd

USERS = [User("alice", "front.example.com"), User("bob", "home.example.com")]


def front(site, ldap, **settings):
    return site.dovecot(
        "front.example.com", with_referral(USERS),
        settings=referral_settings(
            ldap, referral_local_hosts="front.example.com", **settings))


def unavailable(site, server, user="bob"):
    """A login that must fail for now, and end in no session."""
    since = server.log.mark()
    client = site.client(server)
    reply = client.login(user, "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE"), reply.raw
    assert not server.logged_in(user, since)
    # the connection goes on
    assert client.command("NOOP").status == "OK"
    return since


def works(site, server):
    client = site.client(server)
    assert client.login("alice", "secret").status == "OK"
    client.select_inbox()
    assert refer(site, server, "bob").url.host == "home.example.com"


CONNECTIONS = {
    "ldap": lambda s: {},
    "ldaps": lambda s: {"referral_ldap_uris": s.ldaps_uri,
                        "referral_ldap_tls_ca_file": s.pki.ca_cert},
    "starttls": lambda s: {"referral_ldap_starttls": "yes",
                           "referral_ldap_tls_ca_file": s.pki.ca_cert},
    "ldapi": lambda s: {"referral_ldap_uris": s.ldapi_uri},
    "name": lambda s: {"referral_ldap_uris": f"ldaps://localhost:{s.tls_port}",
                       "referral_ldap_tls_ca_file": s.pki.ca_cert},
    "all of TLS": lambda s: {
        "referral_ldap_uris": s.ldaps_uri,
        "referral_ldap_tls_ca_file": s.pki.ca_cert,
        "referral_ldap_tls_crl_file": s.pki.crl(),
        "referral_ldap_tls_min_protocol": "TLSv1.3",
        "referral_ldap_tls_cipher_list": "HIGH:!aNULL",
        "referral_ldap_tls_cipher_suites": "TLS_AES_256_GCM_SHA384"},
    "external over ldapi": lambda s: {
        "referral_ldap_uris": s.ldapi_uri, "referral_ldap_auth_dn": "",
        "referral_ldap_auth_dn_password": "",
        "referral_ldap_sasl_mechanism": "EXTERNAL"},
    "in lower case": lambda s: {
        "referral_ldap_uris": s.ldapi_uri, "referral_ldap_auth_dn": "",
        "referral_ldap_auth_dn_password": "",
        "referral_ldap_sasl_mechanism": "external"},
}


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_connection(site, kind):
    ldap = site.slapd(USERS, pki=site.pki)
    works(site, front(site, ldap, **CONNECTIONS[kind](ldap)))


def test_password_in_a_file(site):
    """As an editor leaves it, with the line's end."""
    ldap = site.slapd(USERS)
    path = os.path.join(ldap.dir, "password")
    with open(path, "w", encoding="ascii") as file:
        file.write(READER_PASSWORD + "\n")
    settings = referral_settings(ldap,
                                 referral_local_hosts="front.example.com")
    del settings["referral_ldap_auth_dn_password"]
    works(site, site.dovecot(
        "front.example.com", with_referral(USERS), settings=settings,
        raw=f"referral_ldap_auth_dn_password = <{path}\n"))


def test_client_certificate(site):
    """SASL EXTERNAL with a certificate."""
    ldap = site.slapd(USERS, pki=site.pki)
    cert, key = site.pki.cert("reader")
    works(site, front(
        site, ldap, referral_ldap_uris=ldap.ldaps_uri,
        referral_ldap_tls_ca_file=site.pki.ca_cert,
        referral_ldap_tls_cert_file=cert, referral_ldap_tls_key_file=key,
        referral_ldap_auth_dn="", referral_ldap_auth_dn_password="",
        referral_ldap_sasl_mechanism="EXTERNAL"))


def test_other_name(site):
    """slapd calls it "l". Whoever comes first waits for the schema."""
    ldap = site.slapd(USERS)
    ldap.set("bob", values="home.example.com", attribute="l")
    server = front(site, ldap, referral_ldap_attributes="localityName")
    for _ in range(2):
        assert refer(site, server, "bob").url.host == "home.example.com"


def test_anonymous(site):
    ldap = site.slapd(USERS, anonymous=True)
    works(site, front(site, ldap, referral_ldap_auth_dn="",
                      referral_ldap_auth_dn_password=""))


def _other_ca(site, ldap):
    return {"referral_ldap_tls_ca_file":
            Pki(f"{site.dir}/other-pki", "Other CA").ca_cert}


REFUSED = {
    # what is wrong: settings, words of the log line
    "wrong password": (
        lambda site, ldap: {"referral_ldap_auth_dn_password": "guess"},
        ["bind", "Invalid credentials", "referral_ldap_auth_dn_password"]),
    "other CA": (_other_ca, ["certificate", "referral_ldap_tls_ca_file"]),
    "revoked": (
        lambda site, ldap: {"referral_ldap_tls_crl_file":
                            site.pki.crl(ldap.cert[0])},
        ["certificate revoked", "referral_ldap_tls_crl_file"]),
    "old TLS": (
        lambda site, ldap: {"referral_ldap_tls_min_protocol": "TLSv1.3"},
        ["TLS handshake", "referral_ldap_tls_min_protocol"]),
    "wrong name": (
        lambda site, ldap: {
            "referral_ldap_uris": f"ldaps://127.0.0.9:{ldap.tls_port}"},
        ["127.0.0.9"]),
}


@pytest.mark.parametrize("tls", ["ldaps", "starttls"])
@pytest.mark.parametrize("what", REFUSED)
def test_refused(site, tls, what):
    """The server is not the one we trust, or does not trust us: no answer of
    it counts."""
    address = "127.0.0.9" if what == "wrong name" else "127.0.0.1"
    cert = site.pki.cert("ldap", ["DNS:else.example.com", "IP:127.0.0.8"]) \
        if what == "wrong name" else None
    ldap = site.slapd(USERS, pki=site.pki, address=address, cert=cert,
                      tls="1.2" if what == "old TLS" else None)
    settings = CONNECTIONS[tls](ldap)
    change, words = REFUSED[what]
    settings.update(change(site, ldap))
    if tls == "starttls":
        settings.pop("referral_ldap_uris", None)
    server = front(site, ldap, **settings)
    since = server.log.mark()
    unavailable(site, server)
    server.log.wait(words, since)
    assert "reader-secret" not in server.log.text()
    assert not ldap.searches()


def test_no_cleartext_search(site):
    """StartTLS that fails is not gone on without."""
    ldap = site.slapd(USERS)
    server = front(site, ldap, referral_ldap_starttls="yes")
    unavailable(site, server)
    assert not ldap.searches()
    assert "reader" not in ldap.log.text()


def test_down_at_start(site):
    """Dovecot starts without LDAP, and finds it later."""
    ldap = site.slapd(USERS)
    ldap.stop()
    server = front(site, ldap)
    for user in ("alice", "bob"):
        unavailable(site, server, user)
    # a wrong password is still a wrong password
    reply = site.client(server).login("bob", "guess")
    assert reply.code == "AUTHENTICATIONFAILED"
    ldap.start()
    until_it_works(site, server)
    works(site, server)


def until_it_works(site, server):
    from lib import wait_for
    wait_for(lambda: site.client(server).login("alice", "secret").status ==
             "OK", "LDAP found again")


def test_going_down(site):
    ldap = site.slapd(USERS)
    server = front(site, ldap, referral_cache_ttl="0",
                   referral_cache_stale_ttl="0")
    works(site, server)
    ldap.kill()
    for user in ("alice", "bob"):
        since = unavailable(site, server, user)
        server.log.wait(["ldap", ldap.uri], since)
    ldap.start()
    until_it_works(site, server)
    works(site, server)


def test_frozen(site):
    """A server that accepts and says nothing: the answer comes in time."""
    ldap = site.slapd(USERS)
    server = front(site, ldap, referral_cache_ttl="0",
                   referral_cache_stale_ttl="0", referral_ldap_timeout="2 secs",
                   referral_ldap_connect_timeout="1500 msecs")
    until_it_works(site, server)
    ldap.freeze()
    unavailable(site, server)
    ldap.thaw()
    until_it_works(site, server)


def test_stale(site):
    """With stale answers allowed, users known before still get theirs."""
    ldap = site.slapd(USERS)
    server = front(site, ldap, referral_cache_ttl="1 secs",
                   referral_cache_stale_ttl="1 hour")
    works(site, server)
    ldap.stop()
    works(site, server)


def test_failure_action_local(site):
    """Only where the administrator says so does trouble end in a session."""
    ldap = site.slapd(USERS)
    ldap.stop()
    server = front(site, ldap, referral_failure_action="local")
    assert site.client(server).login("bob", "secret").status == "OK"
    server.wait_logged_in("bob")


def test_system_untouched(site):
    """Nothing of this site is the system's."""
    world = pair(site, USERS, names=["front"])
    assert isinstance(world.ldap, Slapd)
    _, out = world.front.doveconf("-h", "base_dir")
    assert out.strip().startswith(site.dir)
