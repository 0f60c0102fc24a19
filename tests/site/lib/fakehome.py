"""An IMAP server that says to a proxy's login what it is told to say."""

import socket
import threading

CAPABILITY = "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE"


class FakeHome:
    """greeting: its text after "* OK "; answers: the lines to the login, in
    which {tag} is its tag; capability: what CAPABILITY says. What the proxy
    sent is in lines."""

    def __init__(self, address, port, answers,
                 greeting=f"[CAPABILITY {CAPABILITY}] Ready.",
                 capability=CAPABILITY):
        self.greeting, self.answers = greeting, answers
        self.capability, self.lines = capability, []
        self._sock = socket.create_server((address, port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # wakes the thread that accepts
        self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def _accept(self):
        while True:
            try:
                conn, _ = self._sock.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,),
                             daemon=True).start()

    def _serve(self, conn):
        with conn, conn.makefile("rwb", buffering=0) as file:
            try:
                self._say(file, "* OK " + self.greeting)
                for line in file:
                    self._command(file, line.decode().rstrip("\r\n"))
            except OSError:
                pass

    @staticmethod
    def _say(file, *lines):
        file.write("".join(line + "\r\n" for line in lines).encode())

    def _command(self, file, line):
        self.lines.append(line)
        tag, _, command = line.partition(" ")
        name = command.upper().partition(" ")[0]
        if name == "CAPABILITY":
            self._say(file, "* CAPABILITY " + self.capability,
                      f"{tag} OK Done.")
        elif name in ("LOGIN", "AUTHENTICATE"):
            self._say(file, *(answer.format(tag=tag)
                              for answer in self.answers))
        else:
            self._say(file, f"{tag} OK Done.")
