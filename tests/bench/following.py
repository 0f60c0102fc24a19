"""A directory's changes and when a server knows of them: an LDAP client that
writes, a line to the auth process that asks, searches that persist."""

import os
import socket
import subprocess
import sys
import threading
import time

from common import ADMIN_DN, ADMIN_PASSWORD, SUFFIX
from lib.slapd import user_dn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "fault"))

import ber  # noqa: E402  pylint: disable=wrong-import-position

_MODIFY_REQUEST, _MODIFY_RESPONSE = 0x66, 0x67
_REPLACE = 2
_HELLO = b"VERSION\tlogin-referral\t1\t0\n"


class Writer:
    """One connection to a slapd, as its administrator."""

    def __init__(self, slapd):
        self._sock = socket.create_connection((slapd.address, slapd.port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._msgid, self._data = 0, b""
        self._ask(ber.BIND_REQUEST, ber.integer(3) + ber.tlv(
            4, ADMIN_DN.encode()) + ber.tlv(0x80, ADMIN_PASSWORD.encode()))

    def _ask(self, tag, body):
        """Returns when the answer is there, which has to be success."""
        self._msgid += 1
        self._sock.sendall(ber.message(self._msgid, ber.tlv(tag, body)))
        while (found := ber.split(self._data)) is None:
            self._data += self._sock.recv(65536)
        _, message, self._data = found
        _, _, operation = ber.split(message)
        _, result, _ = ber.split(operation)
        _, code, _ = ber.split(result)
        if int.from_bytes(code, "big") != 0:
            raise RuntimeError(f"LDAP result {code}")

    def set(self, uid, host):
        """Give uid another mailHost."""
        change = ber.integer(_REPLACE, 10) + ber.tlv(
            0x30, ber.tlv(4, b"mailHost") + ber.tlv(
                0x31, ber.tlv(4, host.encode())))
        self._ask(_MODIFY_REQUEST, ber.tlv(4, user_dn(uid).encode()) +
                  ber.tlv(0x30, ber.tlv(0x30, change)))

    def close(self):
        self._sock.close()


class Asker:
    """A line to the auth process of a server."""

    def __init__(self, server):
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.connect(f"{server.dir}/run/login-referral")
        self._file = self._sock.makefile("rb")
        self._file.readline()
        self._sock.sendall(_HELLO)
        self._id = 0

    def home(self, user):
        """Where a session of this user belongs now, and who says so."""
        self._id += 1
        self._sock.sendall(f"EXPLAIN\t{self._id}\t{user}\tsession_user=yes\n"
                           .encode())
        words = self._file.readline().decode().rstrip("\n").split("\t")
        answer = dict(word.split("=", 1) for word in words if "=" in word)
        return answer.get("home"), answer.get("source")

    def wait(self, user, home):
        """Until it knows: that moment."""
        while True:
            found, source = self.home(user)
            if found == home:
                if source != "mirror":
                    raise RuntimeError(f"{source} has answered")
                return time.monotonic()

    def close(self):
        self._file.close()
        self._sock.close()


class Changes:
    """So many a second, in the background, of users whose numbers are odd."""

    def __init__(self, slapd, rate, users):
        self._writer, self._rate = Writer(slapd), rate
        self._names = [user.name for user in users[1::2]]
        self.count = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self._writer.close()

    def _run(self):
        began = time.monotonic()
        while not self._stop.is_set():
            name = self._names[self.count * 7919 % len(self._names)]
            self._writer.set(name, f"imap{self.count % 50}.example.com")
            self.count += 1
            self._stop.wait(max(0, began + self.count / self._rate -
                                time.monotonic()))


class Followers:
    """So many searches that persist, by processes that throw away what they
    are told."""

    def __init__(self, slapd, count):
        argv = ["ldapsearch", "-x", "-H", slapd.uri, "-D", ADMIN_DN, "-w",
                ADMIN_PASSWORD, "-b", SUFFIX, "-E", "sync=rp", "-LLL",
                "(uid=*)", "uid", "mailHost"]
        self._popens = [subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env=dict(os.environ, LDAPNOINIT="1")) for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for popen in self._popens:
            popen.terminate()
        for popen in self._popens:
            popen.wait()
