#!/usr/bin/env python3
"""LDAP servers that misbehave, each in one way:

    peer.py --list
    peer.py FAULT PORT [--cert FILE --key FILE [--ldaps]]

As a module: with Peer("silent", port): ...
"""

import argparse
import signal
import socket
import ssl
import sys
import threading

from connection import Closed, Connection
from faults import FAULTS
import mirror_faults  # noqa: F401  pylint: disable=unused-import

ADDRESS = "127.0.0.1"
# what happens before TLS could begin, or is TLS itself
_BEFORE_TLS = ("silent", "deaf", "closing")


class Peer:
    """A server with a fault. ldaps: TLS from the start. cert, key: files."""

    def __init__(self, name, port, cert=None, key=None, ldaps=False,
                 address=ADDRESS):
        self.name, self.port, self.ldaps = name, port, ldaps
        self.address = address
        self.handler = FAULTS[name]
        self.stopped = threading.Event()
        self.accepted = self.answered = self.synced = 0
        self._socks, self._threads = [], []
        self._lock = threading.Lock()
        # for those who do one thing at a time
        self.worker = threading.Lock()
        self.tls = None
        if cert is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(cert, key)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def keep(self, sock):
        """Close it when the peer ends."""
        with self._lock:
            self._socks.append(sock)
        return sock

    def start(self):
        listener = self.keep(socket.socket(
            socket.AF_INET6 if ":" in self.address else socket.AF_INET))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.address, self.port))
        if self.name == "refused":
            return
        listener.listen(0 if self.name == "black_hole" else 128)
        if self.name == "black_hole":
            self._fill_backlog()
        else:
            self._start_thread(self._accept, listener)

    def _start_thread(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _fill_backlog(self):
        """Until the kernel drops what else comes."""
        while True:
            sock = self.keep(socket.socket())
            sock.settimeout(0.2)
            try:
                sock.connect((self.address, self.port))
            except TimeoutError:
                return

    def _accept(self, listener):
        while True:
            try:
                sock = self.keep(listener.accept()[0])
            except OSError:
                return
            self.accepted += 1
            self._start_thread(self._serve, sock)

    def _serve(self, sock):
        conn = Connection(self, sock)
        try:
            if self.ldaps and self.name not in _BEFORE_TLS and \
               not self.name.startswith("tls_"):
                conn.start_tls()
            self.handler(conn)
        except (Closed, OSError):
            pass
        finally:
            for one in {conn.sock, sock}:
                with self._lock:
                    if one in self._socks:
                        self._socks.remove(one)
                one.close()

    def stop(self):
        self.stopped.set()
        with self._lock:
            socks, self._socks = self._socks, []
        for sock in socks:
            try:
                # Wakes the threads that wait for it. TLS has its own
                # shutdown(), which is nothing for two threads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self._threads:
            thread.join(5)
        for sock in socks:
            sock.close()


def main():
    parser = argparse.ArgumentParser(
        description="Be an LDAP server that misbehaves.")
    parser.add_argument("--list", action="store_true",
                        help="print what there is")
    parser.add_argument("--cert", help="certificate file, for TLS")
    parser.add_argument("--key", help="its key file")
    parser.add_argument("--ldaps", action="store_true",
                        help="TLS from the start")
    parser.add_argument("fault", nargs="?", choices=sorted(FAULTS))
    parser.add_argument("port", nargs="?", type=int)
    args = parser.parse_args()
    if args.list or args.port is None:
        for name, handler in FAULTS.items():
            print(f"{name:20} {handler.__doc__}")
        return 0 if args.list else 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Peer(args.fault, args.port, args.cert, args.key, args.ldaps):
        print("ready", flush=True)
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
