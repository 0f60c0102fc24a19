"""A private MIT Kerberos realm."""

import os
import socket

from .process import Process, run, wait_for

REALM = "EXAMPLE.COM"

_KRB5_CONF = """
[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 {realm} = {{
  kdc = {address}:{port}
 }}
[domain_realm]
 .example.com = {realm}
"""
_KDC_CONF = """
[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = {address}:{port}
[realms]
 {realm} = {{
  database_name = {dir}/principal
  key_stash_file = {dir}/stash
  acl_file = {dir}/kadm5.acl
  max_life = 1h
 }}
[logging]
 kdc = STDERR
"""


class Kdc:
    """users: objects with name and password."""

    def __init__(self, directory, ports, users, address="127.0.0.1"):
        self.dir = directory
        os.makedirs(directory)
        values = {"realm": REALM, "address": address, "dir": directory,
                  "port": ports.take(address)}
        self._passwords = {user.name: user.password for user in users}
        for name, text in (("krb5.conf", _KRB5_CONF),
                           ("kdc.conf", _KDC_CONF)):
            with open(f"{directory}/{name}", "w", encoding="ascii") as file:
                file.write(text.format(**values))
        self.env = {"KRB5_CONFIG": f"{directory}/krb5.conf"}
        self._env = dict(os.environ, KRB5_KDC_PROFILE=f"{directory}/kdc.conf",
                         PATH=os.environ["PATH"] + ":/usr/sbin", **self.env)
        run(["kdb5_util", "create", "-s", "-P", "master-secret", "-r", REALM],
            self._env)
        for user in users:
            self._admin(f"addprinc -pw {user.password} {user.name}")
        self.process = Process(["krb5kdc", "-n"], f"{directory}/log",
                               self._env)
        wait_for(lambda: self._answers(address, values["port"]), "the KDC")

    def _admin(self, query):
        run(["kadmin.local", "-r", REALM, "-q", query], self._env)

    def _answers(self, address, port):
        self.process.check()
        try:
            socket.create_connection((address, port), 1).close()
            return True
        except OSError:
            return False

    def keytab(self, host, service="imap"):
        """Returns the path of a keytab for service/host."""
        path = f"{self.dir}/{service}-{host}.keytab"
        principal = f"{service}/{host}"
        self._admin(f"addprinc -randkey {principal}")
        self._admin(f"ktadd -k {path} {principal}")
        # Dovecot's auth process is not root
        os.chmod(path, 0o644)
        return path

    def client_env(self, principal):
        """The environment in which principal has a ticket."""
        cache = f"FILE:{self.dir}/cc-{principal}"
        env = dict(self.env, KRB5CCNAME=cache)
        run(["kinit", principal], dict(self._env, **env),
            text_input=self._passwords[principal] + "\n")
        return env

    def close(self):
        self.process.stop()
