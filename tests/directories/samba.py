"""A domain controller of Samba's: an Active Directory, as far as LDAP goes."""

import base64
import os
import random
import shutil

from directory import BASE, Directory, need
from lib.process import Log, Process, run

REALM, DOMAIN = "EXAMPLE.COM", "EXAMPLE"
_TOOL, _SERVER = "/usr/bin/samba-tool", "/usr/sbin/samba"


def loopback():
    """An address of its own: its ports can't be chosen."""
    return "127." + ".".join(str(random.randrange(low, 250))
                             for low in (128, 1, 1))


class Samba(Directory):
    """Raises Unable."""

    admin_dn, admin_password = f"cn=Administrator,cn=Users,{BASE}", "secret"

    def __init__(self, directory, pki):
        need(_TOOL, _SERVER)
        self.dir, self.address, self.port = directory, loopback(), 389
        self.ca_cert = pki.ca_cert
        self.uri = f"ldap://{self.address}"
        self.ldaps_uri = f"ldaps://{self.address}"
        os.makedirs(directory)
        self.log = Log(os.path.join(directory, "log"))
        self._config = os.path.join(directory, "dc/etc/smb.conf")
        self._provision(self._certificate(pki))
        self.process = None
        self.start()

    def _certificate(self, pki):
        cert, key = pki.cert("dc1.example.com", [
            "DNS:dc1.example.com", f"IP:{self.address}"])
        own = os.path.join(self.dir, "key")
        shutil.copy(key, own)
        # it takes no other
        os.chmod(own, 0o600)
        return cert, own

    def _provision(self, certificate):
        options = {
            "interfaces": f"{self.address}/8", "bind interfaces only": "yes",
            # nothing else of a domain
            "server services": "ldap", "ldb:nosync": "true",
            "logging": "file", "log file": f"{self.dir}/log",
            "pid directory": self.dir, "ncalrpc dir": f"{self.dir}/ncalrpc",
            "tls certfile": certificate[0], "tls keyfile": certificate[1],
            "tls cafile": self.ca_cert, "panic action": "",
            "dsdb:schema update allowed": "yes",
        }
        self._tool(
            "domain", "provision", f"--realm={REALM}", f"--domain={DOMAIN}",
            "--server-role=dc", "--dns-backend=NONE", "--host-name=dc1",
            f"--host-ip={self.address}", f"--targetdir={self.dir}/dc",
            # what its rules want at first
            "--adminpass=Pass.word.1",
            *[f"--option={name}={value}" for name, value in options.items()])
        self._tool("domain", "passwordsettings", "set", "--complexity=off",
                   "--min-pwd-length=0", "--min-pwd-age=0",
                   "--history-length=0", "-s", self._config)
        self._tool("user", "setpassword", "Administrator",
                   f"--newpassword={self.admin_password}", "-s", self._config)

    @staticmethod
    def _tool(*args):
        # it writes to a dozen databases, each to disk
        run([_TOOL, *args], secs=400)

    def start(self):
        self.process = Process(
            [_SERVER, "-i", "-M", "single", "-s", self._config],
            os.path.join(self.dir, "log"))
        self.wait_ready("Samba")

    def close(self):
        if self.process is not None:
            self.process.stop()

    @staticmethod
    def password(text):
        """As LDIF: unicodePwd is "text" in quotes, in UTF-16."""
        octets = f'"{text}"'.encode("utf-16-le")
        return f"unicodePwd:: {base64.b64encode(octets).decode()}"

    def add_user(self, account, container=f"ou=people,{BASE}",
                 password="secret", **attributes):
        """Returns the DN."""
        dn = f"cn={account},{container}"
        lines = [f"dn: {dn}", "objectClass: user",
                 f"sAMAccountName: {account}",
                 f"userPrincipalName: {account}@example.com",
                 # normal, and the password need not be changed ever
                 "userAccountControl: 66048", self.password(password),
                 *[f"{name}: {value}" for name, value in attributes.items()]]
        self.add("\n".join(lines) + "\n")
        return dn
