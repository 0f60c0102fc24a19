"""Processes, ports, logs and waiting: what every server here needs."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import time

# Generous: the machine may be busy with other builds. Nothing waits this long
# unless something is broken.
DEADLINE_SECS = 30
_PR_SET_PDEATHSIG = 1


class Timeout(Exception):
    """What was waited for did not happen."""


def wait_for(condition, what, secs=DEADLINE_SECS):
    """Poll condition() until it is true; return its value."""
    deadline = time.monotonic() + secs
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Timeout(f"waited {secs} s for {what}")
        time.sleep(0.01)  # style: poll


class Ports:
    """Free TCP ports. Each is kept bound (not listening, SO_REUSEADDR), so
    that nobody else is given it, while a server that sets SO_REUSEADDR as all
    of ours do can still listen there.

    REFERRAL_TEST_PORTS=FIRST-LAST keeps to a range, of which each worker of
    pytest-xdist has a part.
    """

    def __init__(self):
        self._kept = []
        text = os.environ.get("REFERRAL_TEST_PORTS")
        self._range = None
        if text:
            first, last = map(int, text.split("-"))
            worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
            workers = os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
            self._range = list(range(first + int(worker[2:]), last + 1,
                                     int(workers)))
            random.shuffle(self._range)

    def take(self, address):
        sock = socket.socket()
        if self._range is None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, 0))
        else:
            self._bind_in_range(sock, address)
        self._kept.append(sock)
        return sock.getsockname()[1]

    def _bind_in_range(self, sock, address):
        while self._range:
            port = self._range.pop()
            try:
                # without SO_REUSEADDR: refused if anyone keeps it
                sock.bind((address, port))
            except OSError:
                continue
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return
        raise Timeout("no free port in REFERRAL_TEST_PORTS")

    def close(self):
        for sock in self._kept:
            sock.close()


class Log:
    """A growing log file."""

    def __init__(self, path):
        self.path = path

    def mark(self):
        """A place to read on from."""
        try:
            return os.path.getsize(self.path)
        except FileNotFoundError:
            return 0

    def text(self, since=0):
        try:
            with open(self.path, "rb") as file:
                file.seek(since)
                return file.read().decode("utf-8", "backslashreplace")
        except FileNotFoundError:
            return ""

    def lines(self, since=0):
        return self.text(since).splitlines()

    def wait(self, words, since=0, secs=DEADLINE_SECS):
        """Wait for a line that holds all words; return it."""
        if isinstance(words, str):
            words = [words]

        def found():
            for line in self.lines(since):
                if all(word in line for word in words):
                    return line
            return None
        return wait_for(found, f"{words} in {self.path}", secs)

    def tail(self, count=60):
        return "\n".join(self.lines()[-count:])


def cpu_secs(pid):
    """What this process has used until now."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


def _die_with_parent():
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """One server in the foreground, in a session of its own. Its output goes
    to a log file."""

    def __init__(self, argv, log_path, env=None, cwd=None):
        self.argv = argv
        with open(log_path, "ab") as log:
            self._popen = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, env=env, cwd=cwd,
                start_new_session=True, preexec_fn=_die_with_parent)
        self.pid = self._popen.pid
        self.log = Log(log_path)

    def is_alive(self):
        return self._popen.poll() is None

    def check(self):
        """Raise if it has ended."""
        if not self.is_alive():
            raise Timeout(f"{self.argv[0]} ended with "
                          f"{self._popen.returncode}:\n{self.log.tail()}")
        return True

    def signal(self, number):
        if self.is_alive():
            os.kill(self.pid, number)

    def freeze(self):
        """Its threads stop when they are scheduled, not when the signal is
        sent: until then one of them may still answer."""
        self.signal(signal.SIGSTOP)
        wait_for(lambda: all(state == "T" for state in self._states()),
                 f"all threads of {self.pid} to stop")

    def _states(self):
        """Of each thread: proc(5), stat."""
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/stat",
                      encoding="utf-8", errors="replace") as file:
                yield file.read().rpartition(")")[2].split()[0]

    def stop(self, secs=DEADLINE_SECS):
        """SIGTERM, then SIGKILL for it and what it left behind. Returns True
        if the SIGTERM was enough."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self._popen.wait(secs)
            clean = True
        except subprocess.TimeoutExpired:
            clean = False
        for pid in self.session():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._popen.wait(secs)
        wait_for(lambda: not self.session(), f"the end of {self.argv[0]}")
        return clean

    def kill(self):
        """No goodbye."""
        self.signal(signal.SIGKILL)
        self.stop()

    def session(self):
        """The pids of this process and its descendants."""
        return [pid for pid, stat in _all_processes()
                if stat[3] == str(self.pid) and stat[0] != "Z"]


def _all_processes():
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8",
                      errors="replace") as file:
                text = file.read()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # after "pid (name) ": state ppid pgrp session
        yield int(name), text[text.rindex(")") + 2:].split()


def run(argv, env=None, text_input=None, check=True, secs=4 * DEADLINE_SECS):
    """Run a tool to its end; its output is in the error if it fails."""
    done = subprocess.run(argv, env=env, input=text_input, text=True,
                          stdin=None if text_input else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=secs, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, argv))} failed with "
                           f"{done.returncode}:\n{done.stdout}")
    return done
