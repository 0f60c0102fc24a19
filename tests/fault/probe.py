"""Runs ldap-probe and collects what it says."""

import json
import os
import subprocess
import threading
import time
from typing import NamedTuple, Optional

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.abspath(os.environ.get("REFERRAL_BUILD", TOP))
PROGRAM = os.path.join(BUILD, "tests", "fault", "ldap-probe")

# referral_ldap_timeout's and _connect_timeout's defaults
TIMEOUT_MSECS, CONNECT_TIMEOUT_MSECS = 2000, 1500
# What a busy machine may add. The assertions are about logic: nothing hangs
# and nothing blocks. The figures are in the report.
SLACK_MSECS = 400
# Generous: nothing waits so long unless something is broken.
DEADLINE_SECS = 30


_WITH_RESOLV_CONF = """mount --bind "$1" /etc/resolv.conf
shift
exec "$@"
"""


def _unshare():
    """"private" fails in a chroot that is no mount point."""
    for kind in ("private", "unchanged"):
        argv = ["unshare", "--mount", "--propagation", kind]
        if subprocess.run(argv + ["true"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0:
            return argv
    raise AssertionError("no mount namespace to be had")


class Result(NamedTuple):
    # milliseconds since the start, and until the result
    at: float
    msecs: float
    status: str
    values: Optional[list]
    error: Optional[str]
    # of a lookup, with a mirror
    source: str


class Probe:
    """with Probe(uri, ..., rate=50, starttls=True, dn="...") as probe: ...

    resolv_conf: what it finds in the place of the system's."""

    def __init__(self, *uris, rate=50, resolv_conf=None, **options):
        argv = [PROGRAM, "--rate", str(rate)]
        if resolv_conf is not None:
            argv = [*_unshare(), "sh", "-ec", _WITH_RESOLV_CONF, "sh",
                    resolv_conf, *argv]
        for name, value in options.items():
            argv.append("--" + name.replace("_", "-"))
            if value is not True:
                argv.append(str(value))
        self.results, self.logs = [], []
        # the status of each answer that came after its search had failed
        self.late = []
        self.summary = self.init_error = None
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            argv + list(uris), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="backslashreplace")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _read(self):
        for line in self._process.stdout:
            self._add(json.loads(line))
        with self._changed:
            self._changed.notify_all()

    def _add(self, event):
        with self._changed:
            if "log" in event:
                self.logs.append((event["log"], event["text"]))
            elif "late" in event:
                self.late.append(event["status"])
            elif "init_error" in event:
                self.init_error = event["init_error"]
            elif "started" in event:
                self.summary = event
            elif self.summary is None:
                # the others were aborted by the end of the run
                self.results.append(Result(**event))
            self._changed.notify_all()

    def wait(self, condition, what, secs=DEADLINE_SECS):
        """Wait until condition(self) is true; return its value."""
        deadline = time.monotonic() + secs
        with self._changed:
            while True:
                value = condition(self)
                if value:
                    return value
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise AssertionError(
                        f"waited {secs} s for {what}: {self.results[-3:]} "
                        f"{self.logs[-3:]} {self._process.poll()}")

    def wait_results(self, count):
        """Wait for so many results from now on; return them."""
        first = len(self.results)
        self.wait(lambda _: len(self.results) >= first + count,
                  f"{count} results")
        return self.results[first:]

    def wait_status(self, status, count=1):
        """Wait for so many results of a kind in a row, from now on."""
        first = len(self.results)

        def found(_):
            last = self.results[first:][-count:]
            return len(last) == count and \
                all(result.status == status for result in last)
        self.wait(found, f"{count} times {status}")

    def stop(self):
        """The end of the run. Raises if the probe did not end well."""
        if self._process.stdin.closed:
            return
        self._process.stdin.close()
        try:
            status = self._process.wait(DEADLINE_SECS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        self._reader.join()
        errors = self._process.stderr.read()
        self._process.stdout.close()
        self._process.stderr.close()
        if status != 0 or errors:
            raise AssertionError(f"ldap-probe: status {status}: {errors}")

    def errors(self):
        """What was logged as an error."""
        return [text for level, text in self.logs if level == "error"]
