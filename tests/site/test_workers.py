"""Auth workers need not know who this server is: they would wait for DNS."""

import os
import shutil
import socket
import subprocess

import pytest

from lib import PasswdFile, Referral, User, referral_settings
from lib.dovecot import version

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Writes down who asks for which name. */
static void note(const char *name)
{
    char cmdline[256], line[600];
    int fd = open("/proc/self/cmdline", O_RDONLY), i;
    ssize_t ret = fd == -1 ? 0 : read(fd, cmdline, sizeof(cmdline) - 1);

    if (fd != -1)
        close(fd);
    for (i = 0; i < ret; i++)
        if (cmdline[i] == '\0')
            cmdline[i] = ' ';
    cmdline[ret < 0 ? 0 : ret] = '\0';
    i = snprintf(line, sizeof(line), "%s: %s\n", cmdline,
                 name == NULL ? "" : name);
    fd = open(NAMES, O_WRONLY | O_APPEND);
    if (fd != -1) {
        if (write(fd, line, i) < 0)
            abort();
        close(fd);
    }
}

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **res)
{
    int (*next)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");

    note(node);
    return next(node, service, hints, res);
}

struct hostent *gethostbyname(const char *name)
{
    struct hostent *(*next)(const char *) =
        dlsym(RTLD_NEXT, "gethostbyname");

    note(name);
    return next(name);
}
"""


class Passwd(Referral):
    """The system's users, whom a worker is asked about. Unlike passdb ldap it
    has nothing that needs to know its host's name by itself."""

    driver = "passwd"

    def __init__(self):
        super().__init__(**({"use_worker": "yes"} if version() >= (2, 4)
                            else {}))


def is_worker(command):
    return "-w" in command.split()


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a compiler")
def test_ask_for_no_name(site):
    names, library = f"{site.dir}/names", f"{site.dir}/names.so"
    with open(f"{site.dir}/names.c", "w", encoding="ascii") as file:
        file.write(SOURCE)
    subprocess.run(["cc", "-shared", "-fPIC", f'-DNAMES="{names}"', "-o",
                    library, f"{site.dir}/names.c", "-ldl"], check=True)
    with open(names, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o666)
    os.chmod(site.dir, 0o755)
    users = [User("alice", "elsewhere.example.com")]
    front = site.dovecot(
        "front.example.com", [Referral(), Passwd(), PasswdFile(users)],
        env={"LD_PRELOAD": library},
        settings=referral_settings(site.slapd(users)))
    assert site.client(front).login("alice", "secret").code == "REFERRAL"
    commands = []
    for pid in front.pids("auth"):
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            commands.append(file.read().replace("\0", " "))
    assert any(map(is_worker, commands)), commands
    with open(names, encoding="utf-8", errors="replace") as file:
        asked = [line.rstrip("\n").rpartition(": ")[::2] for line in file]
    by = {who for who, name in asked if name == socket.gethostname()}
    # the auth process does ask
    assert any("auth" in who for who in by), asked
    assert not any(map(is_worker, by)), by
