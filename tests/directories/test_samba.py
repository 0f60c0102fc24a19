"""Samba as an Active Directory: README's configuration, to the letter."""

import pytest

import directory
from directory import BASE
from lib import refer
from lib.readme import block_after, section

TITLE = "Active Directory, Samba"
READER = f"cn=dovecot,cn=Users,{BASE}"
PEOPLE = f"ou=people,{BASE}"
ALICE = f"cn=alice,{PEOPLE}"
# the attribute that README names
ATTRIBUTE = "houseIdentifier"


@pytest.fixture(scope="module")
def domain(samba):
    samba.add(f"dn: {PEOPLE}\nobjectClass: organizationalUnit\n")
    samba.add_user("dovecot", f"cn=Users,{BASE}")
    samba.add_user("alice", mail="alice.a@example.net",
                   **{ATTRIBUTE: "home.example.com"})
    samba.add_user("bob", mail="bob.b@example.net")
    return samba


def front(site, domain, name, uris=None, starttls=False, **settings):
    return directory.front(site, domain, name, TITLE, {
        "ldaps://dc1.example.com ldaps://dc2.example.com":
            uris or domain.ldaps_uri},
        # names with a backslash
        **{"referral_ldap_starttls": "yes" if starttls else "no",
           "auth_username_chars": "", **settings})


@pytest.fixture(scope="module")
def server(shared_site, domain):
    return front(shared_site, domain, "front.example.com")


@pytest.mark.parametrize("name", [
    "alice", "ALICE", "alice@example.com", "alice.a@example.net",
    "EXAMPLE\\alice"])
def test_names(shared_site, server, name):
    """sAMAccountName, userPrincipalName, mail, and Windows' own form."""
    assert refer(shared_site, server, name).url.host == "home.example.com"


@pytest.mark.parametrize("name, result", [
    ("bob", "no_value"), ("EXAMPLE\\bob", "no_value"), ("nobody", "no_entry"),
    ("nobody@example.com", "no_entry"), ("EXAMPLE\\nobody", "no_entry"),
    # her name, but not her address
    ("alice@example.net", "no_entry")])
def test_without_home(shared_site, server, name, result):
    """With the domain's root as base, whose searches bring references."""
    since = server.log.mark()
    reply = shared_site.client(server).login(name, "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    server.log.wait(["tempfail", f"({result}, "], since)


def test_domain_scope(shared_site, domain):
    """Searches bring references, and no more once they are known to."""
    found = domain.tool("ldapsearch", "-b", BASE, "(cn=nobody)").stdout
    assert "\nref: ldap" in found
    server = front(shared_site, domain, "heeding.example.com",
                   referral_ldap_heed_references="yes")
    # which brings some
    refer(shared_site, server, "alice")
    since = server.log.mark()
    shared_site.client(server).login("nobody", "secret")
    server.log.wait(["tempfail", "(no_entry, "], since)


def test_starttls(shared_site, domain):
    server = front(shared_site, domain, "starttls.example.com", domain.uri,
                   starttls=True)
    assert refer(shared_site, server, "alice").url.host == "home.example.com"


def test_without_tls(shared_site, domain):
    """It takes no password in the clear, and the line says what to do."""
    server = front(shared_site, domain, "clear.example.com", domain.uri)
    reply = shared_site.client(server).login("alice", "secret")
    assert (reply.status, reply.code) == ("NO", "UNAVAILABLE")
    line = server.log.wait("ldap bind to")
    assert "Strong" in line and "check referral_ldap_starttls" in line


def test_mirror(shared_site, domain):
    """It knows nothing of RFC 4533: one line, and searches go on."""
    server = front(shared_site, domain, "mirror.example.com",
                   referral_mirror="yes")
    line = server.log.wait("mirror: not possible")
    assert "Active Directory and Samba have nothing like it" in line
    assert "the cache is what is left" in line
    for name in ("alice", "alice@example.com", "EXAMPLE\\alice"):
        assert refer(shared_site, server, name).url.host == \
            "home.example.com"
    assert server.log.text().count("mirror: not ") == 1


def as_user(domain, name, attribute, value):
    """Returns the exit status of a change by alice."""
    return domain.set(name, attribute, value, dn=ALICE, password="secret",
                      check=False).returncode


def test_users_cannot_write(domain):
    """Neither the attribute nor what they are found by."""
    for attribute, value in ((ATTRIBUTE, "evil.example.com"),
                             ("mail", "bob.b@example.net"),
                             ("userPrincipalName", "bob@example.com"),
                             ("sAMAccountName", "bob2")):
        # LDAP's insufficientAccessRights
        assert as_user(domain, ALICE, attribute, value) == 50, attribute
    assert domain.get(ALICE, ATTRIBUTE) == ["home.example.com"]


def test_users_can_write(domain):
    """Those that README warns of."""
    names = section("The directory: entries and access rules")
    for attribute in ("wWWHomePage", "url", "info",
                      "physicalDeliveryOfficeName"):
        assert attribute in names
        assert as_user(domain, ALICE, attribute, "evil.example.com") == 0


def test_users_cannot_add(domain):
    """Nor computers, after README's change. (Samba doesn't let them before.)"""
    domain.modify(block_after(section(
        "The directory: entries and access rules"),
        "every user add ten computers:"))
    for name, container, kind in (
            ("mallory", PEOPLE, "user"),
            ("pc1$", f"cn=Computers,{BASE}", "computer")):
        assert domain.tool(
            "ldapadd", dn=ALICE, password="secret", check=False,
            text_input=f"dn: cn={name},{container}\nobjectClass: {kind}\n"
            f"sAMAccountName: {name}\n").returncode == 50
