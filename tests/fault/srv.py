"""A DNS server that knows SRV records and nothing else (RFC 1035, 2782)."""

import os
import random
import socket
import struct
import threading
from typing import NamedTuple

SRV, IN, NXDOMAIN = 33, 1, 3


class Record(NamedTuple):
    priority: int
    weight: int
    port: int
    target: str


def _encode(name):
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.split(".") if label) + b"\0"


def _question(message):
    """The name that is asked for, and where the question ends."""
    labels, pos = [], 12
    while message[pos]:
        labels.append(message[pos + 1:pos + 1 + message[pos]].decode())
        pos += 1 + message[pos]
    return ".".join(labels).lower(), pos + 5


class SrvServer:
    """with SrvServer(folder) as dns: dns.names["_ldap._tcp.x"] = [Record(...)]

    A name that is not there: no such name; None: no answer at all.
    resolv_conf: a file that names this server."""

    def __init__(self, folder, ttl=60):
        self.names, self.asked, self.ttl = {}, 0, ttl
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._bind()
        self.resolv_conf = os.path.join(folder, "resolv.conf")
        with open(self.resolv_conf, "w", encoding="ascii") as file:
            file.write(f"nameserver {self._sock.getsockname()[0]}\n")

    def _bind(self):
        # the port is always 53
        while True:
            address = "127." + ".".join(str(random.randint(1, 254))
                                        for _ in range(3))
            try:
                self._sock.bind((address, 53))
                return
            except OSError:
                continue

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._sock.close()

    def _serve(self):
        while True:
            try:
                message, client = self._sock.recvfrom(4096)
            except OSError:
                return
            answer = self._answer(message)
            if answer is not None:
                self._sock.sendto(answer, client)

    def _answer(self, message):
        name, end = _question(message)
        self.asked += 1
        records = self.names.get(name, [])
        if records is None:
            return None
        code = 0 if name in self.names else NXDOMAIN
        answer = message[:2] + struct.pack(
            ">HHHHH", 0x8580 | code, 1, len(records), 0, 0) + message[12:end]
        for record in records:
            data = struct.pack(">HHH", *record[:3]) + _encode(record.target)
            answer += struct.pack(">HHHIH", 0xc00c, SRV, IN, self.ttl,
                                  len(data)) + data
        return answer
