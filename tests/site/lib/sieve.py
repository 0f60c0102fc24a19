"""A strict ManageSieve client (RFC 5804 section 4): what does not follow the
grammar is a ProtocolError."""

import base64
import re
from typing import NamedTuple, Optional

from . import sasl
from .client import Client, ProtocolError
from .url import Url, parse_url

_QUOTED = rb'"(?:[\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\["\\])*"'
_RESPONSE = re.compile(
    rb"(?P<status>OK|NO|BYE)"
    rb"(?: \((?P<code>[A-Z/-]+)(?: (?P<arg>" + _QUOTED + rb"))?\))?"
    rb"(?: (?P<text>" + _QUOTED + rb"))?")
_CAPABILITY = re.compile(rb"(" + _QUOTED + rb")(?: (" + _QUOTED + rb"))?")
_QUOTED_MAX = 1024


class Response(NamedTuple):
    status: str
    code: Optional[str]
    arg: Optional[str]
    text: Optional[str]
    raw: bytes
    url: Optional[Url] = None
    capabilities: Optional[dict] = None


def unquote(quoted):
    if quoted is None:
        return None
    value = re.sub(rb"\\(.)", rb"\1", quoted[1:-1])
    if len(quoted) - 2 > _QUOTED_MAX:
        raise ProtocolError(f"quoted string too long: {quoted!r}")
    return value.decode()


def parse_response(line, capabilities=None):
    match = _RESPONSE.fullmatch(line)
    if match is None:
        raise ProtocolError(f"not a response: {line!r}")
    code = match["code"].decode() if match["code"] else None
    arg = unquote(match["arg"])
    url = None
    if code == "REFERRAL":
        try:
            url = parse_url(arg or "")
        except ValueError as error:
            raise ProtocolError(f"{error} in {line!r}") from None
        if url.scheme != "sieve":
            raise ProtocolError(f"not a sieve URL: {line!r}")
    return Response(match["status"].decode(), code, arg,
                    unquote(match["text"]), line, url, capabilities)


class SieveClient(Client):
    """tls: None or "starttls". The greeting is a Response, with the
    capabilities before it."""

    def __init__(self, address, port, tls=None, context=None, name=None,
                 greet=True, **kwargs):
        super().__init__(address, port, None, context, name, greet=False,
                         **kwargs)
        if greet:
            self.greeting = self.read_capabilities()
        if tls == "starttls":
            if self.command("STARTTLS").status != "OK":
                raise ProtocolError("STARTTLS refused")
            self.start_tls()
            self.greeting = self.read_capabilities()

    def read_capabilities(self):
        found = {}
        while True:
            line = self.read_line()
            match = _CAPABILITY.fullmatch(line)
            if match is None:
                return parse_response(line, found)
            found[unquote(match[1]).upper()] = unquote(match[2])

    def command(self, text):
        self.send_line(text)
        return self.read_response()

    def read_response(self):
        return parse_response(self.read_line())

    def authenticate(self, mechanism, user=b"", password=b"", ir=True,
                     **kwargs):
        mech = sasl.create(mechanism, user=user.encode(),
                           password=password.encode(), **kwargs)
        command = f'AUTHENTICATE "{mechanism}"'
        if ir and mech.initial:
            first = base64.b64encode(mech.respond(b"")).decode()
            command += f' "{first}"'
        self.send_line(command)
        while True:
            line = self.read_line()
            if not line.startswith(b'"'):
                return parse_response(line)
            challenge = base64.b64decode(unquote(line), validate=True)
            answer = base64.b64encode(mech.respond(challenge)).decode()
            self.send_line(f'"{answer}"')

    def read_bye(self):
        """The BYE before a close."""
        response = self.read_response()
        if response.status != "BYE":
            raise ProtocolError(f"BYE expected: {response.raw!r}")
        rest = self.read_to_end()
        if rest:
            raise ProtocolError(f"data after BYE: {rest!r}")
        return response
