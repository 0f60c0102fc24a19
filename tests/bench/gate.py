"""A gate in front of a slapd: open until a fault begins, and open again when
it ends."""

import socket
import struct
import threading
import time

# RFC 4511: protocolOp tags and result codes
_BIND_RESPONSE, _SEARCH_ENTRY, _SEARCH_DONE = 0x61, 0x64, 0x65
_EXTENDED_RESPONSE = 0x78
_BUSY, _INVALID_CREDENTIALS, _UNAVAILABLE = 51, 49, 52
_NOTICE_OID = b"1.3.6.1.4.1.1466.20036"


class Gate:
    """Listens on port for the slapd on port target."""

    def __init__(self, port, target, address="127.0.0.1"):
        self.address, self._target = address, target
        self.port = port
        self.fault = None
        # set while there is no fault
        self.open = threading.Event()
        self.open.set()
        self._lock = threading.Lock()
        self._connections, self._fillers = set(), []
        self._listener = None
        self.listen()

    def uri(self, scheme="ldap"):
        return f"{scheme}://{self.address}:{self.port}"

    # what faults do

    def listen(self):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self.address, self.port))
        self._listener.listen(64)
        threading.Thread(target=self._accept, args=(self._listener,),
                         daemon=True).start()

    def refuse(self):
        """Nobody listens any more."""
        # wakes up accept()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None

    def swallow(self):
        """A SYN gets no answer: nobody accepts, and the backlog is full."""
        self.refuse()
        hole = socket.socket()
        hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hole.bind((self.address, self.port))
        hole.listen(0)
        self._fillers = [hole]
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.address, self.port))
            self._fillers.append(filler)

    def cut(self):
        """Every connection."""
        with self._lock:
            connections, self._connections = self._connections, set()
        for sock in connections:
            _reset(sock)

    def begin(self, fault):
        self.fault = fault
        self.open.clear()
        if fault.begin:
            fault.begin(self)

    def end(self):
        fault, self.fault = self.fault, None
        for filler in self._fillers:
            filler.close()
        self._fillers = []
        if self._listener is None:
            self.listen()
        self.open.set()
        if fault.heals:
            return
        self.cut()

    def close(self):
        if self._listener is not None:
            self.refuse()
        self.cut()

    # connections

    def _accept(self, listener):
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _serve(self, client):
        with self._lock:
            self._connections.add(client)
        try:
            server = socket.create_connection((self.address, self._target))
        except OSError:
            self._forget(client)
            return
        threading.Thread(target=self._upstream, args=(client, server),
                         daemon=True).start()
        self._downstream(client, server)

    def _upstream(self, client, server):
        """To the slapd: whatever a fault does, it does to the answers."""
        try:
            while data := client.recv(65536):
                server.sendall(data)
        except OSError:
            pass
        server.close()

    def _downstream(self, client, server):
        answers = 0
        try:
            while data := server.recv(65536):
                fault = self.fault
                if fault is None:
                    client.sendall(data)
                else:
                    fault.answer(self, client, data, answers)
                answers += 1
        except OSError:
            pass
        self._forget(client)

    def _forget(self, client):
        with self._lock:
            self._connections.discard(client)
        client.close()


def _reset(sock):
    """Close with a RST."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RD)
    except OSError:
        pass
    sock.close()


# LDAP


def _tlv(tag, value):
    size = len(value)
    if size < 128:
        return bytes([tag, size]) + value
    return bytes([tag, 0x84]) + struct.pack(">I", size) + value


def _result(message_id, tag, code, more=b""):
    """message_id: as it is encoded, with tag and length."""
    return _tlv(0x30, message_id + _tlv(tag, _tlv(10, bytes([code])) +
                                        _tlv(4, b"") + _tlv(4, b"") + more))


def _messages(data):
    """(encoded message id, protocolOp tag, encoded message) of each that is
    complete."""
    while len(data) > 2:
        size, head = data[1], 2
        if size & 0x80:
            head += size & 0x7f
            size = int.from_bytes(data[2:head], "big")
        if len(data) < head + size:
            return
        id_end = head + 2 + data[head + 1]
        yield data[head:id_end], data[id_end], data[:head + size]
        data = data[head + size:]


def messages(data):
    """(protocolOp tag, encoded message) of each that is complete."""
    for _, tag, message in _messages(data):
        yield tag, message


# faults: answer(gate, client, data, number) instead of sending data, which is
# the slapd's number-th answer on this connection


def _forward(_gate, client, data, _number):
    client.sendall(data)


def _hold(gate, client, data, _number):
    gate.open.wait()
    client.sendall(data)


def _hold_after_first(gate, client, data, number):
    if number > 0:
        gate.open.wait()
    client.sendall(data)


def _trickle(gate, client, data, _number):
    for octet in data:
        client.sendall(bytes([octet]))
        gate.open.wait(0.02)


def _garbage(_gate, client, _data, _number):
    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def _huge(_gate, client, _data, _number):
    client.sendall(b"\x30\x84\x7f\xff\xff\xf0" + bytes(1000))


def _reset_in_answer(_gate, client, data, number):
    if number == 0:
        # the bind's
        client.sendall(data)
        return
    client.sendall(data[:len(data) // 2])
    # it is read before the RST comes
    time.sleep(0.02)
    _reset(client)


def _notice(_gate, client, _data, _number):
    client.sendall(_result(_tlv(2, b"\0"), _EXTENDED_RESPONSE, _UNAVAILABLE,
                           _tlv(0x8a, _NOTICE_OID)))
    client.shutdown(socket.SHUT_WR)


def _instead(tags, code, message_id=None):
    """Messages with these tags are answered by a result with this code."""
    def answer(_gate, client, data, _number):
        out = b""
        for real_id, tag, message in _messages(data):
            if tag not in tags:
                out += message
            elif tag != _SEARCH_ENTRY:
                out += _result(message_id or real_id, tag, code)
        client.sendall(out)
    return answer


class Fault:
    """begin(gate): what happens at the start. heals: connections of that time
    go on afterwards. scheme, starttls: how the directory is asked. slapd:
    (begin, end) of what happens to the slapd itself."""

    def __init__(self, name, answer=_forward, begin=None, heals=False,
                 scheme="ldap", starttls=False, slapd=(None, None)):
        self.name, self.answer, self.begin = name, answer, begin
        self.heals, self.scheme, self.starttls = heals, scheme, starttls
        self.slapd = slapd


def _refuse_and_cut(gate):
    gate.refuse()
    gate.cut()


_SEARCH = (_SEARCH_ENTRY, _SEARCH_DONE)

FAULTS = [
    Fault("none"),
    Fault("refused", begin=_refuse_and_cut),
    Fault("SYN black hole", _hold, Gate.swallow, heals=True),
    Fault("SYN black hole, cut", begin=lambda gate: (gate.swallow(),
                                                     gate.cut())),
    Fault("accepts, silent", _hold, Gate.cut, heals=True),
    Fault("silent in ldaps handshake", _hold, Gate.cut, scheme="ldaps"),
    Fault("silent in StartTLS", _hold_after_first, Gate.cut, starttls=True),
    Fault("TLS by the byte", _trickle, Gate.cut, scheme="ldaps"),
    Fault("slapd frozen", slapd=("freeze", "thaw"), heals=True),
    Fault("answers by the byte", _trickle, heals=True),
    Fault("garbage", _garbage),
    Fault("2 GB message", _huge),
    Fault("reset in the answer", _reset_in_answer),
    Fault("notice of disconnection", _notice),
    Fault("answers to other ids",
          _instead(_SEARCH, 0, _tlv(2, b"\x00\x7f\xff\xff"))),
    Fault("busy", _instead(_SEARCH, _BUSY)),
    Fault("invalid credentials",
          _instead((_BIND_RESPONSE,), _INVALID_CREDENTIALS), Gate.cut),
    Fault("slapd stops, starts again", slapd=("stop", "start")),
]
