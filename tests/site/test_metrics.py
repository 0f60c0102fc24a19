"""The metrics of the sample as Prometheus reads them, and what is built on
them: alerts and a dashboard."""

import json
import os
import re
import shutil
import subprocess
import urllib.request

import pytest

from lib import User, referral_settings, wait_for, with_referral
from lib.dovecot import version

HERE = os.path.dirname(__file__)
CONF = os.path.join(HERE, "..", "..", "conf.d")
GENERATION = "2.4" if version() >= (2, 4) else "2.3"
USERS = [User("alice", "front.example.com"), User("bob", "home.example.com"),
         User("carol", "not a host"), User("dave", "home.example.com")]
# OpenMetrics 1.0, as far as Dovecot has it
SAMPLE = re.compile(
    r'(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)'
    r'(?:\{(?P<labels>[a-zA-Z_][a-zA-Z0-9_]*="[^"\\\n]*"'
    r'(?:,[a-zA-Z_][a-zA-Z0-9_]*="[^"\\\n]*")*)\})? '
    r'[0-9.e+-]+')
# what Prometheus and Grafana add
OUTSIDE = {"instance"}
NEEDS_PROMTOOL = pytest.mark.skipif(
    not shutil.which("promtool"), reason="prometheus is not installed")


def read(*path):
    with open(os.path.join(CONF, *path), encoding="utf-8") as file:
        return file.read()


def queries():
    """Every expression of the alerts and of the dashboard."""
    alerts = re.findall(r"expr: (?:>-\n)?((?:.|\n)*?)\n(?= {8}[a-z]+:)",
                        read("prometheus-alerts.yml"))
    dashboard = json.loads(read("grafana-dashboard.json"))
    found = alerts + [target["expr"] for panel in dashboard["panels"]
                      for target in panel["targets"]]
    return found + [one["query"] for one in dashboard["templating"]["list"]
                    if one["type"] == "query"]


def page(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics",
                                timeout=10) as reply:
        return reply.read().decode()


@pytest.fixture(name="exported", scope="module")
def fixture_exported(shared_site):
    """The page of a server that has seen logins of every kind."""
    site = shared_site
    port = site.port("front.example.com")
    ldap = site.slapd(USERS)
    # which can't be mirrored
    front = site.dovecot(
        "front.example.com", with_referral(USERS),
        raw=read(GENERATION, "metrics.conf").replace("9900", str(port)),
        settings=referral_settings(ldap, referral_mirror="yes",
                                   referral_local_hosts="front.example.com"))

    def login(user):
        return site.client(front).login(user, "secret")
    for user in "alice", "bob", "bob", "carol":
        login(user)
    ldap.stop()
    for user in "bob", "dave":
        login(user)
    # the last one has no answer
    wait_for(lambda: 'reason="unavailable",action="tempfail"' in page(port),
             "the last login")
    wait_for(lambda: re.search("mirror_refused_total 1$", page(port),
                               re.MULTILINE), "the mirror")
    return page(port)


def samples(exported):
    """{name: [labels that it was seen with]}"""
    found = {}
    for line in exported.splitlines():
        if not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            labels = re.findall(r'([a-z_]+)="', match["labels"] or "")
            found.setdefault(match["name"], []).append(set(labels))
    return found


def test_grammar(exported):
    """One line that it can't read, and Prometheus takes nothing."""
    bad = [line for line in exported.splitlines()
           if not line.startswith("#") and not SAMPLE.fullmatch(line)]
    assert not bad
    assert exported.splitlines()[-1] == "# EOF"


def test_queries(exported):
    """They ask for what there is."""
    known = samples(exported)
    asked = [match for query in queries() for match in re.findall(
        r"(dovecot_[a-z_]+)(?:\{([^}]*)\})?", query)]
    assert len(asked) > 15
    for name, selector in asked:
        assert name in known, name
        labels = set(re.findall(r'([a-z_]+)(?:=|!=|=~|!~)"', selector))
        assert any(labels - OUTSIDE <= seen for seen in known[name]), \
            (name, labels)
    for query in queries():
        for labels in re.findall(r"by \(([^)]*)\)", query):
            for label in set(re.split(", ", labels)) - OUTSIDE:
                assert any(label in seen for name in known
                           if name in query for seen in known[name]), query


@NEEDS_PROMTOOL
@pytest.mark.parametrize("args", [
    ["check", "rules", f"{CONF}/prometheus-alerts.yml"],
    ["test", "rules", f"{HERE}/prometheus-alerts-test.yml"]])
def test_alerts(args):
    done = subprocess.run(["promtool", *args], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


@NEEDS_PROMTOOL
def test_dashboard(tmp_path):
    """Each query of the dashboard is one."""
    rules = [{"record": f"query{number}", "expr": query.replace(
        "$__rate_interval", "5m").replace("$instance", ".*")}
             for number, query in enumerate(queries())
             if not query.startswith("label_values")]
    path = tmp_path / "rules.yml"
    # JSON is YAML
    path.write_text(json.dumps(
        {"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", path], check=False,
                          text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
