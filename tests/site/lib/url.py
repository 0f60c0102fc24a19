"""IMAP and ManageSieve server URLs, by the grammar alone (RFC 5092)."""

import re
from typing import NamedTuple, Optional
from urllib.parse import unquote_to_bytes

# RFC 3986 2.3 unreserved, 2.2 sub-delims without ";" (RFC 5092: achar is
# uchar / "&" / "="; uchar = unreserved / sub-delims-sh / pct-encoded)
_UCHAR = r"(?:[A-Za-z0-9\-._~!$'()*+,]|%[0-9A-Fa-f]{2})"
_ACHAR = rf"(?:{_UCHAR}|[&=])"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9\-_.]*[A-Za-z0-9])?"
_IPV6 = r"\[[0-9A-Fa-f:.]+\]"
_URL = re.compile(
    rf"(?P<scheme>imap|sieve)://"
    rf"(?:(?P<user>{_ACHAR}+)?(?:;AUTH=(?P<auth>\*|{_ACHAR}+))?@)?"
    rf"(?P<host>{_NAME}|{_IPV6})"
    rf"(?::(?P<port>[0-9]+))?"
    rf"(?P<path>/?)")
DEFAULT_PORT = {"imap": 143, "sieve": 4190}


class Url(NamedTuple):
    text: str
    scheme: str
    # octets, or None
    user: Optional[bytes]
    # "*", a mechanism, or None
    auth: Optional[str]
    # without brackets
    host: str
    port: int
    has_port: bool


def parse_url(text):
    """Returns a Url; raises ValueError if text is not one server URL."""
    match = _URL.fullmatch(text)
    if match is None:
        raise ValueError(f"not a server URL: {text!r}")
    scheme = match["scheme"]
    if scheme == "imap" and match["path"] != "/":
        raise ValueError(f"no trailing slash: {text!r}")
    port = int(match["port"]) if match["port"] else DEFAULT_PORT[scheme]
    if not 0 < port < 65536:
        raise ValueError(f"bad port: {text!r}")
    user = match["user"]
    if user is not None:
        user = unquote_to_bytes(user)
    auth = match["auth"]
    if auth not in (None, "*"):
        auth = unquote_to_bytes(auth).decode("ascii")
    return Url(text, scheme, user, auth, match["host"].strip("[]"), port,
               match["port"] is not None)
