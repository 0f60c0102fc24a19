"""A site whose users move: three Dovecots, a directory with a copy, and the
truth about who is at home where.

The homes have names, as real ones have, and all the same ports.
"""

import os
import re
from typing import NamedTuple

from common import LOGIN_SERVICE, QUIET, block, dialect, version, wait_for
from lib import Referral, Static, User, referral_settings
from lib.dovecot_config import kick_service, line_service

NAMES = ("one", "two", "three")
PASSWORD = "secret"
PROTOCOLS = ("imap", "lmtp")
# relative to the end of the world
_EVER = float("inf")


def host(name):
    return f"{name}.example.com"


class _Stay(NamedTuple):
    """A home, from the begin of the move to it to the end of the move away
    from it: within a move both homes are right."""
    name: str
    begin: float
    end: float


class Homes:
    """Who is at home where, and when."""

    def __init__(self, homes):
        """homes: {user: name of the server}"""
        self._stays = {user: [_Stay(name, -_EVER, _EVER)]
                       for user, name in homes.items()}

    def now(self, user):
        return self._stays[user][-1].name

    def moved(self, user):
        """When the last move of this user began; None if there was none."""
        stays = self._stays[user]
        return stays[-1].begin if len(stays) > 1 else None

    def move(self, user, name, begin, end):
        stays = self._stays[user]
        stays[-1] = stays[-1]._replace(end=end)
        stays.append(_Stay(name, begin, _EVER))

    def right(self, user, begin, end):
        """The homes that were right at some time within."""
        return {stay.name for stay in self._stays[user]
                if stay.begin <= end and begin <= stay.end}


class Town:
    """settings: of all Dovecots; trusted: do they trust each other as
    proxies; lag_secs: how long the directory's copy lags behind, which is
    the first that Dovecot "three" asks."""

    def __init__(self, site, count, settings, trusted=False, lag_secs=0):
        self._site, self._trusted = site, trusted
        self._settings = settings
        first = {f"user{number}": NAMES[number % len(NAMES)]
                 for number in range(count)}
        self.homes = Homes(first)
        self.ports = {protocol: site.port("0.0.0.0")
                      for protocol in PROTOCOLS}
        self.provider = site.slapd(
            [User(user, self.mail_host(name))
             for user, name in first.items()], name="provider",
            debug="none", provides=True)
        self.copy = site.slapd(name="copy", debug="none", provides=True,
                               provider=self.provider, lag_secs=lag_secs)
        last = f"user{count - 1}"
        wait_for(lambda: self.copy.holds(last), "the directory's copy")
        self.servers = {name: self._dovecot(name) for name in NAMES}
        site.know_names(self.servers.values())
        for server in self.servers.values():
            server.start()
            if settings.get("referral_mirror"):
                server.log.wait("mirror: in sync with")

    def mail_host(self, name):
        return f"{host(name)}:{self.ports['imap']}"

    def address(self, name):
        return self.servers[name].address

    def name_at(self, name_or_address):
        """Of the server that a referral names."""
        for name, server in self.servers.items():
            if name_or_address in (server.name, server.address):
                return name
        raise KeyError(name_or_address)

    def move(self, users, now):
        """users: {user: name of the new home}; now(): the time"""
        begin = now()
        self.provider.set_all({user: self.mail_host(name)
                               for user, name in users.items()})
        end = now()
        for user, name in users.items():
            self.homes.move(user, name, begin, end)

    def _dovecot(self, name):
        uris = [self.provider.uri, self.copy.uri]
        if name == "three":
            uris.reverse()
        usual = referral_settings(
            self.provider, referral_ldap_uris=" ".join(uris),
            referral_local_hosts=f"{host(name)} {self.mail_host(name)}")
        # the defaults, as a site would have them
        for timeout in ("referral_ldap_timeout",
                        "referral_ldap_connect_timeout"):
            del usual[timeout]
        address = self._site.address_of(host(name))
        more = {"login_source_ips": address, "lmtp_proxy": "yes"}
        if self._trusted:
            more["login_trusted_networks"] = " ".join(
                self._site.address_of(host(other)) for other in NAMES)
        server = self._site.dovecot(
            host(name), [Referral(), Static(PASSWORD)],
            settings={**QUIET, **usual, **more, **self._settings},
            protocols=PROTOCOLS, start=False)
        server.ports.update(self.ports)
        kick = f"/usr/bin/doveadm -c {server.config_path} referral kick"
        server.raw = LOGIN_SERVICE + _mail(name) + server.for_proxies() + \
            line_service() + kick_service(kick, dialect(version()))
        server.configure()
        return server

    def complaints(self):
        """The warnings and errors of all logs."""
        return [line for server in self.servers.values()
                for line in server.log.lines()
                if " Warning: " in line or " Error: " in line or
                "Fatal: " in line or "Panic: " in line]

    def said_of(self, user):
        """The lines of all logs, oldest first."""
        # each begins with the time, "Nov 29 12:00:00 "
        return sorted((f"{line[:16]}{name}: {line[16:]}"
                       for name, server in self.servers.items()
                       for line in server.log.lines()
                       if re.search(rf"\b{user}\b", line)),
                      key=lambda line: line[:16])

    def holders(self, user, token):
        """The names of the servers with a message that holds token, once for
        each."""
        found = []
        for name, server in self.servers.items():
            folder = os.path.join(server.mail_dir(user), "Maildir", "new")
            for file in os.listdir(folder) if os.path.isdir(folder) else ():
                with open(os.path.join(folder, file), "rb") as message:
                    found += [name] * (token.encode() in message.read())
        return found


def _mail(name):
    """It tells its name to those who ask by ID."""
    told = block("imap_id_send", [f"name = {name}"])
    if not dialect(version()).is_24:
        told = f"imap_id_send = name {name}\n"
    return told + block("protocol lmtp", [
        "postmaster_address = postmaster@example.com"]) + \
        block("service imap", ["process_limit = 4000"])
