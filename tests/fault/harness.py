"""What the test files share: the site tests' servers, checks, the report."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "site"))

# pylint: disable=wrong-import-position,unused-import
from lib import Pki, Slapd, User  # noqa: E402,F401
from lib.dovecot import version  # noqa: E402,F401
from lib.process import Ports  # noqa: E402,F401
from probe import SLACK_MSECS, TIMEOUT_MSECS  # noqa: E402

# A turn of the loop may take long where others run, too.
MAX_GAP_MSECS = 250


def check_run(test, probe):
    """Whatever happens: no lookup takes too long, no turn either."""
    probe.stop()
    for result in probe.results:
        test.assertLessEqual(result.msecs, TIMEOUT_MSECS + SLACK_MSECS)
    test.assertLess(probe.summary["max_gap"], MAX_GAP_MSECS)


def report(name, servers, probe, recovery=None):
    """Add a line to the file REFERRAL_FAULT_REPORT, if there is one."""
    path = os.environ.get("REFERRAL_FAULT_REPORT")
    if path is None:
        return
    worst = max(result.msecs for result in probe.results)
    line = (f"{name:34} {servers:14} {worst:5.0f} ms worst lookup, "
            f"{probe.summary['max_gap']:4.0f} ms longest turn")
    if recovery is not None:
        line += f", {recovery:.2f} s to recover"
    with open(path, "a", encoding="utf-8") as file:
        file.write(line + "\n")
