"""Mail programs with windows, and how each is told of an account. Each has its
password before it begins, if it lets itself be given one."""

import os
import subprocess
from typing import Callable, NamedTuple

from display import PACKAGES, PROGRAMS, end_all_of


class WindowClient(NamedTuple):
    name: str
    # of Debian
    packages: str
    # what these packages must have brought
    programs: tuple
    # writes the account's files
    prepare: Callable
    # starts it
    argv: Callable
    # the title of a window that asks for the password
    asks: str
    # does it have the password still? None if there is none to be had
    keeps: Callable = None
    # the keys that have such a window remember the password
    remember: tuple = ()
    # after which NOs it asks for the password again
    asks_again: tuple = ()
    # is the text of an alert there, to be shown? None: it never is
    alerts: Callable = None
    # the title of a window that says that the login failed
    failed: str = None

    def missing(self):
        return [path for path in (*self.programs, *PROGRAMS)
                if not os.path.exists(path)]


def _has(account, name, text):
    try:
        with open(account.path(name), encoding="utf-8") as file:
            return text in file.read()
    except FileNotFoundError:
        return False


# GNOME's keyring, without a password: for one bus, which ends with argv
_KEYRING = """\
printf x | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
"""
_STORE = _KEYRING + """\
printf %s "$1" | secret-tool store --label=site $2 && shift 2 && exec "$@"
"""
_LOOK_UP = _KEYRING + "secret-tool lookup $1"
_KEYRING_PROGRAMS = tuple(f"/usr/bin/{name}" for name in (
    "gnome-keyring-daemon", "secret-tool"))
_KEYRING_PACKAGES = "gnome-keyring libsecret-tools"


def _with_keyring(account, what, argv):
    """what: the names and values that the program looks its password up by."""
    return ["dbus-run-session", "--", "sh", "-c", _STORE, "sh",
            account.password, what, *argv]


def _keyring_keeps(account, what):
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", _LOOK_UP, "sh", what],
        env=dict(account.env, XDG_RUNTIME_DIR=account.directory), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    end_all_of(account.directory)
    return done.stdout == account.password


# Thunderbird

_TB = """\
user_pref("mail.accountmanager.accounts", "account1,account2");
user_pref("mail.accountmanager.defaultaccount", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.account.account2.server", "server2");
user_pref("mail.identity.id1.fullName", "{user}");
user_pref("mail.identity.id1.useremail", "{user}@example.com");
user_pref("mail.identity.id1.valid", true);
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "{host}");
user_pref("mail.server.server1.port", {port});
user_pref("mail.server.server1.userName", "{user}");
user_pref("mail.server.server1.name", "{user}");
user_pref("mail.server.server1.socketType", {socket});
user_pref("mail.server.server1.authMethod", 3);
user_pref("mail.server.server1.login_at_startup", true);
user_pref("mail.server.server1.check_new_mail", true);
user_pref("mail.server.server1.check_time", 1);
user_pref("mail.server.server1.offline_download", true);
user_pref("mail.server.server2.type", "none");
user_pref("mail.server.server2.hostname", "Local Folders");
user_pref("mail.server.server2.userName", "nobody");
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mailnews.start_page.enabled", false);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("mail.rights.version", 1);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("app.donation.eoy.version", 999);
user_pref("mail.spotlight.firstRunDone", true);
user_pref("mail.inappnotifications.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
"""


def _thunderbird_prepare(account):
    profile = account.path("profile")
    os.mkdir(profile)
    account.write("profile/user.js", _TB,
                  socket=account.choose(0, 2, 3))
    for args in (["-N", "--empty-password"],
                 ["-A", "-n", "site", "-t", "C,,", "-i", account.ca]):
        subprocess.run(["certutil", "-d", f"sql:{profile}", *args],
                       check=True)


def _thunderbird_argv(account):
    return ["thunderbird", "--profile", account.path("profile"),
            "--no-remote"]


def _thunderbird_keeps(account):
    """After its user has asked it to, by a window's box."""
    return _has(account, "profile/logins.json", f'"imap://{account.host}"')


# Claws Mail. It logs in as it makes the folders of a new account.

_CLAWS = """\
[Account: 1]
account_name=site
is_default=1
name={user}
address={user}@example.com
protocol=1
receive_server={host}
smtp_server=localhost
user_id={user}
password={password}
set_imapport=1
imap_port={port}
ssl_imap={ssl}
ssl_certs_auto_accept=1
"""
_CLAWS_FOLDERS = """\
<?xml version="1.0" encoding="UTF-8"?>
<folderlist>
  <folder type="mh" name="Mail" path="Mail">
    <folderitem type="inbox" name="inbox" path="inbox" />
    <folderitem type="outbox" name="sent" path="sent" />
    <folderitem type="draft" name="draft" path="draft" />
    <folderitem type="queue" name="queue" path="queue" />
    <folderitem type="trash" name="trash" path="trash" />
  </folder>
</folderlist>
"""
_CLAWS_COMMON = """\
[Common]
config_version=4
check_on_startup=1
autochk_newmail=1
autochk_interval=60
"""


def _claws_prepare(account):
    os.mkdir(account.path(".claws-mail"))
    for name in ("inbox", "sent", "draft", "queue", "trash"):
        os.makedirs(account.path(f"Mail/{name}"))
    account.write(".claws-mail/accountrc", _CLAWS,
                  ssl=account.choose(0, 2, 1))
    account.write(".claws-mail/folderlist.xml", _CLAWS_FOLDERS)
    account.write(".claws-mail/clawsrc", _CLAWS_COMMON)


def _claws_argv(_account):
    return ["dbus-run-session", "--", "claws-mail"]


def _claws_keeps(account):
    return _has(account, ".claws-mail/passwordstorerc",
                f"recv {account.password}")


# Evolution

_EVOLUTION = {
    "site": """\
[Data Source]
DisplayName=site
Enabled=true

[Mail Account]
BackendName=imapx
IdentityUid=site-identity

[Authentication]
Host={host}
Port={port}
RememberPassword=true
User={user}

[Security]
Method={security}

[Refresh]
Enabled=true
IntervalMinutes=1
""",
    "site-identity": """\
[Data Source]
DisplayName=site
Enabled=true
Parent=site

[Mail Identity]
Address={user}@example.com
Name={user}

[Mail Submission]
TransportUid=site-transport
""",
    "site-transport": """\
[Data Source]
DisplayName=site
Enabled=true
Parent=site

[Mail Transport]
BackendName=smtp

[Authentication]
Host=localhost
""",
}
_EVOLUTION_KEY = ("xdg:schema org.gnome.Evolution.Data.Source "
                  "e-source-uid site eds-origin evolution-data-server")


def _evolution_prepare(account):
    folder = ".config/evolution/sources"
    os.makedirs(account.path(folder))
    for name, text in _EVOLUTION.items():
        account.write(f"{folder}/{name}.source", text,
                      security=account.choose(
                          "none", "starttls-on-standard-port",
                          "ssl-on-alternate-port"))


def _evolution_argv(account):
    return _with_keyring(account, _EVOLUTION_KEY,
                         ["env", "CAMEL_DEBUG=imapx", "evolution",
                          "--force-online"])


def _evolution_keeps(account):
    return _keyring_keeps(account, _EVOLUTION_KEY)


# Geary

_GEARY = """\
[Metadata]
version=1
status=enabled

[Account]
ordinal=1
label=site
prefetch_days=14
save_drafts=false
save_sent=true
use_signature=false
sender_mailboxes={user} <{user}@example.com>;
service_provider=other

[Folders]

[Incoming]
login={user}
remember_password=true
host={host}
port={port}
transport_security={security}
credentials=custom

[Outgoing]
remember_password=false
host=localhost
port=25
transport_security=none
credentials=none
"""


def _geary_key(account):
    return (f"xdg:schema org.gnome.Geary proto IMAP host {account.host} "
            f"login {account.user}")


def _geary_prepare(account):
    folder = ".config/geary/account_01"
    os.makedirs(account.path(folder))
    account.write(f"{folder}/geary.ini", _GEARY,
                  security=account.choose("none", "start-tls", "transport"))


def _geary_argv(account):
    return _with_keyring(account, _geary_key(account), ["geary", "--debug"])


def _geary_keeps(account):
    return _keyring_keeps(account, _geary_key(account))


def _thunderbird_alerts(_account, display, _text):
    """The text is in no title."""
    return display.find("^Alert$")


def _claws_alerts(account, _display, text):
    """In a log, which a window shows to those who want to see it."""
    return _has(account, ".claws-mail/claws.log", f"Alert: {text}")


def _evolution_alerts(account, _display, text):
    """It says what it shows in a bar of its window."""
    return _has(account, "output", f"ALERT!: {text}")


THUNDERBIRD = WindowClient(
    "thunderbird", f"thunderbird libnss3-tools {PACKAGES}",
    ("/usr/bin/thunderbird", "/usr/bin/certutil"), _thunderbird_prepare,
    _thunderbird_argv, "[Pp]assword", _thunderbird_keeps,
    ("Tab", "space"), alerts=_thunderbird_alerts)
CLAWS = WindowClient(
    "claws", f"claws-mail {PACKAGES}", ("/usr/bin/claws-mail",),
    _claws_prepare, _claws_argv, "Input password", _claws_keeps,
    alerts=_claws_alerts, failed="^Error$")
EVOLUTION = WindowClient(
    "evolution", f"evolution {_KEYRING_PACKAGES} {PACKAGES}",
    ("/usr/bin/evolution", *_KEYRING_PROGRAMS), _evolution_prepare,
    _evolution_argv, "authentication request", _evolution_keeps,
    asks_again=("REFERRAL",), alerts=_evolution_alerts)
GEARY = WindowClient(
    "geary", f"geary {_KEYRING_PACKAGES} {PACKAGES}",
    ("/usr/bin/geary", *_KEYRING_PROGRAMS), _geary_prepare, _geary_argv,
    "[Pp]assword", _geary_keeps)
WINDOWS = (THUNDERBIRD, CLAWS, EVOLUTION, GEARY)
