"""Just enough of POP3 (RFC 1939, 2449) for logins."""

import base64
import socket

from .client import Closed, ProtocolError, new_source
from .process import DEADLINE_SECS


class Pop3:
    def __init__(self, address, port):
        self.address, self.port = address, port
        self.dialogue = []
        self._sock = socket.create_connection(
            (address, port), DEADLINE_SECS, (new_source(), 0))
        self._file = self._sock.makefile("rb")
        self.greeting = self.read()

    def read(self):
        """A status line: (True or False, text)."""
        line = self._file.readline(10240)
        if not line:
            raise Closed("connection closed")
        self.dialogue.append("S: " + line.decode("utf-8", "replace").rstrip())
        if not line.endswith(b"\r\n") or any(
                octet < 32 or octet > 126 for octet in line[:-2]):
            raise ProtocolError(f"bad line {line!r}")
        text = line[:-2].decode()
        for word, value in (("+OK", True), ("-ERR", False), ("+ ", None)):
            if text.startswith(word):
                return value, text[len(word):].strip()
        raise ProtocolError(f"neither +OK nor -ERR: {line!r}")

    def command(self, text):
        self.dialogue.append("C: " + text)
        self._sock.sendall(text.encode() + b"\r\n")
        return self.read()

    def login(self, user, password):
        first = self.command(f"USER {user}")
        return self.command(f"PASS {password}") if first[0] else first

    def auth_plain(self, user, password):
        message = f"\0{user}\0{password}".encode()
        return self.command(
            "AUTH PLAIN " + base64.b64encode(message).decode())

    def close(self):
        self._file.close()
        self._sock.close()
