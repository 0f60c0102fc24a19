"""One client of a peer, from the peer's side."""

import socket
import struct

import ber


class Closed(Exception):
    """The connection, or the peer, is at its end."""


class Connection:
    """One client. Handlers loop over requests() and call send()."""

    def __init__(self, peer, sock):
        self.peer, self.sock = peer, sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = ber.Reader()

    def send(self, data):
        self.sock.sendall(data)

    def requests(self):
        while True:
            data = self.sock.recv(65536)
            if not data:
                raise Closed
            for request in self._reader.feed(data):
                if request.tag == ber.UNBIND_REQUEST:
                    raise Closed
                yield request

    def searches(self):
        """Answer everything else as a healthy server does."""
        for request in self.requests():
            if request.tag == ber.SEARCH_REQUEST:
                yield request
            else:
                self.answer(request)

    def syncs(self):
        """The searches of mirrors; all else is answered."""
        for request in self.searches():
            if ber.SYNC_REQUEST in request.controls:
                yield request
            else:
                self.answer(request)

    def answer(self, request):
        if request.tag == ber.SEARCH_REQUEST and \
           ber.SYNC_REQUEST in request.controls:
            # and then whatever changes: nothing does
            self.send(ber.sync_entry(request.msgid) +
                      ber.refresh_done(request.msgid, b"rid=1"))
        elif request.tag == ber.SEARCH_REQUEST:
            self.send(ber.entry(request.msgid) + ber.response(request))
        elif request.tag == ber.EXTENDED_REQUEST:
            self.send(ber.response(request))
            self.start_tls()
        else:
            self.send(ber.response(request))

    def start_tls(self):
        # the old socket object is empty after this
        self.sock = self.peer.keep(self.peer.tls.wrap_socket(
            self.sock, server_side=True, do_handshake_on_connect=False))
        self.sock.do_handshake()

    def reset(self):
        """Close so that the other side gets a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()
        raise Closed

    def wait(self, secs=3600):
        """Do nothing, until the peer ends or this time is over."""
        if self.peer.stopped.wait(secs):
            raise Closed
