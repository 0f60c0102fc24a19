"""A 389 Directory Server, without systemd and outside of /etc."""

import os
import re
import shutil

from directory import BASE, Directory, need
from lib.process import Log, Process, run

_CREATE, _SERVER = "/usr/sbin/dscreate", "/usr/sbin/ns-slapd"
_DEFAULTS = "/usr/share/dirsrv/inf/defaults.inf"
_INSTANCE = f"""[general]
config_version = 2
full_machine_name = ldap.example.com
strict_host_checking = False
start = False
[slapd]
instance_name = {{name}}
root_password = {{password}}
port = {{port}}
secure_port = {{tls_port}}
self_sign_cert = False
[backend-userroot]
suffix = {BASE}
sample_entries = no
create_suffix_entry = True
"""
# only defaults.inf says where everything is
_PATHS = {
    "sysconf_dir": "etc", "initconfig_dir": "etc/default", "tmpfiles_d": "etc",
    "config_dir": "etc/dirsrv/slapd-{instance_name}",
    "cert_dir": "etc/dirsrv/slapd-{instance_name}",
    "schema_dir": "etc/dirsrv/slapd-{instance_name}/schema",
    "local_state_dir": "var", "run_dir": "run", "inst_dir": "inst",
    "ldapi": "run/ldapi", "pid_file": "run/pid", "lock_dir": "lock",
    "log_dir": "log", "access_log": "log/access", "audit_log": "log/audit",
    "error_log": "log/errors", "security_log": "log/security", "db_dir": "db",
    "db_home_dir": "home", "backup_dir": "bak", "ldif_dir": "ldif",
    "tmp_dir": "tmp",
}


class Ds389(Directory):
    """Raises Unable."""

    admin_dn, admin_password = "cn=Directory Manager", "admin-secret"

    def __init__(self, directory, ports, pki, address="127.0.0.1"):
        need(_CREATE, _SERVER, _DEFAULTS)
        self.dir, self.address = directory, address
        self.port, self.tls_port = ports.take(address), ports.take(address)
        self.ca_cert = pki.ca_cert
        self.uri = f"ldap://{address}:{self.port}"
        self.ldaps_uri = f"ldaps://{address}:{self.tls_port}"
        # shown to those who look at a failed test
        self.log = Log(os.path.join(directory, "log/access"))
        self.errors = Log(os.path.join(directory, "log/errors"))
        name = f"t{self.port}"
        self._instance = os.path.join(directory, f"etc/dirsrv/slapd-{name}")
        self._create(name)
        self._trust(pki)
        self._configure()
        self.process = None
        self.start()

    def _create(self, name):
        prefix = os.path.join(self.dir, "prefix/share/dirsrv/inf")
        for path in (prefix, f"{self.dir}/etc/default", f"{self.dir}/var",
                     f"{self.dir}/etc/dirsrv", f"{self.dir}/run"):
            os.makedirs(path)
        for sub in ("schema", "config"):
            os.symlink(f"/etc/dirsrv/{sub}", f"{self.dir}/etc/dirsrv/{sub}")
        shutil.chown(f"{self.dir}/run", "dirsrv", "dirsrv")
        with open(_DEFAULTS, encoding="utf-8") as file:
            text = file.read()
        for key, value in {**{key: f"{self.dir}/{path}" for key, path
                              in _PATHS.items()}, "with_systemd": "0"}.items():
            text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text,
                          flags=re.MULTILINE)
        with open(f"{prefix}/defaults.inf", "w", encoding="utf-8") as file:
            file.write(text)
        with open(f"{self.dir}/instance.inf", "w", encoding="utf-8") as file:
            file.write(_INSTANCE.format(
                name=name, password=self.admin_password, port=self.port,
                tls_port=self.tls_port))
        run([_CREATE, "from-file", f"{self.dir}/instance.inf"],
            env=dict(os.environ, PREFIX=f"{self.dir}/prefix"), secs=400)

    def _trust(self, pki):
        """The CA, and a certificate."""
        cert, key = pki.cert("ldap.example.com", [
            "DNS:ldap.example.com", f"IP:{self.address}"])
        pwdfile = f"{self._instance}/pwdfile.txt"
        bundle = f"{self.dir}/server.p12"
        run(["openssl", "pkcs12", "-export", "-in", cert, "-inkey", key,
             "-name", "Server-Cert", "-out", bundle, "-passout", "pass:x"])
        run(["pk12util", "-i", bundle, "-d", self._instance, "-k", pwdfile,
             "-W", "x"])
        run(["certutil", "-A", "-d", self._instance, "-n", "CA", "-t", "CT,,",
             "-a", "-i", pki.ca_cert, "-f", pwdfile])

    def _configure(self):
        """It is stopped: dse.ldif is its configuration."""
        path = f"{self._instance}/dse.ldif"
        with open(path, encoding="utf-8") as file:
            entries = file.read().split("\n\n")
        changed = {
            "nsslapd-port": self.port, "nsslapd-listenhost": self.address,
            "nsslapd-security": "on", "nsslapd-securePort": self.tls_port,
            "nsslapd-securelistenhost": self.address,
            "nsslapd-accesslog-logbuffering": "off",
        }
        # the first entry is the root DSE
        at = next(i for i, entry in enumerate(entries)
                  if entry.startswith("dn: cn=config\n"))
        names = "|".join(changed)
        lines = [line for line in entries[at].splitlines()
                 if not re.match(rf"({names}):", line, re.IGNORECASE)]
        entries[at] = "\n".join(lines + [
            f"{name}: {value}" for name, value in changed.items()])
        entries = [entry for entry in entries
                   if "dn: cn=rsa,cn=encryption" not in entry.lower()]
        entries.insert(at + 1, "\n".join([
            "dn: cn=RSA,cn=encryption,cn=config", "objectClass: top",
            "objectClass: nsEncryptionModule", "cn: RSA",
            "nsSSLPersonalitySSL: Server-Cert",
            "nsSSLToken: internal (software)", "nsSSLActivation: on"]))
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n\n".join(entries))

    def start(self):
        self.process = Process(
            [_SERVER, "-D", self._instance, "-i", f"{self.dir}/run/pid", "-d",
             "0"], os.path.join(self.dir, "output"))
        self.wait_ready("389 Directory Server")

    def stop(self):
        self.process.stop()

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        if self.process is not None:
            self.stop()

    def searches(self, since=0):
        """The filters in the access log."""
        return re.findall(r' SRCH base="[^"]*" .*? filter="(.*?)"',
                          self.log.text(since))
