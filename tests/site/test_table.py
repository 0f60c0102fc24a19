"""README's table "what the client gets": each protocol and each action.

What was seen is put into the words of the table, and has to be the words that
stand there.
"""

import os
import re
import smtplib

import pytest

from lib import PasswdFile, User, referral_settings, wait_for, with_referral
from lib.dovecot import version

FRONT, HOME = "front.example.com", "home.example.com"
README = os.path.join(os.path.dirname(__file__), "..", "..", "README")
COLUMNS = {"IMAP": ["imap"], "ManageSieve": ["sieve"],
           "POP3, submission": ["pop3", "submission"], "LMTP": ["lmtp"]}
PROTOCOLS = sum(COLUMNS.values(), [])
BY_ATTRIBUTE = ("refer", "offer", "suggest", "proxy", "local")
PLUGINS = f"""lmtp_proxy = yes
protocol imap {{
  mail_plugins = imap_login_referral {'' if version() >= (2, 4) else 'imap_zlib'}
}}
"""


def tables():
    """{(protocol, action): words}"""
    with open(README, encoding="utf-8") as file:
        section = re.search(r"^7\. What the client gets\n-+\n(.*?)^8\. ",
                            file.read(), re.MULTILINE | re.DOTALL).group(1)
    found = {}
    for head, ruler, body in re.findall(
            r"^    (action .*)\n    ([ -]+)\n((?:    .*\n)+)", section,
            re.MULTILINE):
        starts = [match.start() for match in re.finditer("-+", ruler)]
        spans = list(zip(starts, starts[1:] + [None]))
        titles = [head[start:end].strip() for start, end in spans]
        action = None
        for line in body.splitlines():
            cells = [line[4:][start:end].strip() for start, end in spans]
            action = cells[0] or action
            for title, cell in zip(titles[1:], cells[1:]):
                for protocol in COLUMNS[title]:
                    # a cell of two lines
                    words = found.get((protocol, action), "")
                    found[protocol, action] = f"{words} {cell}".strip()
    return found


TABLE = tables()


class World:
    """A user for each action, at home elsewhere. front: all clients get the
    action; outside: they are outside of referral_networks, and get
    reject."""

    def __init__(self, site):
        self.site = site
        self.users = [User(action, action=action) for action in BY_ATTRIBUTE]
        self.users += [User("reject"), User("tempfail", "no host")]
        self.ldap = site.slapd(self.users)
        self.home = site.dovecot(HOME, [PasswdFile(self.users)],
                                 protocols=PROTOCOLS, start=False)
        self.there = f"{self.home.address}:{self.home.port}"
        for user in self.users[:-1]:
            self.ldap.set(user.name, values=[self.there])
        self.front = self.server(FRONT)
        self.outside = self.server("outside.example.com",
                                   referral_networks="192.0.2.0/24")
        self.home.start()

    def server(self, name, **settings):
        server = self.site.dovecot(
            name, with_referral(self.users), protocols=PROTOCOLS,
            raw=PLUGINS + self.home.for_proxies(),
            settings=referral_settings(
                self.ldap, referral_local_hosts=FRONT,
                referral_action_attribute="testMailAction",
                referral_other_action="reject",
                referral_host_map=f"{self.there}={HOME}", **settings))
        return server


class Visit:
    """One login, and what came of it."""

    def __init__(self, world, server, user):
        self.world, self.server, self.user = world, server, user
        self.since = {one: one.log.mark() for one in (server, world.home)}

    def place(self):
        """Where the session is."""
        def there():
            for one, since in self.since.items():
                if one.logged_in(self.user, since):
                    return one
            return None
        return "proxied" if wait_for(there, "a session") is self.world.home \
            else "a session here"

    def nowhere(self):
        assert not any(one.logged_in(self.user, since)
                       for one, since in self.since.items())

    def refusal(self, form, client, reply):
        """NO, on IMAP and ManageSieve; form: of a code"""
        assert reply.status == "NO"
        self.nowhere()
        if reply.code == "REFERRAL":
            assert reply.url.host == HOME
            client.read_bye()
            return f"NO {form}, {self.bye[client.__class__.__name__]}"
        if reply.code in (None, "CONTACTADMIN"):
            assert HOME in str(reply.raw)
            return "NO with the home's name"
        return "NO " + form.replace("REFERRAL", reply.code).split(" ")[0] + \
            form[-1]

    bye = {"Client": "* BYE, close", "SieveClient": "BYE, close"}

    def session(self, form, reply):
        """OK, on IMAP and ManageSieve"""
        if reply.code != "REFERRAL":
            return self.place()
        assert reply.url.host == HOME
        return f"OK {form}, {self.place()}"

    def imap(self):
        client = self.world.site.client(self.server)
        reply = client.login(self.user, "secret")
        form = "[REFERRAL imap://...]"
        return self.session(form, reply) if reply.status == "OK" else \
            self.refusal(form, client, reply)

    def sieve(self):
        client = self.world.site.sieve_client(self.server)
        reply = client.authenticate("PLAIN", self.user, "secret")
        form = '(REFERRAL "sieve://...")'
        return self.session(form, reply) if reply.status == "OK" else \
            self.refusal(form, client, reply)

    def failure(self, temporary, text):
        """on protocols that have no referrals"""
        self.nowhere()
        if temporary:
            return "a temporary error"
        assert HOME in text, text
        return "an error with the home's name"

    def pop3(self):
        good, text = self.world.site.pop3(self.server).login(self.user,
                                                             "secret")
        return self.place() if good else \
            self.failure("[SYS/TEMP]" in text, text)

    def submission(self):
        smtp = smtplib.SMTP(self.server.address,
                            self.server.ports["submission"], timeout=30)
        smtp.ehlo()
        try:
            smtp.login(self.user, "secret")
        except smtplib.SMTPAuthenticationError as error:
            # There is no relay to send to. That is found out after the login,
            # but before its answer.
            if error.smtp_code not in (421, 451):
                return self.failure(error.smtp_code == 454,
                                    error.smtp_error.decode())
        return self.place()

    def lmtp(self):
        rcpt, data = self.server.deliver_by_lmtp(self.user)
        if rcpt[0] == 451:
            return "deferred"
        assert rcpt[0] == 250 and data[0] == 250

        def saved():
            for one, since in self.since.items():
                if any("saved mail to INBOX" in line
                       for line in one.log.lines(since)):
                    return one
            return None
        return "delivered there (with lmtp_proxy)" \
            if wait_for(saved, "the mail") is self.world.home \
            else "delivered here"


@pytest.fixture(name="world", scope="module")
def fixture_world(shared_site):
    return World(shared_site)


def test_complete():
    assert set(TABLE) == {(protocol, action) for protocol in PROTOCOLS
                          for action in (*BY_ATTRIBUTE, "reject", "tempfail")}


@pytest.mark.parametrize("protocol,action", TABLE)
def test_cell(world, protocol, action):
    words = TABLE[protocol, action]
    if words == "as referral_other_action":
        words = TABLE[protocol, "reject"]
    server = world.outside if action == "reject" else world.front
    assert getattr(Visit(world, server, action), protocol)() == words
