"""What the benchmarks share: login-load and its figures, the CPU time of the
auth process, the servers that are compared."""

import argparse
import os
import signal
import statistics
import subprocess
import sys
from collections import Counter
from typing import NamedTuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "site"))

from lib import Ldap, Referral, Static, User, referral_settings  # noqa: E402
from lib.dovecot import version  # noqa: E402
from lib.dovecot_config import block, dialect  # noqa: E402
from lib.modules import dovecot_config  # noqa: E402
from lib.process import cpu_secs, wait_for  # noqa: E402
from lib.slapd import ADMIN_DN, ADMIN_PASSWORD, SUFFIX  # noqa: E402

# A referral leads here; nobody connects.
HOME = "home.example.com"
PASSWORD = "secret"
# as a busy site would: login processes that serve many clients each
LOGIN_SERVICE = block("service imap-login", [
    dialect(version()).many_clients, "process_min_avail = 2",
    "client_limit = 2000"]) + \
    block("service auth", ["client_limit = 5000", "process_min_avail = 1"])
# to run it under a tool
AUTH = os.path.join(dovecot_config()["dovecot_pkglibexecdir"], "auth")
QUIET = {"auth_verbose": "no"}


class Login(NamedTuple):
    start: float
    secs: float
    outcome: str

    @property
    def end(self):
        return self.start + self.secs


class Load:
    """One run of login-load in the background. target: see over_imap() and
    at_auth(); options: those of login-load."""

    def __init__(self, target, **options):
        argv = [_program(), *target]
        for name, value in options.items():
            argv += [f"-{name}", str(value)]
        self._popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, text=True)

    def finish(self):
        """Wait for its end: its Logins."""
        output, _ = self._popen.communicate()
        if self._popen.returncode != 0:
            raise RuntimeError("login-load failed")
        logins = []
        for line in output.splitlines():
            start, took, outcome = line.split(" ", 2)
            logins.append(Login(int(start) / 1e6, int(took) / 1e6, outcome))
        return logins


def _program():
    build = os.environ["REFERRAL_BUILD"]
    folder = os.path.join(build, "tests", "bench")
    subprocess.run(["make", "-s", "-C", folder, "login-load"], check=True)
    return os.path.join(folder, "login-load")


def over_imap(server):
    return ["-a", server.address, "-p", str(server.port)]


def at_auth(server, connections=4):
    """As that many login processes ask."""
    return ["-A", os.path.join(server.dir, "run", "login", "login"),
            "-k", str(connections)]


def rate(logins):
    return len(logins) / (max(one.end for one in logins) -
                          min(one.start for one in logins))


def percentile(logins, percent):
    """In milliseconds."""
    ordered = sorted(one.secs for one in logins)
    return 1000 * ordered[min(len(ordered) - 1,
                              int(len(ordered) * percent / 100))]


def outcomes(logins):
    return Counter(one.outcome for one in logins)


# processes


def auth_pid(server):
    """Its auth process, also if it runs under valgrind; no auth worker."""
    for pid in server.process.session():
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                args = file.read().split("\0")
        except FileNotFoundError:
            continue
        if any(arg.endswith("/auth") for arg in args) and "-w" not in args:
            return pid
    raise RuntimeError(f"{server.name} has no auth process")


def stop_gently(server):
    """Let the auth process end by itself, as a tool around it wants."""
    pid = auth_pid(server)
    server.process.signal(signal.SIGTERM)
    wait_for(lambda: pid not in server.process.session(), "the end of auth")
    server.stop()


def machine_cpu_secs():
    """(busy, idle) of all its processors together, proc(5)."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(text) for text in file.readline().split()[1:9]]
    secs = [count / os.sysconf("SC_CLK_TCK") for count in ticks]
    idle = secs[3] + secs[4]
    return sum(secs) - idle, idle


def session_cpu_secs(server):
    """Of every process of a Dovecot that lives."""
    total = 0
    for pid in server.process.session():
        try:
            total += cpu_secs(pid)
        except FileNotFoundError:
            pass
    return total


# servers


class StockReferral(Ldap):
    """What Dovecot can do without us: the entry's mailHost is the host of a
    referral. Like our lookup, it asks for nothing but this attribute.
    uris: others than the slapd's."""

    def __init__(self, slapd, uris=None, starttls=False, ca_file=None):
        super().__init__(slapd)
        self.uris = uris or slapd.uri
        self.starttls, self.ca_file = starttls, ca_file

    def _lines(self, path, d):
        if d.is_24:
            lines = [f"ldap_uris = {self.uris}", f"ldap_auth_dn = {ADMIN_DN}",
                     f"ldap_auth_dn_password = {ADMIN_PASSWORD}",
                     f"ldap_base = {SUFFIX}", "ldap_filter = (uid=%{user})",
                     f"ldap_starttls = {'yes' if self.starttls else 'no'}",
                     "default_password_scheme = plain", "fields {",
                     f"  password = {PASSWORD}", "  host = %{ldap:mailHost}",
                     "  nologin = yes", "}"]
            if self.ca_file:
                lines.append(f"ssl_client_ca_file = {self.ca_file}")
            return lines
        with open(path, "w", encoding="ascii") as file:
            file.write(f"uris = {self.uris}\ndn = {ADMIN_DN}\n"
                       f"dnpass = {ADMIN_PASSWORD}\nbase = {SUFFIX}\n"
                       f"tls = {'yes' if self.starttls else 'no'}\n"
                       "pass_filter = (uid=%u)\n"
                       "default_pass_scheme = PLAIN\n"
                       "pass_attrs = mailHost=host,=nologin=y,"
                       f"=password={PASSWORD}\n")
            if self.ca_file:
                file.write(f"tls_ca_cert_file = {self.ca_file}\n")
        return [f"args = {path}"]


def any_password():
    """The cheapest authentication: hashing would hide all else."""
    return Static(PASSWORD)


def ours(site, name, slapd, raw="", passdbs=None, uris=None, env=None,
         **settings):
    usual = referral_settings(slapd, referral_ldap_uris=uris or slapd.uri,
                              referral_local_hosts=name)
    # the defaults, as a site would have them
    for timeout in ("referral_ldap_timeout", "referral_ldap_connect_timeout"):
        del usual[timeout]
    return site.dovecot(
        name, [Referral(), *(passdbs or [any_password()])],
        settings={**QUIET, **usual, **settings},
        protocols=["imap"], raw=LOGIN_SERVICE + raw, env=env)


def stock(site, name, passdbs, raw="", env=None, **settings):
    return site.dovecot(name, passdbs, settings={**QUIET, **settings},
                        protocols=["imap"], raw=LOGIN_SERVICE + raw, env=env)


def users(count, prefix="user", host=HOME):
    return [User(f"{prefix}{number}", host) for number in range(count)]


# output


def table(header, rows):
    """Print aligned columns: the first to the left, others to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [header] + rows)
              for i in range(len(header))]
    for row in [header, ["-" * width for width in widths]] + rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(w) for cell, w in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip(), flush=True)


def median(values):
    return statistics.median(values)


def arguments(description, **options):
    """Parsed arguments: options are {name: (default, help)}."""
    parser = argparse.ArgumentParser(description=description)
    for name, (default, text) in options.items():
        if default is False:
            parser.add_argument(f"--{name}", action="store_true", help=text)
        else:
            parser.add_argument(f"--{name}", type=type(default),
                                default=default,
                                help=f"{text} (%(default)s)")
    args = parser.parse_args()
    if not os.environ.get("REFERRAL_BUILD"):
        sys.exit("set REFERRAL_BUILD to a built tree")
    return args


__all__ = ["AUTH", "HOME", "PASSWORD", "Load", "Login", "StockReferral",
           "any_password", "arguments", "at_auth", "auth_pid", "block",
           "cpu_secs", "dialect", "machine_cpu_secs", "median", "ours",
           "outcomes", "over_imap", "percentile", "rate", "session_cpu_secs",
           "stock", "stop_gently", "table", "users", "version"]
