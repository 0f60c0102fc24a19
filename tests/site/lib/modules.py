"""Our modules beside the system's, without touching the system's folder.

Dovecot's auth and config processes load modules from a folder that is
compiled in. A copy of it with ours added is therefore mounted over it in a
mount namespace of the process that needs it: nobody else sees that.
"""

import fcntl
import os
import shutil
import subprocess

from .process import run

_MOUNT = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
# tells whether a mount made in the namespace shows outside of it
_PROBE = 'mount --bind "$1" "$2" && echo mounted && read -r go; umount "$2"'
_MARK = "of-the-test-site"


class NoNamespace(Exception):
    pass


def dovecot_config():
    """The variables of Dovecot's dovecot-config."""
    for path in ("/usr/lib/dovecot", "/usr/lib64/dovecot",
                 "/usr/local/lib/dovecot"):
        try:
            with open(f"{path}/dovecot-config", encoding="utf-8") as file:
                lines = [line.strip().partition("=") for line in file]
        except FileNotFoundError:
            continue
        return {name: value.strip("\"'") for name, equals, value in lines
                if equals}
    raise FileNotFoundError("dovecot-config: is dovecot-dev installed?")


def _make_install(build, stage):
    """One at a time: libtool links again, in the build tree."""
    with open(os.path.join(build, "config.status"), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        run(["make", "-s", "-C", build, "install", f"DESTDIR={stage}"])


class Modules:
    """directory: where the merged folder is made.

    stage: the DESTDIR of a `make install`; build: a configured and built
    tree from which one is made. Without both: Dovecot's own modules only.
    """

    def __init__(self, directory, stage=None, build=None):
        self.system = dovecot_config()["dovecot_moduledir"]
        self.dir = os.path.join(directory, "modules")
        shutil.copytree(self.system, self.dir, symlinks=True)
        if stage is None and build is not None:
            stage = os.path.join(directory, "stage")
            _make_install(build, stage)
        if stage is not None:
            shutil.copytree(stage + self.system, self.dir, symlinks=True,
                            dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("*.la"))
        with open(os.path.join(self.dir, _MARK), "w", encoding="ascii"):
            pass
        self._unshare = self._find_propagation()

    def _find_propagation(self):
        for kind in ("private", "unchanged"):
            argv = ["unshare", "--mount", "--propagation", kind]
            if subprocess.run(argv + ["true"], check=False,
                              stderr=subprocess.DEVNULL).returncode != 0:
                # "private" fails in a chroot that is no mount point
                continue
            if self._is_hidden(argv):
                return argv
        raise NoNamespace(
            "no private mount namespace to be had: run as root, and in a "
            "container with CAP_SYS_ADMIN (docker run --cap-add SYS_ADMIN "
            "--security-opt apparmor=unconfined)")

    def _is_hidden(self, argv):
        argv = argv + ["sh", "-c", _PROBE, "sh", self.dir, self.system]
        with subprocess.Popen(argv, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as probe:
            mounted = probe.stdout.readline() == b"mounted\n"
            leaks = os.path.exists(os.path.join(self.system, _MARK))
            probe.communicate(b"\n")
        return mounted and not leaks

    def wrap(self, argv):
        """argv in a world where the system's folder holds our modules. The
        process keeps its pid."""
        return self.mounted(self.dir, self.system, argv)

    def mounted(self, path, target, argv):
        """argv in a world where path is what is found at target."""
        return self._unshare + ["sh", "-c", _MOUNT, "sh", path, target, *argv]


class Resolving:
    """Modules whose programs know the names of more hosts, those in the file
    hosts, hosts(5)."""

    def __init__(self, modules, hosts):
        self._modules, self._hosts = modules, hosts

    def wrap(self, argv):
        return self._modules.wrap(
            self._modules.mounted(self._hosts, "/etc/hosts", argv))
