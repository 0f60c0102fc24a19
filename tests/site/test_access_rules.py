"""README's access rules for OpenLDAP, to the letter: what a user could do
before them is refused afterwards."""

import os

from lib import Referral, Slapd, Static, refer
from lib.process import Process, run, wait_for
from lib.readme import block_after, configuration, section
from lib.slapd import PEOPLE, READER_DN, SUFFIX, user_dn

RULES = section("The directory: entries and access rules")
READER = f"cn=dovecot,ou=services,{SUFFIX}"
ALICE = user_dn("alice")
# what a careless site allows
CARELESS = f"""access to attrs=userPassword by self write by anonymous auth
  by * none
access to dn.base="{PEOPLE}" attrs=children by users write
access to dn.children="{PEOPLE}" attrs=entry by users write
access to * by self write by users read by * none
"""


def entry(uid, *lines):
    return "\n".join([
        f"dn: uid={uid},{PEOPLE}", "objectClass: inetOrgPerson",
        "objectClass: inetLocalMailRecipient", "cn: x", "sn: x", *lines]) + "\n"


PEOPLE_LDIF = entry("alice", "mail: alice.x@example.net",
                    "userPassword: secret",
                    "mailHost: home.example.com") + "\n" + \
    entry("bob", "mail: bob.x@example.net") + "\n" + \
    entry("carol", "userPassword: secret") + "\n"


class ConfiguredSlapd(Slapd):
    """One that has cn=config, as Debian's has."""

    def start(self, wait=True):
        folder = f"{self.dir}/slapd.d"
        if not os.path.exists(folder):
            with open(f"{self.dir}/slapd.conf", encoding="utf-8") as file:
                text = file.read()
            # who comes over ldapi
            text = text.replace("database mdb\n", "database config\n"
                                f"rootdn {READER_DN}\ndatabase mdb\n")
            with open(f"{self.dir}/config.conf", "w",
                      encoding="utf-8") as file:
                file.write(text)
            os.makedirs(folder)
            run([self._program, "-T", "test", "-f",
                 f"{self.dir}/config.conf", "-F", folder])
        self.process = Process(
            [self._program, "-F", folder, "-h",
             f"{self.uri}/ {self.ldapi_uri} {self.ldaps_uri}/", "-d",
             "stats"], self.log.path)
        if wait:
            wait_for(self._answers, "slapd")

    def configure(self, ldif):
        run(["ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", self.ldapi_uri],
            text_input=ldif)

    def get(self, uid, attribute, dn, password):
        """What dn is shown."""
        output = run(["ldapsearch", "-x", "-LLL", "-H", self.uri, "-D", dn,
                      "-w", password, "-b", user_dn(uid), "-s", "base",
                      attribute]).stdout
        return [line.split(": ", 1)[1] for line in output.splitlines()
                if line.startswith(f"{attribute}: ")]


def attempts(ldap):
    """What alice may do: {what: exit status of LDAP's tool}."""
    def edit(ldif):
        return run(["ldapmodify", "-x", "-H", ldap.uri, "-D", ALICE, "-w",
                    "secret"], text_input=ldif, check=False).returncode

    def change(attribute, value):
        return edit(f"dn: {ALICE}\nchangetype: modify\n"
                    f"replace: {attribute}\n{attribute}: {value}\n")

    def add(uid, *lines):
        return edit(entry(uid, *lines).replace(
            "objectClass", "changetype: add\nobjectClass", 1))
    return {
        "mailHost": change("mailHost", "evil.example.com"),
        "mail": change("mail", "bob.x@example.net"),
        "uid": edit(f"dn: {ALICE}\nchangetype: modify\nadd: uid\nuid: bob\n"),
        "objectClass": edit(f"dn: {ALICE}\nchangetype: modify\n"
                            "add: objectClass\nobjectClass: "
                            "domainRelatedObject\n-\nadd: associatedDomain\n"
                            "associatedDomain: example.com\n"),
        "add": add("mallory", "uid: bob"),
        "add below": add("mallory,uid=alice"),
        "delete": edit(f"dn: uid=bob,{PEOPLE}\nchangetype: delete\n"),
        # the last: she is somebody else then
        "rename": edit(f"dn: {ALICE}\nchangetype: modrdn\nnewrdn: uid=ann\n"
                       "deleteoldrdn: 0\n"),
    }


def test_access_rules(site):
    services = block_after(RULES, "administrator:")
    ldap = site.serve(
        "ldap", ConfiguredSlapd, site.ports, pki=site.pki, extra=CARELESS,
        ldif=f"{services}\n{PEOPLE_LDIF}")
    careless = attempts(ldap)
    assert set(careless.values()) == {0}, careless

    ldap.stop()
    ldap = site.serve(
        "careful", ConfiguredSlapd, site.ports, pki=site.pki, extra=CARELESS,
        ldif=f"{services}\n{PEOPLE_LDIF}")
    rules = block_after(RULES, "(replace {1}mdb by your database):")
    command, ldif = rules.split("\n", 1)
    assert command == "# ldapmodify -Q -Y EXTERNAL -H ldapi:///"
    ldap.configure(ldif)
    # insufficientAccess
    careful = attempts(ldap)
    assert set(careful.values()) == {50}, careful

    # and README's configuration works with it
    raw = configuration("OpenLDAP", {
        "ldaps://ldap1.example.com ldaps://ldap2.example.com":
            ldap.ldaps_uri, "/etc/dovecot/ldap-ca.pem": site.pki.ca_cert})
    front = site.dovecot(
        "front.example.com", [Referral(), Static("secret")], raw=raw,
        settings={"login_plugins": "login_referral",
                  "referral_local_hosts": "front.example.com"})
    for name in ("alice", "alice.x@example.net"):
        assert refer(site, front, name).url.host == "home.example.com"
    assert ldap.get("alice", "mailHost", READER, "secret") == \
        ["home.example.com"]
    assert not ldap.get("alice", "mailHost", user_dn("carol"), "secret")
