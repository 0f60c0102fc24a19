"""A program on a terminal of 80 x 24, which is tmux's."""

import os
import shlex
import subprocess

from lib.process import DEADLINE_SECS, run
from lib import Timeout, wait_for

PROGRAM = "/usr/bin/tmux"


class Terminal:
    def __init__(self, directory, argv, env):
        self._tmux = [PROGRAM, "-S", os.path.join(directory, "tmux"),
                      "-f", "/dev/null"]
        self._env = env
        # the last screen of a program that has ended is kept
        run(self._tmux + [
            "start-server", ";", "set", "-g", "remain-on-exit", "on", ";",
            "new-session", "-d", "-x", "80", "-y", "24", shlex.join(argv)],
            env)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(self._tmux + ["kill-server"], env=self._env,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=False)

    def screen(self):
        return run(self._tmux + ["capture-pane", "-p"], self._env).stdout

    def has_ended(self):
        return run(self._tmux + ["display", "-p", "#{pane_dead}"],
                   self._env).stdout.strip() == "1"

    def send(self, *keys):
        """Texts, or the names that tmux gives to keys, such as "Enter"."""
        run(self._tmux + ["send-keys", *keys], self._env)

    def wait(self, condition, what, secs=DEADLINE_SECS):
        """Until condition(screen) is true; returns its value."""
        try:
            return wait_for(lambda: condition(self.screen()), what, secs)
        except Timeout as error:
            raise Timeout(f"{error}; on the screen:\n{self.screen()}") from None
