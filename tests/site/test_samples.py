"""What administrators are given to read and copy agrees with the code."""

import os
import re
import signal
import urllib.request

import pytest

from lib import PasswdFile, User, referral_settings, wait_for, with_referral
from lib.dovecot import version
from lib.process import run

TOP = os.path.join(os.path.dirname(__file__), "..", "..")
CONF = os.path.join(TOP, "conf.d")
GENERATION = "2.4" if version() >= (2, 4) else "2.3"
RECIPES = sorted(os.listdir(os.path.join(CONF, "recipes")))
USERS = [User("alice", "front.example.com"), User("bob", "home.example.com")]


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def settings_in(text, comments=False):
    """[(name, value)]; comments: also those that are commented out."""
    return re.findall(rf"^{'#?' if comments else ''}(referral_\w+) = ?(.*)$",
                      text, re.MULTILINE)


@pytest.fixture(name="config", scope="module")
def fixture_config(shared_site):
    """A function: what doveconf says to more configuration."""
    server = shared_site.dovecot("front.example.com", [PasswdFile(USERS)],
                                 start=False)

    def config(raw, *args):
        server.raw = raw
        server.configure()
        return server.doveconf(*args)
    return config


def documented():
    """{setting: default} of the man page."""
    page = read(TOP, "doc", "dovecot-login-referral.7")
    found = {}
    for line in re.findall(r"^\.It Cm (referral_.*)$", page, re.MULTILINE):
        names, _, default = line.partition(" No = Cm ")
        for name in names.split(" , "):
            found[name] = default.replace("\\&", "")
    return found


def test_man_page_names_every_setting(config):
    status, output = config("", "-a")
    assert status == 0, output
    assert set(documented()) == {n for n, _ in settings_in(output)}


def plain(value):
    """Without what may be written in several ways: 10s is 10 secs."""
    return re.sub(r"^(\d+) ?(ms|[smhdwkMG])[a-z]*$", r"\1\2", value)


def test_man_page_defaults(config):
    """What is documented is what doveconf has, and what it accepts."""
    _, output = config("", "-a")
    defaults = {name: plain(value) for name, value in settings_in(output)}
    assert {name: plain(value) for name, value in documented().items()} == \
        defaults
    raw = "".join(f"{name} = {value}\n"
                  for name, value in documented().items())
    status, output = config(raw, "-a")
    assert status == 0, output
    assert {n: plain(value) for n, value in settings_in(output)} == defaults


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe(config, recipe):
    text = read(CONF, "recipes", recipe)
    status, output = config(text, "-n")
    assert status == 0, output
    # with the alternatives that are commented out
    status, output = config(re.sub(r"^#(referral_)", r"\1", text,
                                   flags=re.MULTILINE), "-n")
    assert status == 0, output
    assert settings_in(output)


def test_sample_is_accepted(config):
    status, output = config(read(CONF, GENERATION, "09-login-referral.conf"),
                            "-n")
    assert status == 0, output
    assert "login_referral" in output


def test_sample_shows_defaults():
    """What is commented out in the samples is the default, or an example."""
    defaults = documented()
    examples = {"referral_ldap_auth_dn"}
    for generation in "2.3", "2.4":
        text = read(CONF, generation, "09-login-referral.conf")
        active = dict(settings_in(text))
        for name, value in settings_in(text, comments=True):
            if name not in active and name not in examples:
                assert defaults[name] == value, (generation, name)


def test_samples_differ_in_syntax_only():
    texts = [read(CONF, generation, "09-login-referral.conf")
             for generation in ("2.3", "2.4")]
    settings = [settings_in(text, comments=True) for text in texts]
    assert settings[0] == settings[1]


def test_password_file(site):
    """The bind password in a file for root alone, as the samples say: logins
    use it, and a user who runs a program of Dovecot's does not trip over it."""
    ldap = site.slapd(USERS)
    settings = referral_settings(ldap)
    password = settings.pop("referral_ldap_auth_dn_password")
    include = re.search(r"^!include_try /etc/dovecot/(\S+)$", read(
        CONF, GENERATION, "09-login-referral.conf"), re.MULTILINE).group(1)
    front = site.dovecot("front.example.com", with_referral(USERS),
                         settings=settings, start=False)
    with open(os.path.join(front.dir, include), "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(f"referral_ldap_auth_dn_password = {password}\n")
    front.raw = f"!include_try {front.dir}/{include}\n"
    front.configure()
    front.start()
    assert site.client(front).login("bob", "secret").code == "REFERRAL"

    os.chmod(front.log.path, 0o666)
    home = front.mail_dir("lda")
    os.mkdir(home)
    os.chown(home, 65534, 65534)
    run(front.modules.wrap(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env",
         f"HOME={home}", "USER=lda", "/usr/lib/dovecot/dovecot-lda", "-c",
         front.config_path]), text_input="Subject: by lda\n\nhello\n")
    # 2.4.5 gives a new mail a keyword, and so puts it into cur
    assert os.listdir(f"{home}/Maildir/new") + \
        os.listdir(f"{home}/Maildir/cur")


@pytest.fixture(name="metrics")
def fixture_metrics(site):
    """(slapd, Dovecot with the sample's metrics, the port of its page)"""
    port = site.port("front.example.com")
    ldap = site.slapd(USERS)
    front = site.dovecot(
        "front.example.com", with_referral(USERS),
        raw=read(CONF, GENERATION, "metrics.conf").replace("9900", str(port)),
        settings=referral_settings(
            ldap, referral_local_hosts="front.example.com",
            # an event nobody logs is counted all the same
            auth_verbose="no",
            # bob comes twice
            referral_bounce_time="0", referral_cache_away_ttl="1 min",
            # longer than test_duration wants to see: it runs from the loop's
            # time, which may be a little older than the event
            referral_ldap_timeout="310ms"))
    return ldap, front, port


def test_counters(site, metrics):
    _, front, port = metrics

    def count(*groups):
        """The counter of this result, action, source and dry run."""
        labels = ",".join(f'{key}="{value}"' for key, value in zip(
            ("result", "action", "source", "dry_run"), groups))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics",
                                    timeout=10) as reply:
            found = re.search(
                rf"^dovecot_login_referral_total{{{labels}}} (\d+)$",
                reply.read().decode(), re.MULTILINE)
        return int(found.group(1)) if found else 0
    for user in "alice", "bob", "bob":
        site.client(front).login(user, "secret")
    wait_for(lambda: count("hosts") == 3, "the counters")
    assert count("hosts", "local", "ldap", "no") == 1
    assert count("hosts", "refer", "ldap", "no") == 1
    assert count("hosts", "refer", "cache", "no") == 1
    front.configure(referral_dry_run="yes")
    front.restart()
    site.client(front).login("bob", "secret")
    wait_for(lambda: count("hosts", "refer", "ldap", "yes") == 1,
             "the dry run")


def test_duration(site, metrics):
    """The duration of a decision is the time that it took."""
    ldap, front, _ = metrics
    site.client(front).login("alice", "secret")
    ldap.freeze()
    assert site.client(front).login("bob", "secret").code == "UNAVAILABLE"
    ldap.process.signal(signal.SIGCONT)

    def longest():
        for line in front.doveadm("stats", "dump").splitlines():
            columns = line.split("\t")
            # name, field, count, sum, min, max, ... in microseconds
            if columns[:2] == ["login_referral_ldap_duration", "duration"] \
                    and columns[2] == "2":
                return float(columns[5])
        return None
    assert wait_for(longest, "both logins in the metrics") >= 300 * 1000
