"""Roundcube in PHP's own web server, and a browser for its user."""

import contextlib
import os
import smtplib
import socket
import sqlite3

from lib import wait_for
from lib.process import Process

PACKAGES = ("roundcube-core roundcube-sqlite3 php-cli php-sqlite3 chromium "
            "chromium-driver python3-selenium python3-aiosmtpd")
ROUNDCUBE = "/usr/share/roundcube"
_FILES = (f"{ROUNDCUBE}/index.php", f"{ROUNDCUBE}/SQL/sqlite.initial.sql",
          "/usr/bin/php", "/usr/bin/chromium", "/usr/bin/chromedriver")
# how long a page may take on a busy machine
_PAGE_SECS = 90

# what an administrator sets, and what is where
_CONFIG = """\
<?php
$config['imap_host'] = '{scheme}{server.name}:{server.port}';
$config['imap_conn_options'] = ['ssl' => ['cafile' => '{ca}']];
$config['smtp_host'] = '{smtp}';
$config['smtp_user'] = '';
$config['mail_domain'] = 'example.com';
$config['create_default_folders'] = true;
$config['db_dsnw'] = 'sqlite:///{dir}/db?mode=0640';
$config['log_dir'] = '{dir}';
$config['temp_dir'] = '{dir}';
$config['des_key'] = '0123456789abcdefghijklmn';
$config['language'] = 'en_US';
$config['plugins'] = [];
"""


def missing():
    """What of all that is not here."""
    found = [path for path in _FILES if not os.path.exists(path)]
    for module in ("selenium", "aiosmtpd"):
        try:
            __import__(module)
        except ImportError:
            found.append(f"Python's {module}")
    return found


@contextlib.contextmanager
def _mail_server(address, port, home):
    """Where Roundcube sends: what comes is delivered at home, by LMTP."""
    from aiosmtpd.controller import Controller

    class Deliver:
        async def handle_DATA(self, _server, _session, envelope):
            users = [rcpt.partition("@")[0] for rcpt in envelope.rcpt_tos]
            with smtplib.LMTP(f"{home.dir}/run/lmtp") as lmtp:
                lmtp.sendmail(envelope.mail_from, users, envelope.content)
            return "250 OK"

    controller = Controller(Deliver(), address, port)
    controller.start()
    try:
        yield f"{address}:{port}"
    finally:
        controller.stop()


class Roundcube:
    """For the users of a server of a world."""

    def __init__(self, world, server, tls=False):
        self._world, self._server, self._tls = world, server, tls
        self._stack = contextlib.ExitStack()
        self.dir = os.path.join(world.site.dir, f"webmail-{server.name}")

    def __enter__(self):
        site, host = self._world.site, "webmail.example.com"
        address = site.address_of(host)
        os.mkdir(self.dir)
        smtp = self._stack.enter_context(_mail_server(
            address, site.port(host), self._world.home))
        with open(f"{self.dir}/config.inc.php", "w",
                  encoding="ascii") as file:
            file.write(_CONFIG.format(
                server=self._server, dir=self.dir, smtp=smtp,
                scheme="tls://" if self._tls else "",
                ca=site.pki.ca_cert if self._tls else ""))
        os.symlink("/etc/roundcube/defaults.inc.php",
                   f"{self.dir}/defaults.inc.php")
        with contextlib.closing(sqlite3.connect(f"{self.dir}/db")) as db, \
                open(_FILES[1], encoding="utf-8") as schema:
            db.executescript(schema.read())
        port = site.port(host)
        self.url = f"http://{address}:{port}/"
        php = Process(
            self._world.resolving(
                ["php", "-S", f"{address}:{port}", "-t", ROUNDCUBE]),
            f"{self.dir}/php",
            {"PATH": os.environ["PATH"], "ROUNDCUBE_CONFIG_DIR": self.dir,
             # a page and what it asks for
             "PHP_CLI_SERVER_WORKERS": "3"})
        self._stack.callback(php.stop)

        def answers():
            php.check()
            with contextlib.suppress(OSError):
                socket.create_connection((address, port)).close()
                return True
        wait_for(answers, "PHP's web server")
        return self

    def __exit__(self, *error):
        self._stack.close()

    def errors(self):
        """What its administrator finds in its log."""
        try:
            with open(f"{self.dir}/errors.log", encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""


@contextlib.contextmanager
def browser():
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--window-size=1200,800"):
        options.add_argument(argument)
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"),
                              options=options)
    driver.set_page_load_timeout(_PAGE_SECS)
    try:
        yield driver
    finally:
        driver.quit()


class Visitor:
    """Roundcube's user, with a browser that nobody has used yet."""

    def __init__(self, roundcube, driver):
        self._roundcube, self._driver = roundcube, driver
        driver.delete_all_cookies()

    def _find(self, css):
        return self._driver.find_elements("css selector", css)

    def _wait(self, css, what):
        return wait_for(lambda: self._find(css), what, _PAGE_SECS)

    def log_in(self, user, password="secret"):
        self._driver.get(self._roundcube.url)
        self._wait("#rcmloginuser", "the form")[0].send_keys(user)
        self._find("#rcmloginpwd")[0].send_keys(password)
        self._find("#rcmloginsubmit")[0].click()

    def go(self, **query):
        """One click: a page of mail."""
        self._driver.get(self._roundcube.url + "?_task=mail&" + "&".join(
            f"_{name}={value}" for name, value in query.items()))

    def subjects(self):
        """Of the messages in the list, when they are there."""
        self._wait("#messagelist td.subject a", "the list")
        return [row.text for row in self._find("#messagelist td.subject a")]

    def wait_subject(self, subject):
        """It may still be on its way."""
        def look():
            self.go(mbox="INBOX")
            return subject in self.subjects()
        wait_for(look, f"the message {subject}", _PAGE_SECS)

    def read(self, uid=1):
        self.go(mbox="INBOX", uid=uid, action="show")
        return self._wait("#messagebody", "the message")[0].text

    def send(self, to, subject):
        self.go(action="compose", to=to, subject=subject)
        self._wait("#composebody", "the form")[0].send_keys("By webmail.")
        self._wait("button.send", "the button")[0].click()
        wait_for(lambda: "compose" not in self._driver.current_url,
                 "the message to be sent", _PAGE_SECS)

    def told(self):
        """What it says about a login or a click."""
        def look():
            text = " ".join(box.text for box in self._find("#messagestack"))
            return text.strip()
        return wait_for(look, "a message", _PAGE_SECS)

    def is_empty(self):
        """Does it say that there is no mail?"""
        return wait_for(lambda: "The list is empty" in self._driver.
                        find_element("css selector", "body").text,
                        "an empty list", _PAGE_SECS)

    def is_logged_out(self):
        return bool(self._find("#rcmloginuser"))

    def picture(self, path):
        self._driver.save_screenshot(path)
