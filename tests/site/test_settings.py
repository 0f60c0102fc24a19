"""A wrong value stops doveconf with an error that names the setting."""

import re

import pytest

from lib import PasswdFile, User, pair
from lib.dovecot import version

USERS = [User("bob", "home.example.com")]
# The rest, with a value that doveconf can't tell from a good one: what tells.
TOLD_LATER = {
    "referral_directory_name": "test_directories: it is a block's",
    "referral_ldap_tls_ca_file": "test_start",
    "referral_ldap_tls_ca_dir": "test_start",
    "referral_ldap_tls_crl_file": "test_start",
    "referral_ldap_tls_cert_file": "test_start",
    "referral_ldap_tls_key_file": "test_start",
    "referral_ldap_tls_cipher_list": "test_start: the log",
    "referral_ldap_tls_cipher_suites": "test_start: the log",
    "referral_proxy_fields": "test_start",
}
BAD = [
    ("referral_ldap_uris", "http://ldap.example.com"),
    ("referral_ldap_uris", "ldap://"),
    ("referral_ldap_uris", "ldap://ldap.example.com:port"),
    ("referral_ldap_scope", "tree"),
    ("referral_ldap_filter", "(uid=%{user}"),
    pytest.param("referral_ldap_filter", "uid=%{user", marks=pytest.mark.skipif(
        version() >= (2, 4), reason="2.4's own doveconf panics at an unclosed "
        "variable, in any setting")),
    ("referral_ldap_filter", "(uid=%{nothing})"),
    ("referral_ldap_filter", ""),
    ("referral_ldap_attributes", ""),
    ("referral_ldap_attributes", "mail(Host"),
    ("referral_ldap_base", ""),
    ("referral_ldap_base", "people"),
    ("referral_ldap_base", "ou=%{nothing},dc=example,dc=com"),
    ("referral_ldap_deref", "often"),
    ("referral_ldap_heed_references", "x"),
    ("referral_ldap_tls_min_protocol", "SSLv3"),
    ("referral_ldap_auth_dn", ""),
    ("referral_ldap_auth_dn_password", ""),
    ("referral_mailhost_format", "%{nothing}"),
    ("referral_mailhost_format", "%{value} hosts"),
    ("referral_mailhost_field", "mail host"),
    ("referral_action_attribute", "a b"),
    ("referral_directory_domains", "example.com"),
    ("referral_ldap_starttls", "perhaps"),
    ("referral_ldap_sasl_mechanism", "TELEPATHY"),
    ("referral_ldap_timeout", "soon"),
    ("referral_ldap_timeout", "0"),
    ("referral_ldap_connect_timeout", "0"),
    ("referral_ldap_queue_timeout", "0"),
    ("referral_cache_ttl", "x"),
    ("referral_cache_home_ttl", "x"),
    ("referral_cache_away_ttl", "x"),
    ("referral_cache_negative_ttl", "x"),
    ("referral_cache_stale_ttl", "x"),
    ("referral_cache_stale_home_ttl", "x"),
    ("referral_bounce_time", "x"),
    ("referral_mirror", "x"),
    ("referral_resolve_hosts", "x"),
    ("referral_close", "x"),
    ("referral_cache_size", "much"),
    ("referral_action", "send"),
    ("referral_other_action", "refer"),
    ("referral_missing_action", "proxy"),
    ("referral_missing_host", "x]y"),
    ("referral_failure_action", "reject"),
    ("referral_networks", "192.0.2.0/99"),
    ("referral_networks", "office"),
    ("referral_host_map", "a.example.com"),
    ("referral_host_map", "a=b b=a"),
    ("referral_allowed_hosts", "a b]"),
    ("referral_local_hosts", "x]y"),
    ("referral_url_auth", "plain"),
    ("referral_drain_host", "x]y"),
    ("referral_text", ""),
    ("referral_text", "[ALERT] two codes"),
    ("referral_text", "%{nothing}"),
    ("referral_alert_text", "[ALERT] two codes"),
    ("referral_alert_text", "%{nothing}"),
    ("referral_moving_text", ""),
    ("referral_moving_text", "%{nothing}"),
    ("referral_dry_run", "maybe"),
]


@pytest.fixture(scope="module")
def front(shared_site):
    return pair(shared_site, USERS, names=["front"]).front


def test_good(front):
    status, out = front.doveconf("-n")
    assert status == 0 and "Error" not in out
    assert "referral_ldap_uris" in out


def test_all(front):
    """Each setting has a wrong value here, or it is said where."""
    _, out = front.doveconf("-a")
    known = set(re.findall(r"^\s*(referral_\w+) =", out, re.MULTILINE))
    tried = {one.values[0] if hasattr(one, "values") else one[0]
             for one in BAD}
    assert len(known) > 40 and known - tried <= set(TOLD_LATER)


@pytest.mark.parametrize("name, value", BAD)
def test_bad(front, name, value):
    before = front.settings.get(name)
    try:
        front.configure(**{name: value})
        status, out = front.doveconf("-n")
    finally:
        front.settings.pop(name)
        front.configure(**({name: before} if before is not None else {}))
    assert status != 0, out
    # Dovecot's own errors about types name the line
    assert name in out or "Invalid" in out and "line" in out


def test_unknown_setting(front):
    front.configure(referral_ldap_url="ldap://ldap.example.com")
    status, out = front.doveconf("-n")
    front.settings.pop("referral_ldap_url")
    front.configure()
    assert status != 0 and "referral_ldap_url" in out


def test_per_protocol(shared_site, front):
    """An override for one protocol is kept apart."""
    front.raw, raw = "protocol pop3 {\n  referral_action = local\n}\n", \
        front.raw
    front.configure()
    front.reload()
    pop3 = shared_site.pop3(front)
    assert pop3.login("bob", "secret")[0]
    assert shared_site.client(front).login("bob", "secret").code == "REFERRAL"
    front.raw = raw
    front.configure()
    front.reload()
