"""A private Dovecot, of the generation that is installed."""

import functools
import os
import re
import signal
import smtplib

from .client import Client
from .dovecot_config import (MAIL_GID, MAIL_UID, Ldap, PasswdFile, Referral,
                             Static, dialect, mail_folder, render)
from .process import Log, Process, Timeout, run, wait_for

__all__ = ["Dovecot", "Ldap", "PasswdFile", "Referral", "Static"]

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_BROKEN = re.compile(r"Panic:|killed with signal|Fatal: master: service|"
                     r"Auth process broken|core dumped|invalid free|"
                     r"memory corruption|AddressSanitizer")


@functools.lru_cache(None)
def version():
    """Like (2, 3, 19)."""
    out = run(["dovecot", "--version"], env={"PATH": _PATH}).stdout
    return tuple(map(int, re.match(r"(\d+)\.(\d+)\.(\d+)", out).groups()))


class Dovecot:
    """One server.

    name        its host name, e.g. "home.example.com"
    passdbs     in their order: Referral(), PasswdFile(...), ...
    settings    {name: value}, the same names in every generation
    protocols   of imap, pop3, sieve, submission, lmtp
    mechanisms  of AUTHENTICATE
    pki         with one there is TLS, STARTTLS and implicit
    client_cert ask for certificates (EXTERNAL)
    keytab, kdc for GSSAPI
    cleartext   are passwords taken without TLS?
    strip_realm users are known without the @ and what follows
    raw         more configuration, as it is
    """

    def __init__(self, directory, ports, modules, name, address, passdbs,
                 settings=None, protocols=("imap", "pop3"),
                 mechanisms=("PLAIN", "LOGIN"), pki=None, client_cert=False,
                 keytab=None, kdc=None, raw="", env=None, start=True,
                 cleartext=True, strip_realm=False):
        self.dir, self.name, self.address = directory, name, address
        self.modules = modules
        for sub in ("", "run", "state", "mail"):
            os.makedirs(os.path.join(directory, sub), exist_ok=True)
        # the mail user writes here
        os.chmod(os.path.join(directory, "mail"), 0o1777)
        self.protocols, self.mechanisms = tuple(protocols), tuple(mechanisms)
        self.ports, self.tls_ports = {}, {}
        for protocol in self.protocols:
            self.ports[protocol] = ports.take(address)
            self.tls_ports[protocol] = ports.take(address)
        self.passdbs = list(passdbs)
        self.settings = dict(settings or {})
        self.pki, self.client_cert = pki, client_cert
        self.keytab, self.kdc, self.cleartext = keytab, kdc, cleartext
        self.strip_realm = strip_realm
        self.cert = None
        if pki is not None:
            self.cert = pki.cert(name, [f"DNS:{name}", f"IP:{address}"])
        self.raw = raw
        self.env = dict(env or {})
        if kdc is not None:
            self.env.update(kdc.env)
        self.process = None
        self.log = Log(os.path.join(directory, "log"))
        self.config_path = os.path.join(directory, "dovecot.conf")
        self.configure()
        if start:
            self.start()

    def configure(self, **settings):
        """Write the configuration, with these settings changed. It is used
        after start() or reload()."""
        self.settings.update(settings)
        text = render(self, dialect(version()))
        with open(self.config_path, "w", encoding="utf-8") as file:
            # or there is a warning
            os.fchmod(file.fileno(),
                      0o600 if "auth_dn_password" in text else 0o644)
            file.write(text)

    @property
    def port(self):
        return self.ports["imap"]

    @property
    def tls_port(self):
        return self.tls_ports["imap"]

    # processes

    def _tool_env(self):
        return dict(self.env, PATH=_PATH)

    def start(self):
        self.process = Process(
            self.modules.wrap(["dovecot", "-F", "-c", self.config_path]),
            os.path.join(self.dir, "stderr"), self._tool_env())
        # Its own greeting says that the auth process is there, too.

        def ready():
            self.process.check()
            try:
                client = Client(self.address, self.port)
            except OSError:
                return False
            client.close()
            return True
        try:
            wait_for(ready, f"Dovecot {self.name}")
        except Timeout as error:
            raise Timeout(f"{error}\n{self.log.tail()}") from None

    def stop(self):
        if self.process is not None:
            self.process.stop()

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        self.stop()

    def reload(self):
        """doveadm reload, which is a SIGHUP; returns when it is done."""
        since = self.log.mark()
        self.process.signal(signal.SIGHUP)
        self.log.wait("SIGHUP received", since)

    def doveadm(self, *args, check=True):
        """Returns what it printed."""
        return run(self.modules.wrap(
            ["doveadm", "-c", self.config_path, *args]), self._tool_env(),
            check=check).stdout

    def doveconf(self, *args):
        """Returns (exit status, output)."""
        done = run(self.modules.wrap(
            ["doveconf", "-c", self.config_path, *args]), self._tool_env(),
            check=False)
        return done.returncode, done.stdout

    def pids(self, name):
        """The processes of this server called name, e.g. "auth"."""
        found = []
        for pid in self.process.session():
            try:
                with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                    if file.read().strip() == name:
                        found.append(pid)
            except FileNotFoundError:
                pass
        return found

    # what it said

    def broken(self):
        """Lines that no test may cause."""
        return [line for line in self.log.lines() if _BROKEN.search(line)]

    def wait_logged_in(self, user, since=0):
        """The line is written after the client has its reply."""
        wait_for(lambda: self.logged_in(user, since), f"{user}'s session")

    def logged_in(self, user, since=0):
        """Did user get a session of this server's own?"""
        return bool(self.login_lines(user, since))

    def login_lines(self, user, since=0):
        """What it logged of each such session."""
        # 2.3's words and 2.4's
        return [line for line in self.log.lines(since)
                if f"Login: user=<{user}>" in line or
                f"Logged in: user=<{user}>" in line]

    def deliver(self, user, subject):
        """Put a message into user's INBOX."""
        box = os.path.join(self.mail_dir(user), "Maildir")
        for sub in ("tmp", "new", "cur"):
            os.makedirs(os.path.join(box, sub), exist_ok=True)
        path = os.path.join(box, "new", f"{len(os.listdir(box + '/new'))}.1")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"From: site@example.com\nSubject: {subject}\n\nHello.\n")
        run(["chown", "-R", f"{MAIL_UID}:{MAIL_GID}", self.mail_dir(user)])

    def deliver_by_lmtp(self, user, subject="by lmtp"):
        """Returns the replies to RCPT and, if that was good, to the data."""
        with smtplib.LMTP(f"{self.dir}/run/lmtp") as lmtp:
            lmtp.ehlo("client.example.com")
            lmtp.mail("sender@example.com")
            rcpt = lmtp.rcpt(user)
            if rcpt[0] != 250:
                return rcpt, None
            return rcpt, lmtp.data(
                f"Subject: {subject}\r\n\r\nhello\r\n".encode())

    def for_proxies(self):
        """What a server that proxies here is configured with (raw): mailHost
        has no ports but IMAP's."""
        # spaces and tabs, as administrators write it
        return "".join(
            f"protocol {protocol} {{\n  referral_proxy_fields = "
            f"proxy_timeout=30\tport={self.ports[protocol]}\n}}\n"
            for protocol in self.protocols if protocol != "imap")

    def mail_dir(self, user):
        return os.path.join(self.dir, "mail", mail_folder(user))

