"""An X display of its own (Xvfb), for programs with windows."""

import contextlib
import glob
import os
import signal
import subprocess

from lib.process import run
from lib import wait_for

PROGRAMS = tuple(f"/usr/bin/{name}" for name in (
    "Xvfb", "xdotool", "openbox", "import", "dbus-run-session"))
PACKAGES = "xvfb xdotool openbox imagemagick dbus"


def _kill_all_of(home):
    """Processes with this HOME. Returns whether there was one."""
    variable, found = f"HOME={home}", False
    for path in glob.glob("/proc/[0-9]*/environ"):
        with contextlib.suppress(OSError):
            with open(path, "rb") as file:
                if variable.encode() in file.read().split(b"\0"):
                    os.kill(int(path.split("/")[2]), signal.SIGKILL)
                    found = True
    return found


def end_all_of(home):
    """The programs of the user with this HOME. They leave daemons behind,
    which have it from them."""
    wait_for(lambda: not _kill_all_of(home), "the end of all programs")


class Display:
    """With a window manager, since programs wait for the focus. env: of the
    programs on it."""

    def __init__(self, env, cwd):
        self.env, self._cwd = dict(env), cwd
        self._processes = []

    def __enter__(self):
        read, write = os.pipe()
        self._processes.append(subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1200x800x24",
             "-nolisten", "tcp"], pass_fds=(write,),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        os.close(write)
        with os.fdopen(read) as file:
            self.env["DISPLAY"] = ":" + file.readline().strip()
        self.start("openbox")
        wait_for(lambda: self._xdotool("getactivewindow") or
                 self._xdotool("getwindowfocus"), "the window manager")
        return self

    def __exit__(self, *_):
        end_all_of(self.env["HOME"])
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, *argv):
        """A program that goes on until the display ends."""
        with open(os.path.join(self._cwd, "output"), "ab") as output:
            process = subprocess.Popen(
                argv, env=self.env, cwd=self._cwd, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output)
        self._processes.append(process)
        return process

    def _xdotool(self, *args):
        done = subprocess.run(["xdotool", *args], env=self.env, text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
        return done.stdout.split()

    def titles(self):
        """Of all windows that have one."""
        found = []
        for window in self._xdotool("search", "--onlyvisible", "--name", "."):
            done = subprocess.run(
                ["xdotool", "getwindowname", window], env=self.env, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                check=False)
            found.append(done.stdout.strip())
        return found

    def find(self, title):
        """The newest window whose title matches, or None."""
        windows = self._xdotool("search", "--onlyvisible", "--name", title)
        return windows[-1] if windows else None

    def type_into(self, window, text, *keys):
        """text, these keys and Return, as the user would."""
        self._xdotool("windowactivate", "--sync", window)
        self._xdotool("type", "--delay", "30", text)
        self._xdotool("key", "--delay", "30", *keys, "Return")

    def picture(self, path):
        run(["import", "-window", "root", path], self.env)
