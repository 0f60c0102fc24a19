"""What the real directories of this folder have in common: LDAP's tools, waiting
until somebody answers, and a Dovecot that asks."""

import os
import socket
import time

from lib import Referral, Static
from lib.process import run, wait_for
from lib.readme import configuration

BASE = "dc=example,dc=com"


class Unable(Exception):
    """The directory is not installed, or can't start here."""


def need(*programs):
    """programs: paths. Raises Unable."""
    missing = [path for path in programs if not os.path.exists(path)]
    if missing:
        raise Unable(f"{' '.join(missing)} missing")


def front(site, ldap, name, title, uris, start=True, **settings):
    """A server that is configured as README says under title. uris: what README
    has there, and what it is here."""
    raw = configuration(title, {
        **uris, "/etc/dovecot/ldap-ca.pem": ldap.ca_cert})
    return site.dovecot(
        name, [Referral(), Static("secret")], raw=raw, start=start,
        settings={
            "login_plugins": "login_referral",
            "referral_local_hosts": name,
            # the machine may be busy
            "referral_ldap_timeout": "20 secs",
            "referral_ldap_connect_timeout": "20 secs",
            "referral_missing_action": "tempfail", **settings})


class Directory:
    """Has uri, ldaps_uri, address, port, process, ca_cert, admin_dn and
    admin_password."""

    def _answers(self):
        self.process.check()
        try:
            socket.create_connection((self.address, self.port), 1).close()
        except OSError:
            return False
        return self.tool("ldapsearch", "-s", "base", "-b", "", "1.1",
                         check=False).returncode == 0

    def wait_ready(self, what):
        wait_for(self._answers, what, 120)

    def tool(self, name, *args, dn=None, password=None, **kwargs):
        """One of ldap-utils, as dn or as the administrator."""
        env = dict(os.environ, LDAPTLS_CACERT=self.ca_cert)
        env.pop("LDAPNOINIT", None)
        return run([name, "-x", "-H", self.ldaps_uri, "-D",
                    dn or self.admin_dn, "-w",
                    password or self.admin_password, *args], env=env, **kwargs)

    def add(self, ldif):
        self.tool("ldapadd", text_input=ldif)

    def modify(self, ldif, **kwargs):
        return self.tool("ldapmodify", text_input=ldif, **kwargs)

    def set(self, name, attribute, *values, **kwargs):
        """Replace the attribute's values."""
        lines = [f"dn: {name}", "changetype: modify", f"replace: {attribute}",
                 *[f"{attribute}: {value}" for value in values]]
        return self.modify("\n".join(lines) + "\n", **kwargs)

    def get(self, name, attribute, **kwargs):
        """Returns the values that are shown."""
        output = self.tool("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-s",
                           "base", "-b", name, attribute, **kwargs).stdout
        return [line.split(": ", 1)[1] for line in output.splitlines()
                if line.lower().startswith(f"{attribute.lower()}: ")]
