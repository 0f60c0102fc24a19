"""Mail programs and how each is told to fetch the INBOX of an account."""

import functools
import os
import re
import subprocess
import tempfile
from typing import Callable, NamedTuple

from lib.process import DEADLINE_SECS, run

from terminal import PROGRAM as TMUX
from terminal import Terminal

PROGRAMS = os.path.join(os.path.dirname(__file__), "programs")
_JARS = [f"/usr/share/java/javax.{name}.jar" for name in ("mail",
                                                          "activation")]


class Crashed(Exception):
    """A signal ended the program."""


class Outcome(NamedTuple):
    # did it say that all went well?
    ok: bool
    # all that it printed, showed and stored
    text: str


PLAIN, STARTTLS, IMAPS = TRANSPORTS = ("plain", "starttls", "imaps")


class Account(NamedTuple):
    """directory: for the client's files, its own. resolving(argv): argv
    where host names are known. ca: the certificate that it has to trust, and
    no other."""
    directory: str
    resolving: Callable
    host: str
    port: int
    user: str
    password: str
    transport: str
    ca: str

    @property
    def args(self):
        """For the programs of ours."""
        return self[2:]

    def choose(self, *values):
        """The one for the account's transport."""
        return values[TRANSPORTS.index(self.transport)]

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text, **more):
        """text with {host} and the like filled in."""
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.format(**self._asdict(), **more))
        # some refuse a file with a password that others can read
        os.chmod(path, 0o600)
        return path

    def maildir(self, name="mail"):
        for sub in ("", "cur", "new", "tmp"):
            os.mkdir(os.path.join(self.path(name), sub))
        return self.path(name)

    @property
    def env(self):
        return {"HOME": self.directory, "PATH": os.environ["PATH"],
                "LC_ALL": "C.UTF-8", "TERM": "screen", "USER": "test",
                "LOGNAME": "test",
                # OpenSSL's, for Alpine, which has no setting
                "SSL_CERT_FILE": self.ca}

    def run(self, *argv):
        """A program that needs no terminal."""
        done = subprocess.run(
            self.resolving([str(arg) for arg in argv]),
            env=self.env, cwd=self.directory,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=2 * DEADLINE_SECS, check=False)
        text = done.stdout.decode("utf-8", "replace")
        if done.returncode < 0:
            raise Crashed(f"{argv[0]}: signal {-done.returncode}\n{text}")
        return Outcome(done.returncode == 0, text + self._stored())

    def _stored(self):
        """The messages below mail."""
        text = ""
        for folder, _, names in os.walk(self.path("mail")):
            if os.path.basename(folder) not in ("cur", "new"):
                continue
            for name in names:
                with open(os.path.join(folder, name), encoding="utf-8",
                          errors="replace") as file:
                    text += file.read()
        return text

    def terminal(self, *argv):
        return Terminal(self.directory,
                        self.resolving([str(arg) for arg in argv]), self.env)


class MailClient(NamedTuple):
    name: str
    # of Debian
    packages: str
    # what these packages must have brought
    files: tuple
    # fetches the INBOX of an Account: an Outcome
    fetch: Callable
    # what it shows when it is referred and cannot follow: one of these
    refused: tuple = ()
    # does it show the text of an OK [ALERT]? JavaMail tells the program.
    alerts: bool = False
    transports: tuple = TRANSPORTS

    @property
    def tells(self):
        """Does it show the text of a NO?"""
        return any(text in self.refused for text in _TEXT)

    def missing(self):
        return [path for path in self.files if not os.path.exists(path)]


def curl(account):
    scheme, *tls = account.choose(
        ["imap"], ["imap", "--ssl-reqd", "--cacert", account.ca],
        ["imaps", "--cacert", account.ca])
    return account.run(
        "curl", "--silent", "--show-error", "--max-time", DEADLINE_SECS,
        "--user", f"{account.user}:{account.password}", *tls,
        f"{scheme}://{account.host}:{account.port}/INBOX;MAILINDEX=1")


def imaplib(account):
    return account.run("/usr/bin/python3", f"{PROGRAMS}/fetch-imaplib.py",
                       *account.args)


def imapclient(account):
    return account.run("perl", f"{PROGRAMS}/fetch-imapclient.pl", *account.args)


def mbsync(account):
    account.maildir()
    return account.run("mbsync", "-c", account.write("mbsyncrc", """\
IMAPAccount site
Host {host}
Port {port}
User {user}
Pass {password}
SSLType {tls}
CertificateFile {ca}
AuthMechs LOGIN

IMAPStore there
Account site

MaildirStore here
Inbox {directory}/mail

Channel inbox
Far :there:
Near :here:
Sync Pull
""", tls=account.choose("None", "STARTTLS", "IMAPS")), "inbox")


def fetchmail(account):
    return account.run("fetchmail", "--fetchmailrc",
                       account.write("fetchmailrc", """\
poll {host} protocol IMAP service {port} timeout 30
  user "{user}" password "{password}" is root here
  {tls} fetchall keep mda "cat"
""", tls=account.choose('sslproto ""', *(
                           f'{how} sslcertck sslcertfile "{account.ca}"'
                           for how in ('sslproto "TLS1.2+"', "ssl")))))


def offlineimap(account):
    rc = account.write("offlineimaprc", """\
[general]
accounts = site
metadata = {directory}/metadata
socktimeout = 30

[Account site]
localrepository = here
remoterepository = there

[Repository here]
type = Maildir
localfolders = {directory}/mail

[Repository there]
type = IMAP
remotehost = {host}
remoteport = {port}
remoteuser = {user}
remotepass = {password}
ssl = {ssl}
starttls = no
sslcacertfile = {ca}
folderfilter = lambda name: name == "INBOX"
""", ssl=account.choose("no", None, "yes"))
    return account.run("offlineimap", "-o", "-u", "basic", "-c", rc)


def imapfilter(account):
    return account.run("imapfilter", "-t", account.ca, "-c",
                       account.write("config.lua", """\
options.timeout = 30
account = IMAP {{
  server = "{host}", port = {port},
  username = "{user}", password = "{password}",{tls}
}}
for _, message in ipairs(account.INBOX:select_all()) do
  mailbox, uid = table.unpack(message)
  print(mailbox[uid]:fetch_header())
end
""", tls=account.choose("", "", ' ssl = "auto",')))


def getmail(account):
    account.maildir()
    return account.run("getmail", "--getmaildir", account.directory,
                       "--rcfile", account.write("getmailrc", """\
[retriever]
type = {retriever}
server = {host}
port = {port}
username = {user}
password = {password}
timeout = 30

[destination]
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat >>{directory}/mail/new/1")
allow_root_commands = true
""", retriever=account.choose(
                           "SimpleIMAPRetriever", None, "SimpleIMAPSSL"
                           f"Retriever\nca_certs = {account.ca}")))


def _mutt(account, program):
    rc = account.write("muttrc", """\
set imap_user = "{user}"
set imap_pass = "{password}"
set ssl_starttls = {tls}
set ssl_force_tls = {tls}
set ssl_ca_certificates_file = "{ca}"
set folder = "{scheme}://{host}:{port}/"
set spoolfile = "+INBOX"
""", tls=account.choose("no", "yes", "yes"),
                       scheme=account.choose("imap", "imap", "imaps"))
    with account.terminal(program, "-n", "-F", rc) as tty:
        # not drawn before the mailbox is open, or cannot be
        tty.wait(lambda screen: "[Msgs:" in screen, f"{program}'s index")
        screen = tty.screen()
        return Outcome("(no mailbox)" not in screen, screen)


def mutt(account):
    return _mutt(account, "mutt")


def neomutt(account):
    return _mutt(account, "neomutt")


@functools.lru_cache(None)
def _java_classes():
    folder = tempfile.TemporaryDirectory(prefix="referral-")
    run(["javac", "-cp", _JARS[0], "-d", folder.name, f"{PROGRAMS}/Fetch.java"])
    return folder


def _java_trust(ca):
    """Java's own kind of file, made once beside the other."""
    path = f"{ca}.p12"
    if not os.path.exists(path):
        run(["keytool", "-importcert", "-noprompt", "-file", ca, "-keystore",
             path, "-storetype", "PKCS12", "-storepass", "secret"])
    return [f"-Djavax.net.ssl.trustStore={path}",
            "-Djavax.net.ssl.trustStorePassword=secret"]


def _javamail(account, how):
    trust = [] if account.transport == PLAIN else _java_trust(account.ca)
    return account.run(
        "java", "-XX:TieredStopAtLevel=1", *trust, "-cp",
        ":".join([_java_classes().name] + _JARS), "Fetch", how, *account.args)


def javamail_follow(account):
    return _javamail(account, "follow")


def javamail_stay(account):
    return _javamail(account, "stay")


# behind a question, not those around an alert
_ALPINE_STARS = re.compile(r"^[^\n*]*[^\s*][^\n*]*\*{3,}$", re.MULTILINE)
# the second: what it is busy with may hide the question
_ALPINE_ASKS = re.compile(r"PASSWORD:\n|\[Opening [^\n]*\]\n[^*]*Ret Accept")
# a page of its own, which the user has to leave
_ALPINE_ALERT = re.compile(r"Alert received while[^*]*Ret Finished")


def alpine(account):
    """It asks for the password at every server, and says what for."""
    rc = account.write("pinerc", """\
inbox-path={{{host}:{port}{tls}/user={user}}}INBOX
last-version-used=6.26
smtp-server=localhost
user-domain=example.com
busy-cue-rate=0
feature-list=disable-password-file-saving
""", tls=account.choose("/notls", "/tls", "/ssl"))
    os.mkdir(account.path("mail"))
    shown = ""
    with account.terminal("alpine", "-p", rc, "-i") as tty:
        while True:
            screen = tty.wait(_alpine_rests, "Alpine's next question")
            if _ALPINE_ALERT.search(screen):
                shown += screen
                tty.send("Enter")
                tty.wait(lambda screen: not _ALPINE_ALERT.search(screen),
                         "Alpine to leave the alert")
                continue
            # what is left of the page may stand above a question
            left = "Alert received" in screen
            shown += screen[screen.rfind("HOST:"):] if left else screen
            if not _ALPINE_ASKS.search(screen):
                return Outcome("MAIN MENU" not in screen, shown)
            # the next server's question may come at once
            tty.send(account.password)
            tty.wait(_ALPINE_STARS.search, "the password on Alpine's screen")
            tty.send("Enter")
            tty.wait(lambda screen: not _ALPINE_STARS.search(screen) or
                     _ALPINE_ALERT.search(screen),
                     "Alpine to take the password")


def _alpine_rests(screen):
    """The screen, if it is a question, an open folder or a failure."""
    marks = ("Folder: INBOX", "[[REFERRAL", "[No folder is currently open]")
    if any(pattern.search(screen) for pattern in (
            _ALPINE_ALERT, _ALPINE_ASKS)) or \
            any(mark in screen for mark in marks):
        return screen
    return None


def _files(*names):
    return tuple(name if name.startswith("/") else f"/usr/bin/{name}"
                 for name in names)


_JAVA = ("libmail-java default-jdk-headless", _files("javac", *_JARS))
_TEXT = ("Try this server instead.",)
# Some show the BYE if they have read it with the NO, the NO if it came alone:
# it mostly does with TLS.
_BYE_OR_TEXT = ("Referred to", *_TEXT)
STAYING = (
    MailClient("curl", "curl", _files("curl"), curl, ("Login denied",)),
    MailClient("imaplib", "python3", _files("python3"), imaplib, _TEXT),
    MailClient("mbsync", "isync", _files("mbsync"), mbsync, _TEXT, True),
    MailClient("fetchmail", "fetchmail", _files("fetchmail"), fetchmail,
               ("Authorization failure",)),
    MailClient("offlineimap", "offlineimap3", _files("offlineimap"),
               offlineimap, _BYE_OR_TEXT,
               # After STARTTLS, before the login, it now and then crashes in
               # libssl or waits for ever.
               transports=(PLAIN, IMAPS)),
    MailClient("imapfilter", "imapfilter", _files("imapfilter"), imapfilter,
               ("login request to", *_TEXT)),
    # it has no STARTTLS
    MailClient("getmail", "getmail6", _files("getmail"), getmail, _TEXT,
               transports=(PLAIN, IMAPS)),
    MailClient("mutt", "mutt tmux", _files("mutt", TMUX), mutt,
               ("authentication failed",)),
    MailClient("neomutt", "neomutt tmux", _files("neomutt", TMUX), neomutt,
               ("Unable to open mailbox",)),
    MailClient("imapclient", "libmail-imapclient-perl libio-socket-ssl-perl",
               _files("perl", "/usr/share/perl5/Mail/IMAPClient.pm",
                      "/usr/share/perl5/IO/Socket/SSL.pm"),
               imapclient, _BYE_OR_TEXT),
    MailClient("javamail-stay", *_JAVA, javamail_stay, _TEXT, True),
)
ALPINE = MailClient("alpine", "alpine tmux", _files("alpine", TMUX), alpine,
                    alerts=True)
JAVAMAIL = MailClient("javamail", *_JAVA, javamail_follow, alerts=True)
FOLLOWING = (ALPINE, JAVAMAIL)
