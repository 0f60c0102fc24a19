"""A strict IMAP client: replies are parsed by the grammar (RFC 3501 section
9, RFC 2221 section 5, RFC 5092) and anything else is a ProtocolError.

The dialogue is kept, "C: ..." and "S: ...".
"""

import base64
import itertools
import re
import socket
import ssl
from typing import NamedTuple, Optional

from . import sasl
from .process import DEADLINE_SECS
from .url import Url, parse_url

MAX_HOPS = 10

_STATUS = re.compile(
    rb"(?P<tag>\*|[A-Za-z0-9]+) (?P<status>OK|NO|BAD|BYE|PREAUTH) "
    rb"(?:\[(?:(?P<referral>REFERRAL (?P<url>[\x21-\x7e]+))|"
    rb"(?P<code>[A-Z][A-Z0-9\-.]*)(?: (?P<arg>[^\]\r\n]+))?)\] )?"
    rb"(?P<text>[\x20-\x7e]+)")
_LITERAL = re.compile(rb"\{([0-9]+)\}$")
_sources = itertools.count(1)


class ProtocolError(Exception):
    """The server's line does not follow the grammar."""


class Closed(ProtocolError):
    """The server closed the connection in place of an answer."""


class Reply(NamedTuple):
    """One status response. For a tagged one untagged holds what came before
    it, as raw lines."""
    tag: str
    status: str
    code: Optional[str]
    arg: Optional[str]
    text: str
    raw: bytes
    url: Optional[Url] = None
    untagged: tuple = ()


def parse_status(line, untagged=()):
    """line without its CR LF."""
    match = _STATUS.fullmatch(line)
    if match is None:
        raise ProtocolError(f"not a status response: {line!r}")
    text = match["text"].decode()
    # row 20: one response code, and no text that looks like another
    if text.startswith("["):
        raise ProtocolError(f"more than one response code: {line!r}")
    code = arg = url = None
    if match["referral"]:
        code, arg = "REFERRAL", match["url"].decode("ascii")
        try:
            url = parse_url(arg)
        except ValueError as error:
            raise ProtocolError(f"{error} in {line!r}") from None
    elif match["code"]:
        code = match["code"].decode()
        if code == "REFERRAL":
            raise ProtocolError(f"REFERRAL without one URL: {line!r}")
        arg = match["arg"].decode() if match["arg"] else None
    return Reply(match["tag"].decode(), match["status"].decode(), code, arg,
                 text, line, url, tuple(untagged))


def _octets(value):
    return value.encode() if isinstance(value, str) else value


def new_source():
    """A loopback address nobody used before: Dovecot slows down addresses
    that gave wrong passwords."""
    number = next(_sources)
    return f"127.{64 + number // 62500 % 64}." \
           f"{number // 250 % 250}.{1 + number % 250}"


class Client:
    """tls: None, "starttls" or "implicit"; context: an ssl.SSLContext.
    source: the address to connect from (default: a fresh one)."""

    def __init__(self, address, port, tls=None, context=None, name=None,
                 source=None, greet=True):
        self.dialogue = []
        self.address, self.port = address, port
        self._tags = itertools.count(1)
        self._buffer = b""
        self._context, self._name = context, name or address
        source = source or new_source()
        self._sock = socket.create_connection(
            (address, port), DEADLINE_SECS, (source, 0))
        self.source = source
        self.greeting = None
        if tls == "implicit":
            self.start_tls()
        if greet:
            self.greeting = parse_status(self.read_line())
            if self.greeting.tag != "*":
                raise ProtocolError(f"bad greeting {self.greeting.raw!r}")
        if tls == "starttls":
            reply = self.command("STARTTLS")
            if reply.status != "OK":
                raise ProtocolError(f"STARTTLS: {reply.raw!r}")
            self.start_tls()

    # bytes and lines

    def start_tls(self):
        if self._buffer:
            raise ProtocolError(f"data before TLS: {self._buffer!r}")
        self._sock = self._context.wrap_socket(self._sock,
                                               server_hostname=self._name)
        self.dialogue.append("   (TLS)")

    def send_raw(self, data):
        self._sock.sendall(data)

    def send_line(self, line, shown=None):
        line = _octets(line)
        shown = line if shown is None else _octets(shown)
        self.dialogue.append("C: " + shown.decode("utf-8", "replace"))
        self.send_raw(line + b"\r\n")

    def _receive(self):
        try:
            data = self._sock.recv(65536)
        except (ssl.SSLEOFError, ConnectionResetError) as error:
            raise Closed(f"connection broken: {error!r}") from None
        if not data:
            raise Closed(f"connection closed after {self._buffer!r}")
        self._buffer += data

    def read_octets(self, count):
        while len(self._buffer) < count:
            self._receive()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _read_one_line(self):
        while b"\n" not in self._buffer:
            self._receive()
        line, self._buffer = self._buffer.split(b"\n", 1)
        if not line.endswith(b"\r") or b"\r" in line[:-1] or b"\0" in line:
            raise ProtocolError(f"bad line end or octet: {line!r}")
        return line[:-1]

    def read_line(self):
        """One response with its literals, without the last CR LF."""
        line = self._read_one_line()
        while True:
            match = _LITERAL.search(line)
            if match is None:
                break
            line += b"\r\n" + self.read_octets(int(match[1]))
            line += self._read_one_line()
        self.dialogue.append("S: " + line.decode("utf-8", "replace"))
        return line

    def read_to_end(self):
        """Everything up to the close; a reset is a ProtocolError."""
        try:
            while True:
                self._receive()
        except Closed as error:
            if "broken" in str(error):
                raise
        rest, self._buffer = self._buffer, b""
        self.dialogue.append("   (connection closed)")
        return rest

    def close(self):
        self._sock.close()

    def reset(self):
        """Go away with a RST."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              b"\1\0\0\0\0\0\0\0")
        self._sock.close()

    # commands

    def new_tag(self):
        return f"a{next(self._tags)}"

    def read_reply(self, tag):
        """The tagged reply, with the untagged responses before it."""
        untagged = []
        while True:
            line = self.read_line()
            if line.startswith(b"* "):
                untagged.append(line)
                continue
            reply = parse_status(line, untagged)
            if reply.tag != tag:
                raise ProtocolError(f"tag {tag} expected: {line!r}")
            return reply

    def command(self, text):
        tag = self.new_tag()
        self.send_line(_octets(tag) + b" " + _octets(text))
        return self.read_reply(tag)

    def capabilities(self):
        """Asked now, as a set of upper-case names."""
        reply = self.command("CAPABILITY")
        lines = [line for line in reply.untagged
                 if line.startswith(b"* CAPABILITY ")]
        if reply.status != "OK" or len(lines) != 1:
            raise ProtocolError(f"CAPABILITY: {reply}")
        return set(lines[0].decode().upper().split()[2:])

    def _send_string(self, value, last):
        """As a quoted string where that is allowed, else as a literal."""
        end = b"\r\n" if last else b" "
        if all(0x20 <= octet <= 0x7e for octet in value):
            quoted = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            return b'"' + quoted + b'"' + end
        return b"{%d+}\r\n" % len(value) + value + end

    def login(self, user, password):
        """The LOGIN command."""
        user, password = _octets(user), _octets(password)
        tag = self.new_tag()
        line = b"%s LOGIN %s%s" % (_octets(tag),
                                   self._send_string(user, False),
                                   self._send_string(password, True))
        self.dialogue.append("C: " + line.decode("utf-8", "replace").rstrip())
        self.send_raw(line)
        return self.read_reply(tag)

    def authenticate(self, mechanism, user=b"", password=b"", ir=False,
                     **kwargs):
        """AUTHENTICATE, with an initial response in the command if ir
        (RFC 4959). More in kwargs: authzid, gss_host, kdc, principal."""
        mech = sasl.create(mechanism, user=_octets(user),
                           password=_octets(password), **kwargs)
        tag = self.new_tag()
        command = f"{tag} AUTHENTICATE {mechanism}"
        if ir:
            first = base64.b64encode(mech.respond(b"")).decode() or "="
            command += " " + first
        self.send_line(command)
        return self._exchange(tag, mech)

    def _exchange(self, tag, mech):
        untagged = []
        while True:
            line = self.read_line()
            if line.startswith(b"* "):
                untagged.append(line)
            elif line.startswith(b"+ "):
                challenge = base64.b64decode(line[2:], validate=True)
                self.send_line(base64.b64encode(mech.respond(challenge)))
            elif line.startswith(b"+"):
                raise ProtocolError(f"bad continuation: {line!r}")
            else:
                reply = parse_status(line, untagged)
                if reply.tag != tag:
                    raise ProtocolError(f"tag {tag} expected: {line!r}")
                return reply

    def log_in(self, how, user, password, **kwargs):
        """how: "LOGIN command" or a mechanism."""
        if how == "LOGIN command":
            return self.login(user, password)
        return self.authenticate(how, user, password, **kwargs)

    def read_bye(self):
        """The BYE and the close that follow a NO referral."""
        reply = parse_status(self.read_line())
        if (reply.tag, reply.status) != ("*", "BYE"):
            raise ProtocolError(f"BYE expected: {reply.raw!r}")
        rest = self.read_to_end()
        if rest:
            raise ProtocolError(f"data after BYE: {rest!r}")
        return reply

    def select_inbox(self):
        """Is this a session with a mailbox?"""
        reply = self.command("SELECT INBOX")
        if reply.status != "OK":
            raise ProtocolError(f"SELECT: {reply.raw!r}")
        return reply

    def quit(self):
        reply = self.command("LOGOUT")
        self.close()
        return reply


class Journey(NamedTuple):
    client: Client
    reply: Reply
    # the clients of all servers asked, the last one included
    clients: tuple
    hops: int


def follow(connect, host, port, how, user, password, **kwargs):
    """Log in and follow referrals as RFC 2221 says. connect(host, port)
    returns a Client. Returns a Journey."""
    clients = []
    while True:
        client = connect(host, port)
        clients.append(client)
        reply = client.log_in(how, user, password, **kwargs)
        if reply.code != "REFERRAL" or reply.status != "NO":
            return Journey(client, reply, tuple(clients), len(clients) - 1)
        if len(clients) > MAX_HOPS:
            raise ProtocolError(f"more than {MAX_HOPS} referrals")
        url = reply.url
        host, port, user = url.host, url.port, url.user
        if url.auth not in (None, "*"):
            how = url.auth
