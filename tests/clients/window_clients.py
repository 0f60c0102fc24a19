"""Mail programs with windows, how each is told of an account, and what its user
does."""

import os
from typing import Callable, NamedTuple

from display import PACKAGES, PROGRAMS


class WindowClient(NamedTuple):
    name: str
    # of Debian
    packages: str
    program: str
    # prepare(account) writes its files; start(display, account) starts it
    prepare: Callable
    start: Callable
    # a window with this title asks for a password, None if it is stored
    asks: str = None

    def missing(self):
        return [path for path in (self.program, *PROGRAMS)
                if not os.path.exists(path)]


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


def thunderbird_prepare(account):
    os.mkdir(account.path("profile"))
    account.write("profile/user.js", _TB,
                  socket=account.choose(0, 2, 3))


def thunderbird_start(display, account):
    display.start(*account.resolving(
        ["thunderbird", "--profile", account.path("profile"),
         "--no-remote"]))


THUNDERBIRD = WindowClient(
    "thunderbird", f"thunderbird {PACKAGES}", "/usr/bin/thunderbird",
    thunderbird_prepare, thunderbird_start, "[Pp]assword")
WINDOWS = (THUNDERBIRD,)
