"""Those who use a site while its users move: clients that log in and follow
referrals, sessions in IDLE, and a stream of mail.

asyncio: all of them in one thread.
"""

import asyncio
import contextlib
import random
import re
import smtplib
import time
from typing import NamedTuple, Optional

from lib.client import ProtocolError, new_source, parse_status
from moving import PASSWORD

MAX_HOPS = 10
# a client's patience
_LOGIN_SECS = 30
_ID = re.compile(rb'\* ID \(.*"name" "([a-z]+)"')
# what a client is told that should try again later
LATER = "UNAVAILABLE"
OK = "OK"


class Visit(NamedTuple):
    """A login, from the first connection to the last reply."""
    user: str
    begin: float
    end: float
    # (name of the server, time of its reply), one after the other
    stations: tuple
    # OK, LATER, or what went wrong
    outcome: str
    # where the session is, as the session itself says
    server: Optional[str]

    @property
    def hops(self):
        return len(self.stations) - 1


class Mail(NamedTuple):
    user: str
    begin: float
    end: float
    # the last reply's
    code: int
    token: str


class Connection:
    """One IMAP connection."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, address, port):
        connection = cls(*await asyncio.open_connection(
            address, port, local_addr=(new_source(), 0)))
        await connection.line()
        return connection

    async def line(self):
        line = await self._reader.readline()
        if not line:
            raise ConnectionError("closed")
        return line.rstrip(b"\r\n")

    def send(self, text):
        self._writer.write(text.encode() + b"\r\n")

    async def reply(self, tag):
        """(the tagged reply, the lines before it)"""
        lines = []
        while True:
            line = await self.line()
            if line.startswith(tag.encode() + b" "):
                return parse_status(line), lines
            lines.append(line)

    async def command(self, text):
        self.send(f"a {text}")
        return await self.reply("a")

    async def server(self):
        """Whose session is this?"""
        _, lines = await self.command("ID NIL")
        return _ID.match(lines[0])[1].decode()

    def close(self):
        self._writer.close()


class Crowd:
    """Everybody. Times are those of now(), from the start on."""

    def __init__(self, town):
        self.town = town
        self._zero = time.monotonic()
        self.visits, self.mails, self.sessions = [], [], []
        self._tasks = set()

    def now(self):
        return time.monotonic() - self._zero

    def start(self, coroutine):
        """Let it run, and keep it in mind."""
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self):
        """Wait for those under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # logins

    async def _walk(self, user, name, stations):
        """Returns (outcome, connection that is logged in or None)."""
        while len(stations) <= MAX_HOPS:
            connection = await Connection.open(self.town.address(name),
                                               self.town.ports["imap"])
            reply, _ = await connection.command(f"LOGIN {user} {PASSWORD}")
            stations.append((name, self.now()))
            if reply.status == "OK":
                return OK, connection
            connection.close()
            if reply.code != "REFERRAL":
                return reply.code or reply.text, None
            name = self.town.name_at(reply.url.host)
        return "sent round", None

    async def log_in(self, user, name):
        """At the server of this name. Returns a connection, or None."""
        begin, stations = self.now(), []
        server = connection = None
        try:
            outcome, connection = await asyncio.wait_for(
                self._walk(user, name, stations), _LOGIN_SECS)
            if connection is not None:
                server = await asyncio.wait_for(connection.server(),
                                                _LOGIN_SECS)
        except asyncio.TimeoutError:
            outcome = "timeout"
        except (OSError, ProtocolError) as error:
            outcome = str(error)
        if not stations:
            stations = [(name, self.now())]
        self.visits.append(Visit(user, begin, self.now(), tuple(stations),
                                 outcome, server))
        return connection if server is not None else None

    async def visit(self, user, name):
        """Log in, look around, go."""
        connection = await self.log_in(user, name)
        if connection is not None:
            with contextlib.suppress(OSError, ProtocolError):
                await asyncio.wait_for(connection.command("LOGOUT"),
                                       _LOGIN_SECS)
            connection.close()

    async def visits_each(self, secs, until, choose):
        """Whatever became of those before. choose(): (user, server)"""
        begin, count = self.now(), 0
        while self.now() < until:
            self.start(self.visit(*choose()))
            count += 1
            await asyncio.sleep(begin + count * secs - self.now())

    # sessions that stay

    async def stay(self, user, name):
        """In IDLE, until the end; who is sent away comes back to where the
        session was."""
        while True:
            connection = await self.log_in(user, name)
            if connection is None:
                await asyncio.sleep(1)
                continue
            session = Session(user, self.visits[-1].server, self.now())
            self.sessions.append(session)
            name = session.server
            try:
                connection.send("i IDLE")
                while True:
                    await connection.line()
            except OSError:
                session.end = self.now()
            finally:
                connection.close()

    # mail

    async def mail_each(self, secs, until, choose):
        while self.now() < until:
            self.start(self._mail(*choose()))
            await asyncio.sleep(secs)

    async def _mail(self, user, name):
        token = f"token-{len(self.mails)}-{random.getrandbits(32):x}"
        path = f"{self.town.servers[name].dir}/run/lmtp"
        begin = self.now()
        code = await asyncio.to_thread(_deliver, path, user, token)
        self.mails.append(Mail(user, begin, self.now(), code, token))


class Session:
    """One in IDLE."""

    def __init__(self, user, server, begin):
        self.user, self.server, self.begin = user, server, begin
        # None as long as it goes on
        self.end = None


def _deliver(path, user, token):
    """Returns the last reply's code."""
    try:
        with smtplib.LMTP(path, timeout=60) as lmtp:
            lmtp.ehlo("client.example.com")
            lmtp.mail("sender@example.com")
            code = lmtp.rcpt(user)[0]
            if code != 250:
                return code
            return lmtp.data(f"Subject: {token}\r\n\r\nhello\r\n")[0]
    except (OSError, smtplib.SMTPException):
        return 421
