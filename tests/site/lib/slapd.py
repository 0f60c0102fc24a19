"""A private OpenLDAP server. Its log holds every operation."""

import base64
import os
import re
import shutil
import signal
import socket
from urllib.parse import quote

from .process import Log, Process, run, wait_for
from .slapd_tls import tls_limits

SUFFIX = "dc=example,dc=com"
PEOPLE = f"ou=people,{SUFFIX}"
ADMIN_DN, ADMIN_PASSWORD = f"cn=admin,{SUFFIX}", "admin-secret"
READER_DN, READER_PASSWORD = f"cn=reader,{SUFFIX}", "reader-secret"
SASL_READER = "sasl-reader"

# For values that inetLocalMailRecipient's mailHost cannot hold: several, or
# not IA5; and for referral_action_attribute.
_TEST_SCHEMA = """
attributetype ( 1.3.6.1.4.1.32473.1.1 NAME 'testMailHost'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
attributetype ( 1.3.6.1.4.1.32473.1.2 NAME 'testMailAction'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.32473.2.1 NAME 'testMailUser' SUP top AUXILIARY
  MAY ( testMailHost $ testMailAction ) )
"""

_CONFIG = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
include {schema}/misc.schema
include {dir}/test.schema
modulepath {modules}
moduleload back_mdb
moduleload syncprov
pidfile {dir}/slapd.pid
sizelimit 100
{tls}
# who connects over ldapi, or with a certificate of our CA, is the reader
authz-regexp gidNumber=[0-9]+[+]uidNumber=[0-9]+,cn=peercred,cn=external,cn=auth
  {reader}
authz-regexp cn=reader {reader}
# and so is who knows its password, by any SASL mechanism
authz-regexp "^uid={sasl_reader},(cn=[^,]+,)?cn=[^,]+,cn=auth$" {reader}
{extra}access to attrs=userPassword by anonymous auth by * none
access to dn.exact={reader} by anonymous auth by * break
access to * by dn.exact={reader} read by anonymous {anonymous} by self read
  by * none
database mdb
suffix {suffix}
rootdn {admin}
rootpw {password}
directory {dir}/db
dbnosync
# a sparse file: benchmarks have many users
maxsize 8589934592
# without the first the second is of no use: slapd also looks for referrals
index objectClass eq
index uid eq
{replication}"""

_REPLICATION_INDEX = "index entryCSN,entryUUID,description eq\n"
_PROVIDER = """{limits}overlay syncprov
{session_log}"""
# copies have all of it
_NO_LIMITS = "limits dn.exact={reader} size=unlimited time=unlimited\n"
# {provider}, {password}; {type}: how it follows
_CONSUMER = """syncrepl rid=1 provider={provider} bindmethod=simple binddn={admin}
  credentials={password} searchbase={suffix} {type} retry="1 +"
"""


def _first_dir(*paths):
    for path in paths:
        if os.path.isdir(path):
            return path
    raise FileNotFoundError(f"none of {paths}: is slapd installed?")


def _ldif_line(name, value):
    if isinstance(value, str):
        value = value.encode()
    if not value:
        return f"{name}:"
    return f"{name}:: {base64.b64encode(value).decode()}"


def _as_list(value):
    if value is None:
        return []
    return value if isinstance(value, (list, tuple)) else [value]


def user_dn(uid):
    # RFC 4514 2.4: every octet that is not plain is written as hex
    name = "".join(chr(o) if chr(o).isalnum() and o < 128 else f"\\{o:02x}"
                   for o in (uid.encode() if isinstance(uid, str) else uid))
    return f"uid={name},{PEOPLE}"


def _consumer(provider, lag_secs):
    how = "type=refreshAndPersist"
    if lag_secs:
        how = f"type=refreshOnly interval=00:00:00:{lag_secs:02}"
    return _CONSUMER.format(provider=provider.uri, admin=ADMIN_DN,
                            password=ADMIN_PASSWORD, suffix=SUFFIX, type=how)


class Slapd:
    """pki: with one, ldaps:// and StartTLS work (cert_names are the names in
    the certificate). anonymous: may anonymous read? debug: "none" is quick,
    but then the log cannot tell what was asked. provides: can others
    be copies of it (RFC 4533)? limits: has the reader those of everyone?
    session_log: as many changes are kept for those who come back. provider: the
    Slapd that it is a copy of, at once or up to lag_secs later. extra: access
    rules before all others. tls: the only version that it speaks, "1.2" or
    "1.3"; one_cipher: AES-256-GCM alone. ldif: more entries, below SUFFIX."""

    def __init__(self, directory, ports, users=(), pki=None, anonymous=False,
                 address="127.0.0.1", cert=None, debug="stats", provides=False,
                 limits=False, session_log=0, provider=None, lag_secs=0,
                 extra="", ldif="", tls=None, one_cipher=False):
        self.dir = directory
        self._debug = debug
        self.address = address
        os.makedirs(os.path.join(directory, "db"))
        self.port, self.tls_port = ports.take(address), ports.take(address)
        self.socket = os.path.join(directory, "ldapi")
        self.pki = pki
        if pki is not None and cert is None:
            cert = pki.cert("ldap.example.com", [
                "DNS:ldap.example.com", "DNS:localhost", f"IP:{address}"])
        self.cert = cert
        self.process = None
        self.log = Log(os.path.join(directory, "log"))
        # A copy: a security profile that belongs to the path of the system's
        # slapd (AppArmor) would forbid it our folder.
        self._program = os.path.join(directory, "slapd")
        shutil.copy(shutil.which("slapd", path="/usr/sbin:/usr/bin:/sbin"),
                    self._program)
        replication = ""
        if provides or provider is not None:
            replication = _REPLICATION_INDEX
        if provider is not None:
            replication += _consumer(provider, lag_secs)
        if provides:
            replication += _PROVIDER.format(
                limits="" if limits else _NO_LIMITS.format(reader=READER_DN),
                session_log=f"syncprov-sessionlog {session_log}\n"
                if session_log else "")
        more_tls, self._env = tls_limits(
            self._program, directory, tls, one_cipher) if tls else ("", {})
        self._write_config(anonymous, replication, extra, more_tls)
        if provider is None:
            self._load(users, ldif)
        self.start()

    @property
    def uri(self):
        return f"ldap://{self.address}:{self.port}"

    @property
    def ldaps_uri(self):
        return f"ldaps://{self.address}:{self.tls_port}"

    @property
    def ldapi_uri(self):
        return f"ldapi://{quote(self.socket, safe='')}"

    def _write_config(self, anonymous, replication, extra, more_tls):
        tls = ""
        if self.cert is not None:
            tls = (f"TLSCACertificateFile {self.pki.ca_cert}\n"
                   f"TLSCertificateFile {self.cert[0]}\n"
                   f"TLSCertificateKeyFile {self.cert[1]}\n"
                   f"TLSVerifyClient try\n{more_tls}")
        with open(f"{self.dir}/test.schema", "w", encoding="ascii") as file:
            file.write(_TEST_SCHEMA)
        with open(f"{self.dir}/slapd.conf", "w", encoding="ascii") as file:
            file.write(_CONFIG.format(
                schema=_first_dir("/etc/ldap/schema", "/etc/openldap/schema"),
                modules=_first_dir("/usr/lib/ldap", "/usr/lib64/openldap",
                                   "/usr/lib/openldap"),
                dir=self.dir, tls=tls, reader=READER_DN,
                sasl_reader=SASL_READER, suffix=SUFFIX,
                admin=ADMIN_DN, password=ADMIN_PASSWORD,
                anonymous="read" if anonymous else "none",
                replication=replication, extra=extra))

    def _load(self, users, ldif):
        entries = [
            [f"dn: {SUFFIX}", "objectClass: domain", "dc: example"],
            [f"dn: {PEOPLE}", "objectClass: organizationalUnit",
             "ou: people"],
            [f"dn: {READER_DN}", "objectClass: organizationalRole",
             "objectClass: simpleSecurityObject", "cn: reader",
             f"userPassword: {READER_PASSWORD}"],
        ]
        entries += [self._entry(user) for user in users]
        path = f"{self.dir}/load.ldif"
        with open(path, "w", encoding="ascii") as file:
            file.write("\n\n".join("\n".join(e) for e in entries) + "\n\n")
            file.write(ldif)
        run([self._program, "-T", "add", "-q", "-f", f"{self.dir}/slapd.conf",
             "-l", path])

    @staticmethod
    def _entry(user):
        lines = [_ldif_line("dn", user_dn(user.name)),
                 "objectClass: account", "objectClass: simpleSecurityObject",
                 "objectClass: inetLocalMailRecipient",
                 "objectClass: testMailUser", _ldif_line("uid", user.name),
                 _ldif_line("userPassword", user.password)]
        for name, value in (("mailHost", user.mail_host),
                            ("testMailHost", user.test_mail_host),
                            ("testMailAction", user.action)):
            lines += [_ldif_line(name, one) for one in _as_list(value)]
        return lines

    def start(self, wait=True):
        uris = [self.uri + "/", self.ldapi_uri]
        if self.cert is not None:
            uris.append(self.ldaps_uri + "/")
        self.process = Process(
            [self._program, "-f", f"{self.dir}/slapd.conf",
             "-h", " ".join(uris), "-d", self._debug], self.log.path,
            env={**os.environ, **self._env})
        if wait:
            wait_for(self._answers, "slapd")

    def _answers(self):
        self.process.check()
        try:
            socket.create_connection((self.address, self.port), 1).close()
            return os.path.exists(self.socket)
        except OSError:
            return False

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def restart(self):
        self.stop()
        self.start()

    def promote(self, number):
        """A copy becomes a provider with this serverID, and follows nobody any
        more."""
        self.stop()
        path = f"{self.dir}/slapd.conf"
        with open(path, encoding="ascii") as file:
            config = file.read()
        config = re.sub(r"^syncrepl .*\n( .*\n)*", "", config,
                        flags=re.MULTILINE)
        with open(path, "w", encoding="ascii") as file:
            file.write(f"serverID {number}\n{config}")
        self.start()

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.signal(signal.SIGCONT)

    def close(self):
        self.process.stop()

    # contents

    def _tool(self, name, *args, text_input=None, check=True):
        env = dict(os.environ, LDAPNOINIT="1")
        return run([name, "-x", "-H", self.uri, "-D", ADMIN_DN, "-w",
                    ADMIN_PASSWORD, *args], env=env, text_input=text_input,
                   check=check)

    def add(self, user):
        self._tool("ldapadd", text_input="\n".join(self._entry(user)) + "\n")

    def holds(self, uid):
        """Is there an entry of this user?"""
        # a copy has no people at first, and says so by an error
        return f"dn: {user_dn(uid)}" in self._tool(
            "ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", PEOPLE,
            f"(uid={uid})", "uid", check=False).stdout

    def delete(self, uid):
        self._tool("ldapdelete", user_dn(uid))

    def set(self, uid, attribute="mailHost", values=None):
        """Replace the attribute's values; None removes it."""
        self.set_all({uid: values}, attribute)

    def set_all(self, values, attribute="mailHost"):
        """The same for several entries; values: by uid."""
        changes = []
        for uid, value in values.items():
            lines = [_ldif_line("dn", user_dn(uid)), "changetype: modify",
                     f"replace: {attribute}"]
            lines += [_ldif_line(attribute, one) for one in _as_list(value)]
            changes.append("\n".join(lines) + "\n")
        self.modify("\n".join(changes))

    def modify(self, ldif):
        self._tool("ldapmodify", text_input=ldif)

    # what was asked

    def searches(self, since=0):
        """The filters of the searches in the log, but for those of flush()
        and the one that sees whether anybody has a home server."""
        return [f for f in re.findall(r' SRCH base="[^"]*" .*filter="(.*)"',
                                      self.log.text(since))
                if "flush-" not in f and
                not re.fullmatch(r"\(\|(\(\w+=\*\))+\)|"
                                 r"\((testM|m)ailHost=\*\)", f)]

    def flush(self, since=0):
        """Everything asked before now is in the log afterwards."""
        word = f"flush-{self.log.mark()}"
        self._tool("ldapsearch", "-b", SUFFIX, "-s", "base", f"(uid={word})")
        self.log.wait(word, since)

    def assert_no_search(self, since):
        self.flush(since)
        found = self.searches(since)
        assert not found, f"unexpected LDAP searches: {found}"
