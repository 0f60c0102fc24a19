"""The configuration of a Dovecot, in the language of its generation."""

import hashlib
import os
from typing import NamedTuple

from .slapd import ADMIN_DN, ADMIN_PASSWORD, SUFFIX

# nobody and nogroup: the owner of all mail here
MAIL_UID = MAIL_GID = 65534
_INET = {"imap": "imap-login", "pop3": "pop3-login",
         "sieve": "managesieve-login", "submission": "submission-login",
         "lmtp": "lmtp"}


# doveadm referral's way to the auth process
_LINE = """service auth {
  unix_listener login-referral {
    mode = 0600
  }
}
"""


def mail_folder(user):
    """A user name may hold anything, "/" as well."""
    user = user.encode() if isinstance(user, str) else user
    return hashlib.sha1(user).hexdigest()


class Dialect(NamedTuple):
    """What differs between the generations."""
    preamble: str
    # {dir}, {uid}, {gid}
    mail: str
    # {cert}, {key}; {ca}: of the servers that it proxies to
    tls: str
    # {ca}
    client_cert: str
    # passwords without TLS: taken, not taken
    cleartext: tuple
    strip_realm: str
    # a service's processes serve many clients, one after the other
    many_clients: str
    # it may have as much memory as it wants
    any_memory: str
    is_24: bool


_D23 = Dialect(
    preamble="",
    mail="""mail_location = maildir:~/Maildir
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/mail/%{{sha1:user}}
}}
""",
    tls="""ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
ssl_ca = <{ca}
ssl_require_crl = no
""",
    client_cert="""ssl_verify_client_cert = yes
auth_ssl_username_from_cert = yes
""",
    cleartext=("disable_plaintext_auth = no", "disable_plaintext_auth = yes"),
    strip_realm="auth_username_format = %Ln\n",
    many_clients="service_count = 0",
    any_memory="vsz_limit = 0",
    is_24=False)

_D24 = Dialect(
    preamble="""dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
""",
    mail="""mail_driver = maildir
mail_path = ~/Maildir
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = {dir}/mail/%{{user | sha1 | hexlify}}
  }}
}}
""",
    tls="""ssl = yes
ssl_server_cert_file = {cert}
ssl_server_key_file = {key}
ssl_client_ca_file = {ca}
""",
    client_cert="""ssl_server_ca_file = {ca}
ssl_server_request_client_cert = yes
ssl_server_require_crl = no
auth_ssl_username_from_cert = yes
""",
    cleartext=("auth_allow_cleartext = yes", "auth_allow_cleartext = no"),
    strip_realm="auth_username_format = %{user | username | lower}\n",
    many_clients="restart_request_count = unlimited",
    any_memory="vsz_limit = unlimited",
    is_24=True)


def dialect(version):
    return _D24 if version >= (2, 4) else _D23


def quote(value):
    value = str(value)
    if value and all(c.isalnum() or c in "./:,_-=*+ " for c in value) \
            and value == value.strip():
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def block(head, lines):
    return head + " {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def line_service():
    """The way for doveadm to ask the auth process."""
    return block("service auth", [
        "unix_listener login-referral {", "  mode = 0600", "}"])


def one_imap_process(d):
    """For everybody's sessions."""
    return block("service imap", ["client_limit = 10", "process_limit = 1",
                                  d.many_clients])


def hibernation(d):
    """Of sessions that are in IDLE."""
    user = "$SET:default_internal_user" if d.is_24 else \
        "$default_internal_user"
    return f"""service imap {{
  unix_listener imap-master {{
    user = {user}
  }}
}}
service imap-hibernate {{
  unix_listener imap-hibernate {{
    mode = 0666
  }}
}}
imap_hibernate_timeout = 1s
"""


def kick_service(command, d):
    """command: what ends sessions, with users as arguments."""
    user = "$SET:default_internal_user" if d.is_24 else \
        "$default_internal_user"
    return block("service login-referral-kick", [
        f"executable = script {command}", "user = root",
        "unix_listener login-referral-kick {", f"  user = {user}",
        "  mode = 0600", "}"])


class _Passdb:
    """options: result_success="continue" and the like; mechanisms: only for
    these."""

    driver = None

    def __init__(self, mechanisms=(), **options):
        self.mechanisms, self.options = mechanisms, options

    def render(self, name, directory, d):
        """name: unique in the configuration."""
        lines = [f"driver = {self.driver}"]
        for key, value in self.options.items():
            lines.append(f"{key} = {value}")
        if self.mechanisms:
            key = "mechanisms_filter" if d.is_24 else "mechanisms"
            lines.append(f"{key} = {' '.join(self.mechanisms).lower()}")
        lines += self._lines(os.path.join(directory, name), d)
        return block(f"passdb {name}" if d.is_24 else "passdb", lines)

    def _lines(self, path, d):
        raise NotImplementedError


class Referral(_Passdb):
    driver = "referral"

    def _lines(self, path, d):
        return []


class PasswdFile(_Passdb):
    """users: objects with name, password and fields (a dict)."""

    driver = "passwd-file"

    def __init__(self, users, **options):
        super().__init__(**options)
        self.users = users

    def _lines(self, path, d):
        self.write(path)
        return [f"passwd_file_path = {path}" if d.is_24 else f"args = {path}"]

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            for user in self.users:
                fields = " ".join(f"{key}={value}" for key, value
                                  in user.fields.items())
                file.write(f"{user.name}:{{PLAIN}}{user.password}"
                           f"::::::{fields}\n")


class Static(_Passdb):
    """Anyone, with this password. fields: like {"nopassword": "y"}"""

    driver = "static"

    def __init__(self, password=None, fields=None, **options):
        super().__init__(**options)
        self.password, self.fields = password, fields or {}

    def _lines(self, path, d):
        pairs = [f"{key}={value}" for key, value in self.fields.items()]
        if not d.is_24:
            if self.password is not None:
                pairs.append(f"password={self.password}")
            return [f"args = {' '.join(pairs)}"]
        lines = ["fields {"] + [f"  {pair}" for pair in pairs] + ["}"]
        if self.password is not None:
            lines.append(f"passdb_static_password = {self.password}")
        return lines


class Ldap(_Passdb):
    """The users of a Slapd, by their userPassword: read, or tried with a
    bind. worker: in an auth worker process."""

    driver = "ldap"

    def __init__(self, slapd, bind=False, worker=False, **options):
        super().__init__(**options)
        self.slapd, self.bind, self.worker = slapd, bind, worker

    def _lines(self, path, d):
        common = [f"base = {SUFFIX}", f"dnpass = {ADMIN_PASSWORD}",
                  f"dn = {ADMIN_DN}", f"uris = {self.slapd.uri}"]
        yes = {True: "yes", False: "no"}
        if d.is_24:
            lines = [
                f"ldap_uris = {self.slapd.uri}",
                f"ldap_auth_dn = {ADMIN_DN}",
                f"ldap_auth_dn_password = {ADMIN_PASSWORD}",
                f"ldap_base = {SUFFIX}",
                "ldap_filter = (uid=%{user})",
                f"ldap_bind = {yes[self.bind]}",
                f"use_worker = {yes[self.worker]}",
                "default_password_scheme = plain",
                "fields {", "  user = %{ldap:uid}"]
            if not self.bind:
                lines.append("  password = %{ldap:userPassword}")
            return lines + ["}"]
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(common + [
                f"auth_bind = {yes[self.bind]}",
                f"blocking = {yes[self.worker]}",
                "pass_filter = (uid=%u)", "default_pass_scheme = PLAIN",
                "pass_attrs = uid=user" +
                ("" if self.bind else ",userPassword=password")]) + "\n")
        return [f"args = {path}"]


def _services(server):
    out = ""
    for protocol in server.protocols:
        lines = [f"inet_listener {protocol} {{",
                 f"  port = {server.ports[protocol]}", "}"]
        if protocol not in ("sieve", "lmtp"):
            tls = server.tls_ports[protocol] if server.pki else 0
            lines += [f"inet_listener {protocol}s {{", f"  port = {tls}",
                      "  ssl = yes", "}"]
        out += block(f"service {_INET[protocol]}", lines)
    return out


def _environment(server, d):
    if not server.env:
        return ""
    if d.is_24:
        return block("import_environment",
                     [f"{k} = {v}" for k, v in server.env.items()])
    pairs = " ".join(f"{k}={v}" for k, v in server.env.items())
    return f"import_environment = $import_environment {pairs}\n"


def render(server, d):
    """The text of dovecot.conf."""
    names = {"dir": server.dir, "uid": MAIL_UID, "gid": MAIL_GID}
    out = d.preamble + f"""base_dir = {server.dir}/run
state_dir = {server.dir}/state
log_path = {server.dir}/log
instance_name = {server.name}
hostname = {server.name}
listen = {server.address}
protocols = {' '.join(server.protocols)}
first_valid_uid = 1
auth_mechanisms = {' '.join(server.mechanisms).lower()}
auth_verbose = yes
auth_failure_delay = 0
{d.cleartext[0 if server.cleartext else 1]}
namespace inbox {{
  inbox = yes
}}
"""
    out += _environment(server, d)
    if server.cert:
        out += d.tls.format(cert=server.cert[0], key=server.cert[1],
                            ca=server.pki.ca_cert)
        if server.client_cert:
            out += d.client_cert.format(ca=server.pki.ca_cert)
    else:
        out += "ssl = no\n"
    if server.keytab:
        out += (f"auth_krb5_keytab = {server.keytab}\n"
                f"auth_gssapi_hostname = {server.name}\n")
    if server.strip_realm:
        out += d.strip_realm
    for name, value in server.settings.items():
        out += f"{name} = {quote(value)}\n"
    out += _services(server)
    if any(passdb.driver == "referral" for passdb in server.passdbs):
        out += _LINE
    for number, passdb in enumerate(server.passdbs):
        out += passdb.render(f"{passdb.driver}{number}", server.dir, d)
    return out + d.mail.format(**names) + server.raw
