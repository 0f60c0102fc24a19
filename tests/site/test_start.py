"""No configuration that doveconf is content with ends the auth process: what it
can't know, or what changes later, is refused logins with a line in the log."""

import grp
import os
import re
import signal
import socket

import pytest

from lib import PasswdFile, Referral, User, pair, referral_settings
from lib.dovecot import version

FRONT = "front.example.com"
USERS = [User("alice", FRONT), User("bob", "home.example.com")]


@pytest.fixture(scope="module")
def front(shared_site):
    return pair(shared_site, USERS, names=["front"]).front


def doveconf(front, **settings):
    before = dict(front.settings)
    try:
        front.configure(**settings)
        return front.doveconf("-n")
    finally:
        front.settings = before
        front.configure()


@pytest.mark.parametrize("setting, value", [
    ("referral_ldap_tls_ca_file", "/nonexistent/ca.pem"),
    ("referral_ldap_tls_ca_file", "/etc"),
    ("referral_ldap_tls_ca_file", "/etc/passwd"),
    ("referral_ldap_tls_ca_dir", "/nonexistent"),
    ("referral_ldap_tls_ca_dir", "/etc/passwd"),
    ("referral_ldap_tls_crl_file", "/nonexistent/crl.pem"),
    ("referral_cache_size", "100T"),
    ("referral_host_map", f"home.example.com={FRONT}"),
    ("referral_host_map", "home.example.com=mail.example.com:993"),
    ("referral_proxy_fields", "proxy_mech=TELEPATHY"),
    ("referral_proxy_fields", "forward_x=%{nobody}"),
])
def test_doveconf_tells(front, setting, value):
    status, out = doveconf(front, **{setting: value})
    assert status != 0 and setting in out, out


def test_doveconf_tells_of_a_key(front, shared_site):
    cert, key = shared_site.pki.cert("client")
    for cert, key, what in ((cert, "/nonexistent/key", "key_file"),
                            ("/nonexistent/cert", key, "cert_file")):
        status, out = doveconf(front, referral_ldap_tls_cert_file=cert,
                               referral_ldap_tls_key_file=key)
        assert status != 0 and f"referral_ldap_tls_{what}" in out, out


def test_doveconf_tells_of_a_crl(front, shared_site):
    """CAs and CRLs look alike."""
    ca_cert = shared_site.pki.ca_cert
    for crl, good in ((shared_site.pki.crl(), True), (ca_cert, False)):
        status, out = doveconf(front, referral_ldap_tls_ca_file=ca_cert,
                               referral_ldap_tls_crl_file=crl)
        assert (status == 0) == good, out
        assert good or "referral_ldap_tls_crl_file: " in out, out


@pytest.mark.parametrize("setting", ["referral_ldap_tls_cipher_list",
                                     "referral_ldap_tls_cipher_suites"])
def test_bad_ciphers(site, setting):
    """Only OpenSSL knows them, and doveconf doesn't ask it."""
    refuses(site, start(site, {setting: "NONSENSE"}, tls=True), setting,
            "NONSENSE")


def start(site, settings, tls=False, **kwargs):
    """A front whose configuration is good enough for doveconf."""
    ldap = site.slapd(USERS, pki=site.pki if tls else None)
    settings = {"referral_local_hosts": FRONT, **settings}
    if tls:
        settings = {"referral_ldap_starttls": "yes",
                    "referral_ldap_tls_ca_file": site.pki.ca_cert, **settings}
    front = site.dovecot(FRONT, [Referral(), PasswdFile(USERS)], start=False,
                         settings=referral_settings(ldap, **settings),
                         **kwargs)
    status, out = front.doveconf("-n")
    assert status == 0, out
    front.start()
    return front


def refuses(site, front, *words):
    since = front.log.mark()
    for user in ("alice", "bob"):
        client = site.client(front)
        assert client.login(user, "guess").code == "AUTHENTICATIONFAILED"
        assert client.login(user, "secret").code == "UNAVAILABLE", user
        front.log.wait(["auth", "Warning", user, "tempfail", *words])
        assert not front.logged_in(user, since)


def works(site, front):
    assert site.client(front).login("alice", "secret").status == "OK"
    assert site.client(front).login("bob", "secret").code == "REFERRAL"


def test_ca_file_goes(site):
    """Auth processes come and go, and read it again."""
    path = f"{site.dir}/ca.pem"
    with open(site.pki.ca_cert, encoding="ascii") as file:
        ca_cert = file.read()

    def write():
        with open(path, "w", encoding="ascii") as file:
            file.write(ca_cert)

    def end_auth():
        for pid in front.pids("auth"):
            os.kill(pid, signal.SIGTERM)
    write()
    front = start(site, {"referral_ldap_tls_ca_file": path}, tls=True)
    works(site, front)
    os.unlink(path)
    end_auth()
    refuses(site, front, "referral_ldap_tls_ca_file", path)
    write()
    end_auth()
    works(site, front)


def test_key_of_another(site):
    cert, _ = site.pki.cert("one")
    _, key = site.pki.cert("two")
    front = start(site, {"referral_ldap_tls_cert_file": cert,
                         "referral_ldap_tls_key_file": key}, tls=True)
    refuses(site, front, "referral_ldap_tls_")


def test_no_directory(site):
    front = start(site, {"referral_ldap_uris": "", "referral_ldap_base": "",
                         "referral_ldap_auth_dn": "",
                         "referral_ldap_auth_dn_password": ""})
    refuses(site, front, "referral_ldap_uris is empty")


def test_directory_of_one_protocol(site):
    """The others work on."""
    front = start(site, {"referral_other_action": "local"}, raw="""
protocol pop3 {
  referral_ldap_base = dc=example,dc=org
}
""")
    assert not site.pop3(front).login("alice", "secret")[0]
    front.log.wait(["Warning", "alice", "tempfail", "referral_ldap_base",
                    "protocol pop3"])
    works(site, front)


def test_map_against_own_name(site):
    """Who this server is by default only itself knows."""
    front = start(site, {
        "referral_local_hosts": "",
        "referral_host_map": f"home.example.com={socket.gethostname()}"})
    front.log.wait(["auth", "Error", "referral_host_map"])
    reply = site.client(front).login("bob", "secret")
    assert reply.code == "UNAVAILABLE"
    front.log.wait(["Warning", "bob", "not_allowed", "would come back here"])


def test_cache_beyond_vsz_limit(site):
    front = start(site, {"referral_cache_size": "200M"}, raw="""
service auth {
  vsz_limit = 256M
}
""")
    front.log.wait(["auth", "Warning", "referral_cache_size"])
    works(site, front)


def test_few_may_wait(site):
    """A queue that does not fit is made to fit."""
    front = start(site, {"referral_mirror": "yes"}, raw="""
service auth {
  vsz_limit = 96M
  process_min_avail = 1
}
""")
    line = front.log.wait(["auth", "Warning", "wait for the directory",
                           "(96M)", "vsz_limit"])
    assert 0 < int(re.search(r"more than (\d+) logins", line)[1]) < 1000
    works(site, front)


@pytest.mark.skipif(version() >= (2, 4), reason="2.4 has no args")
def test_args(site):
    class WithArgs(Referral):
        def _lines(self, path, d):
            return ["args = /etc/passwd"]
    front = site.dovecot(FRONT, [WithArgs(), PasswdFile(USERS)],
                         settings=referral_settings(
                             site.slapd(USERS), referral_local_hosts=FRONT))
    front.log.wait(["auth", "Error", "has args"])
    works(site, front)


def test_reload(site):
    """A reload with what does not work, and back."""
    front = start(site, {})
    works(site, front)
    front.configure(referral_ldap_uris="")
    front.reload()
    refuses(site, front, "referral_ldap_uris is empty")


def warnings(front, text):
    front.log.wait(["auth", "Warning", text])
    return [line for line in front.log.lines() if text in line]


def test_proxying_without_tls(site):
    """Said once, and only where sessions are proxied."""
    front = start(site, {}, protocols=("imap", "pop3"))
    lines = warnings(front, "proxied sessions have no TLS")
    assert len(lines) == 1 and "(protocol pop3, submission)" in lines[0], lines
    since = front.log.mark()
    for fields in ("ssl=no", "starttls=yes", "ssl=any-cert port=993"):
        front.configure(referral_proxy_fields=fields)
        front.reload()
        works(site, front)
    front.configure(referral_proxy_fields="", referral_other_action="reject")
    front.reload()
    works(site, front)
    assert not any("no TLS" in line for line in front.log.lines(since))


@pytest.mark.parametrize("fields, told", [
    ("ssl=no", True), ("ssl=yes", False)])
def test_dry_run_without_tls(site, fields, told):
    front = start(site, {"referral_dry_run": "yes", "referral_action": "offer",
                         "referral_proxy_fields": fields})
    assert site.client(front).login("bob", "secret").status == "OK"
    line = front.log.wait(["dry run, would be: offer to home.example.com ("])
    assert ("(no TLS in referral_proxy_fields)" in line) == told


def test_password_for_everybody(site):
    """Where the bind password can be read by all: the file is named."""
    text = "Everybody on this machine can read referral_ldap_auth_dn_password"
    front = start(site, {})
    os.chmod(front.config_path, 0o644)
    front.reload()
    works(site, front)
    front.log.wait(["auth", "Warning", f"{text} in {front.config_path}:"])
    since = front.log.mark()
    os.chmod(front.config_path, 0o640)
    front.reload()
    works(site, front)
    assert text not in "".join(front.log.lines(since))


@pytest.mark.parametrize("mode, folder_mode, told", [
    (0o644, 0o755, True), (0o640, 0o755, False), (0o644, 0o750, False)])
def test_password_in_included_file(site, mode, folder_mode, told):
    folder = f"{site.dir}/more"
    front = start(site, {})
    password = front.settings.pop("referral_ldap_auth_dn_password")
    os.mkdir(folder)
    path = f"{folder}/it.conf"
    with open(path, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), mode)
        file.write(f"  referral_ldap_auth_dn_password={password}\n")
    os.chown(folder, 0, grp.getgrnam("dovecot").gr_gid)
    os.chmod(folder, folder_mode)
    front.raw = f"!include_try {os.path.relpath(folder, front.dir)}/*.conf\n"
    front.configure()
    os.chmod(front.config_path, 0o644)
    front.reload()
    works(site, front)
    front.stop()
    assert (f"can read referral_ldap_auth_dn_password in {path}:"
            in front.log.text()) == told


@pytest.mark.parametrize("settings, told", [
    ({"referral_action": "offer"}, True),
    ({"referral_action": "proxy"}, True),
    ({"referral_action": "offer", "referral_other_action": "reject",
      "referral_proxy_fields": "ssl=yes master=root pass=x"}, False),
    ({"referral_other_action": "reject"}, False)])
def test_mechanisms_without_password(site, settings, told):
    front = start(site, settings,
                  mechanisms=("PLAIN", "CRAM-MD5", "SCRAM-SHA-256"))
    assert site.client(front).login("alice", "secret").status == "OK"
    text = "CRAM-MD5, SCRAM-SHA-256 leave no password to proxy with"
    if told:
        assert len(warnings(front, text)) == 1
    else:
        front.log.wait("Login: user=<alice>" if version() < (2, 4)
                       else "Logged in: user=<alice>")
        assert text not in front.log.text()


def test_dry_run_missing(site):
    """A wrong filter would roll out silently."""
    front = start(site, {"referral_dry_run": "yes",
                         "referral_ldap_filter": "(cn=no-%{user})"})
    assert site.client(front).login("bob", "secret").status == "OK"
    front.log.wait(["Warning", "bob", "dry run, would be: local (no_entry"])


@pytest.mark.parametrize("block", [
    "remote 127.64.0.0/16", "local 127.0.0.1", "local_name mail.example.com"])
@pytest.mark.parametrize("setting", [
    "referral_action = local", "referral_ldap_timeout = 1s"])
def test_by_address(site, block, setting):
    """The auth process reads its settings once: 2.4's doveconf says so, 2.3's
    has no way to."""
    raw = f"{block} {{\n  {setting}\n}}\n"
    front = site.dovecot(
        FRONT, [Referral(), PasswdFile(USERS)], raw=raw, start=False,
        settings=referral_settings(site.slapd(USERS),
                                   referral_local_hosts=FRONT))
    status, out = front.doveconf("-n")
    name = block.partition(" ")[0]
    if version() >= (2, 4):
        assert status != 0 and f"can't be set in {name} {{ }}" in out, out
        return
    assert status == 0, out
    front.start()
    refuses(site, front, setting.partition(" ")[0], "can't be set in " + name)


def test_others_by_address(site):
    """What is not ours, and what the login processes read, is."""
    front = start(site, {}, raw="""
remote 127.64.0.0/16 {
  mail_max_userip_connections = 5
  referral_text = Another server, please.
}
""")
    works(site, front)
