"""Distributions change Dovecot's structures within one ABI version. A login
plugin that was built against another layout says so and stays out."""

import glob
import os
import shlex
import shutil
import subprocess

import pytest

from lib import PasswdFile, Referral, User, referral_settings
from lib.dovecot import version
from lib.dovecot_config import block, dialect
from lib.modules import Modules, dovecot_config

BUILD = os.environ.get("REFERRAL_BUILD")
SOURCE = os.path.join(os.path.dirname(__file__), "..", "..")
USERS = [User("alice"),
         User("bob", fields={"nologin": "y", "host": "home.example.com",
                             "login_referral_host": "home.example.com"})]


# a member more in these: header, the line before it, what is seen by whom
LAYOUTS = {
    "vfuncs": ("client-common.h", "struct client_vfuncs {",
               "void (*another)(struct client *client);",
               ("imap", "sieve")),
    "client": ("client-common.h", "struct client {", "void *another;",
               ("imap",)),
    "imap_client": ("imap-login-client.h", "struct imap_client {",
                    "void *another;", ("imap",)),
}


def shadow_header(directory, include, header, struct, member):
    """The header with a member more."""
    with open(os.path.join(include, header), encoding="utf-8") as file:
        lines = file.readlines()
    at = next(number for number, line in enumerate(lines)
              if line.startswith(struct))
    lines.insert(at + 2, f"\t{member}\n")
    with open(os.path.join(directory, header), "w",
              encoding="utf-8") as file:
        file.writelines(lines)


def build_plugin(directory, path, *layout):
    """Our login plugin, as if it were built against that."""
    flags = shlex.split(dovecot_config()["LIBDOVECOT_INCLUDE"])
    include = next(flag[2:] for flag in flags
                   if os.path.exists(flag[2:] + "/client-common.h"))
    shadow_header(directory, include, *layout)
    objects = [os.path.join(BUILD, "plugin", *parts) for parts in (
        ("compat", ".libs", "libreferral_compat_login.a"),
        ("compat", ".libs", "libreferral_compat_login_settings.a"),
        ("settings", ".libs", "libreferral_settings.a"),
        ("core", ".libs", "libreferral_core.a"))]
    includes = [f"-I{name}" for name in (
        f"{SOURCE}/include", f"{SOURCE}/plugin/compat",
        *glob.glob(f"{SOURCE}/plugin/core/*/"))]
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-std=gnu99", "-DHAVE_CONFIG_H",
         f"-I{directory}", *includes, *flags, "-o", path,
         *sorted(glob.glob(f"{SOURCE}/plugin/login/*.c")), *objects],
        check=True)


@pytest.mark.skipif(BUILD is None or shutil.which("cc") is None,
                    reason="needs REFERRAL_BUILD and a compiler")
@pytest.mark.parametrize("layout", LAYOUTS)
def test_other_layout(site, layout):
    *change, noticed_by = LAYOUTS[layout]
    modules = Modules(site.dir + "/other", build=BUILD)
    build_plugin(site.dir, modules.dir + "/login/liblogin_referral_plugin.so",
                 *change)
    site.modules = modules
    front = site.dovecot(
        "front.example.com", [PasswdFile(USERS)], pki=site.pki,
        protocols=(*noticed_by, "pop3"),
        settings={"login_plugins": "login_referral",
                  "referral_drain_host": "home.example.com"})
    for tls in (None, "implicit"):
        client = site.client(front, tls=tls)
        assert client.greeting.status == "OK"
        assert client.login("alice", "wrong").code == "AUTHENTICATIONFAILED"
        assert client.login("alice", "secret").status == "OK"
        client.select_inbox()
    line = front.log.wait(["imap-login: Error:", "rebuild it against this"])
    assert "Logins go on without it" in line

    # Dovecot's own referral
    client = site.client(front)
    assert client.authenticate("PLAIN", "bob", "secret").code == "REFERRAL"
    assert client.command("NOOP").status == "OK"
    if "sieve" in noticed_by:
        assert site.sieve_client(front).greeting.status == "OK"
        front.log.wait(["managesieve-login: Error:",
                        "rebuild it against this"])


THIEF = """
#include "auth-common.h"
#include "auth-request.h"
#include "auth-request-handler.h"
#include "auth-request-handler-private.h"
#include "passdb.h"

/* Takes the place of whoever holds back the replies of a login process. */

extern const char *authdb_thief_version;
void authdb_thief_init(void);
void authdb_thief_deinit(void);
const char *authdb_thief_version = DOVECOT_ABI_VERSION;

static auth_request_handler_reply_callback_t *stolen;

static void
thief_reply(struct auth_request *request, enum auth_client_result result,
            const void *reply, size_t size)
{
    stolen(request, result, reply, size);
}

static void
thief_verify_plain(struct auth_request *request, const char *password,
                   verify_plain_callback_t *callback)
{
    if (request->handler->reply_callback != thief_reply) {
        stolen = request->handler->reply_callback;
        request->handler->reply_callback = thief_reply;
    }
    callback(PASSDB_RESULT_NEXT, request);
}

static struct passdb_module_interface thief = {
    .name = "thief",
    .verify_plain = thief_verify_plain,
};

void authdb_thief_init(void)
{
    passdb_register_module(&thief);
}

void authdb_thief_deinit(void)
{
    passdb_unregister_module(&thief);
}
"""


class Thief(Referral):
    driver = "thief"


@pytest.mark.skipif(BUILD is None or shutil.which("cc") is None,
                    reason="needs REFERRAL_BUILD and a compiler")
def test_stolen_replies(site):
    """Another module of the auth process wants the replies, too: no login goes
    past us."""
    modules = Modules(site.dir + "/other", build=BUILD)
    config = dovecot_config()
    flags = shlex.split(config["LIBDOVECOT_INCLUDE"] + " " +
                        config.get("LIBDOVECOT_AUTH_INCLUDE", ""))
    with open(f"{site.dir}/thief.c", "w", encoding="utf-8") as file:
        file.write(THIEF)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-std=gnu99", "-DHAVE_CONFIG_H", *flags,
         *(f"{flag}/auth" for flag in flags if flag.endswith("dovecot")),
         "-o", modules.dir + "/auth/libauthdb_thief.so",
         f"{site.dir}/thief.c"], check=True)
    site.modules = modules
    users = [User("alice", "front.example.com"), User("bob", "home")]
    front = site.dovecot(
        "front.example.com", [Referral(), Thief(), PasswdFile(users)],
        raw=block("service imap-login", [dialect(version()).many_clients]),
        settings=referral_settings(site.slapd(users),
                                   referral_local_hosts="front.example.com"))
    # the first one is still ours, and takes our place
    assert site.client(front).login("bob", "secret").code == "REFERRAL"
    since = front.log.mark()
    for user in ("alice", "bob"):
        reply = site.client(front).login(user, "secret")
        assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
        front.log.wait(["auth", "Error", user, "another module"], since)
        assert not front.logged_in(user)
