"""389 Directory Server: README's configuration and access rules, to the
letter."""

import pytest

import directory
from directory import BASE
from lib import refer
from lib.process import run
from lib.readme import block_after, section

TITLE = "389 Directory Server, FreeIPA"
RULES = "The directory: entries and access rules"
PEOPLE, READER = f"ou=people,{BASE}", f"cn=dovecot,ou=services,{BASE}"
ALICE = f"uid=alice,{PEOPLE}"
ASCII = "in Dovecot that is empty):"
# what a careless site allows
CARELESS = f"""dn: {BASE}
changetype: modify
add: aci
aci: (targetattr="*")(version 3.0; acl "own entry"; allow (all)
  userdn="ldap:///self";)
aci: (version 3.0; acl "add"; allow (add, delete) userdn="ldap:///all";)
"""


def entry(uid, *lines):
    return "\n".join([
        f"dn: uid={uid},{PEOPLE}", "objectClass: inetOrgPerson",
        "objectClass: mailRecipient", f"cn: {uid}", "sn: x",
        f"mail: {uid}.x@example.net", "userPassword: secret", *lines]) + "\n\n"


@pytest.fixture(scope="module")
def people(ds389):
    """The entries, and README's access rules."""
    ds389.add(f"dn: {PEOPLE}\nobjectClass: organizationalUnit\n\n"
              f"dn: ou=services,{BASE}\nobjectClass: organizationalUnit\n\n"
              f"dn: {READER}\nobjectClass: organizationalRole\n"
              "objectClass: simpleSecurityObject\nuserPassword: secret\n\n" +
              entry("alice", "mailHost: home.example.com") + entry("bob"))
    ds389.modify(CARELESS)
    return ds389


@pytest.fixture(scope="module")
def careless(people):
    """What users could do before README's rules; then they are made."""
    done = attempts(people)
    people.modify(block_after(section(RULES), "an account of its own:"))
    return done


@pytest.fixture(scope="module")
def ready(people, careless):
    return people


def front(site, ldap, name, uris=None, **settings):
    return directory.front(site, ldap, name, TITLE, {
        "ldap://ldap1.example.com ldap://ldap2.example.com":
            uris or ldap.uri}, **settings)


@pytest.fixture(scope="module")
def server(shared_site, ready):
    return front(shared_site, ready, "front.example.com")


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice.x@example.net"])
def test_names(shared_site, server, name):
    assert refer(shared_site, server, name).url.host == "home.example.com"


@pytest.mark.parametrize("name, result", [
    ("bob", "no_value"), ("nobody", "no_entry"),
    ("alice@example.net", "no_entry")])
def test_without_home(shared_site, server, name, result):
    since = server.log.mark()
    reply = shared_site.client(server).login(name, "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    server.log.wait(["tempfail", f"({result}, "], since)


def unavailable(site, server, words, name="alice"):
    """Nobody can log in, and a line of the log says why."""
    reply = site.client(server).login(name, "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    return server.log.wait(words)


@pytest.mark.parametrize("setting, value, words", [
    # unwillingToPerform, confidentialityRequired
    ("nsslapd-minssf", "128", "unwilling"),
    ("nsslapd-require-secure-binds", "on", "onfidentiality")])
def test_without_tls(shared_site, ready, setting, value, words):
    old, = ready.get("cn=config", setting)
    ready.set("cn=config", setting, value)
    try:
        # a setting of README's, so it has to be changed in its text
        clear = front(shared_site, ready, f"{setting}.example.com",
                      start=False)
        with open(clear.config_path, encoding="utf-8") as file:
            text = file.read()
        assert "referral_ldap_starttls = yes" in text
        with open(clear.config_path, "w", encoding="utf-8") as file:
            file.write(text.replace("referral_ldap_starttls = yes",
                                    "referral_ldap_starttls = no"))
        clear.start()
        line = unavailable(shared_site, clear, "ldap bind to")
        assert words in line and "referral_ldap_starttls" in line
        # as README says it works
        tls = front(shared_site, ready, f"tls-{setting}.example.com")
        assert refer(shared_site, tls, "alice").url.host == \
            "home.example.com"
    finally:
        ready.set("cn=config", setting, old)


# what a user might try, and what makes it possible

def attempts(ldap):
    """What alice may do: {what: exit status of LDAP's tool}."""
    def change(attribute, value, name=ALICE):
        return ldap.set(name, attribute, value, dn=ALICE, password="secret",
                        check=False).returncode

    def edit(ldif):
        return ldap.modify(ldif, dn=ALICE, password="secret",
                           check=False).returncode
    done = {
        "mailHost": change("mailHost", "evil.example.com"),
        "mail": change("mail", "bob.x@example.net"),
        "uid": edit(f"dn: {ALICE}\nchangetype: modify\nadd: uid\nuid: bob\n"),
        "aci": change("aci", '(targetattr="*")(version 3.0; acl "x"; '
                             'allow (all) userdn="ldap:///self";)'),
        "add": edit(entry("mallory", "uid: bob").replace(
            "objectClass", "changetype: add\nobjectClass", 1)),
        "add below": edit(entry("mallory,uid=alice").replace(
            "objectClass", "changetype: add\nobjectClass", 1).replace(
                "cn: mallory,uid=alice", "uid: mallory\ncn: x")),
        "rename": edit(f"dn: {ALICE}\nchangetype: modrdn\nnewrdn: uid=ann\n"
                       "deleteoldrdn: 0\n"),
    }
    # as it was
    if done["rename"] == 0:
        ldap.modify(f"dn: uid=ann,{PEOPLE}\nchangetype: modrdn\n"
                    "newrdn: uid=alice\ndeleteoldrdn: 1\n")
    for name in (f"uid=mallory,{PEOPLE}", f"uid=mallory,{ALICE}"):
        ldap.tool("ldapdelete", name, check=False)
    for attribute, value in (("mailHost", ["home.example.com"]),
                             ("mail", ["alice.x@example.net"]),
                             ("uid", ["alice"]), ("aci", [])):
        ldap.set(ALICE, attribute, *value)
    return done


def test_access_rules(ready, careless):
    """Each was possible, and is refused (insufficientAccess) now."""
    assert set(careless.values()) == {0}, careless
    now = attempts(ready)
    assert set(now.values()) == {50}, now


def test_reader_is_enough(ready):
    """Our DN sees what it needs and no more; nobody else sees mailHost."""
    assert ready.get(ALICE, "mailHost", dn=READER, password="secret") == \
        ["home.example.com"]
    assert not ready.get(ALICE, "sn", dn=READER, password="secret")


def test_must_change(shared_site, ready):
    """The bind is fine, and every search is refused: it is the account."""
    ready.set("cn=config", "passwordMustChange", "on")
    ready.set(READER, "userPassword", "secret")
    try:
        server = front(shared_site, ready, "mustchange.example.com")
        line = unavailable(shared_site, server, "ldap search under")
        assert "need not change its password" in line
    finally:
        ready.set("cn=config", "passwordMustChange", "off")
        ready.set(READER, "userPassword", "secret")


def bind(ldap, password):
    return ldap.tool("ldapsearch", "-s", "base", "-b", "", "1.1", dn=READER,
                     password=password, check=False).returncode


@pytest.fixture
def locking(ready):
    """Three wrong passwords lock an account for an hour."""
    for setting, value in (("passwordLockout", "on"),
                           ("passwordMaxFailure", "3")):
        ready.set("cn=config", setting, value)
    yield ready
    ready.set("cn=config", "passwordLockout", "off")
    ready.set(READER, "userPassword", "secret")


def test_lockout(shared_site, locking):
    """A password that was changed: many logins, one bind, no lock."""
    locking.set(READER, "userPassword", "another")
    since = locking.log.mark()
    server = front(shared_site, locking, "lockout.example.com")
    for number in range(10):
        line = unavailable(shared_site, server, "ldap bind to",
                           f"user{number}")
    assert "referral_ldap_auth_dn_password" in line
    assert locking.log.text(since).count("err=49") == 1
    assert bind(locking, "another") == 0


def test_exempt(locking):
    """README's command: wrong passwords don't lock our DN."""
    locking.set(READER, "userPassword", "secret")
    command = block_after(section(RULES), "in cn=config) by")
    program, instance, *args = command.replace("\\\n", " ").split()[1:]
    assert (program, instance) == ("dsconf", "ldap1")
    run(["dsconf", "-D", locking.admin_dn, "-w", locking.admin_password,
         locking.uri, *args])
    assert [bind(locking, "wrong") for _ in range(5)] == [49] * 5
    assert bind(locking, "secret") == 0
    # others are locked
    assert bind_as(locking, f"uid=bob,{PEOPLE}", "wrong") == [49] * 3
    assert bind_as(locking, f"uid=bob,{PEOPLE}", "secret")[0] != 0


def bind_as(ldap, dn, password):
    return [ldap.tool("ldapsearch", "-s", "base", "-b", "", "1.1", dn=dn,
                      password=password, check=False).returncode
            for _ in range(3)]


def test_initialisation(shared_site, ready):
    """A replica that is being filled says referral (10) to every search: the
    server beside it is asked, and no login fails."""
    good = shared_site.slapd(
        [], name="good", pki=shared_site.pki, extra=
        f'access to * by dn.exact="{READER}" read by * break\n', ldif=
        f"dn: ou=services,{BASE}\nobjectClass: organizationalUnit\n\n"
        f"dn: {READER}\nobjectClass: organizationalRole\n"
        "objectClass: simpleSecurityObject\nuserPassword: secret\n\n" +
        "".join(f"dn: uid=user{n},{PEOPLE}\nobjectClass: account\n"
                f"objectClass: inetLocalMailRecipient\nuid: user{n}\n"
                "mailHost: home.example.com\n\n" for n in range(60)))
    since = ready.log.mark()
    tree = f'cn="{BASE}",cn=mapping tree,cn=config'
    ready.set(tree, "nsslapd-referral", f"{ready.uri}/{BASE}")
    ready.set(tree, "nsslapd-state", "referral")
    try:
        server = front(shared_site, ready, "replica.example.com",
                       uris=f"{ready.uri} {good.uri}")
        for number in range(60):
            assert refer(shared_site, server, f"user{number}").url.host == \
                "home.example.com"
        assert " err=10 " in ready.log.text(since)
    finally:
        ready.set(tree, "nsslapd-state", "backend")


def test_names_in_utf8(shared_site, ready):
    """README's change."""
    jose = entry("josé").replace("mail: josé", "mail: jose")
    assert ready.tool("ldapadd", text_input=jose, check=False).returncode == 19
    ready.modify(block_after(section(RULES), ASCII))
    ready.restart()
    ready.add(jose)
    ready.set(f"uid=josé,{PEOPLE}", "mailHost", "home.example.com")
    server = front(shared_site, ready, "utf8.example.com",
                   auth_username_chars="")
    assert refer(shared_site, server, "josé").url.user == \
        "josé".encode()
