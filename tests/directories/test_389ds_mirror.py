"""A mirror of 389 Directory Server: made as README says, and equal to what
searches find."""

import json
import os
import signal

import pytest

from directory import BASE
from lib import referral_settings, with_referral
from lib.process import wait_for
from lib.random_directory import RandomDirectory, differences
from lib.readme import block_after, section
from lib.slapd import PEOPLE, READER_DN, READER_PASSWORD
from test_mirror_equal import RAW, SETTINGS

USERS = int(os.environ.get("REFERRAL_MIRROR_USERS", "1500"))
CHANGES = int(os.environ.get("REFERRAL_MIRROR_CHANGES", "1200"))
NAMES = 800
STEPS = 4
# as in the tests' slapd
SCHEMA = """dn: cn=schema
changetype: modify
add: attributeTypes
attributeTypes: ( 1.3.6.1.4.1.32473.1.1 NAME 'testMailHost'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
attributeTypes: ( 1.3.6.1.4.1.32473.1.2 NAME 'testMailAction'
  EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
-
add: objectClasses
objectClasses: ( 1.3.6.1.4.1.32473.2.1 NAME 'testMailUser' SUP top AUXILIARY
  MAY ( testMailHost $ testMailAction ) )
objectClasses: ( 1.3.6.1.4.1.32473.2.2 NAME 'inetLocalMailRecipient' SUP top
  AUXILIARY MAY mailHost )
"""
PREPARED = f"""dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {READER_DN}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER_PASSWORD}

dn: uid=sentinel,{PEOPLE}
objectClass: account
objectClass: testMailUser
uid: sentinel

"""
READABLE = f"""dn: {BASE}
changetype: modify
add: aci
aci: (targetattr="*")(version 3.0; acl "reader"; allow (read, search, compare)
  userdn="ldap:///{READER_DN}";)
"""
RULES = "The directory: entries and access rules"


@pytest.fixture(scope="module")
def random_directory(ds389):
    directory = RandomDirectory(389, USERS)
    ds389.modify(SCHEMA)
    ds389.modify(block_after(section(RULES), "in Dovecot that is empty):"))
    ds389.modify(block_after(section(RULES), "plugins, and a restart:"))
    # a password is not what this is about: no hashing
    ds389.set("cn=config", "passwordStorageScheme", "CLEAR")
    ds389.restart()
    ds389.add(PREPARED + directory.ldif())
    ds389.modify(READABLE)
    return directory


def servers(site, ldap):
    """One that mirrors and one that asks."""
    found = []
    for name, mirror in (("front", "yes"), ("asking", "no")):
        found.append(site.dovecot(
            f"{name}.example.com", with_referral([]), raw=RAW,
            settings=referral_settings(
                ldap, referral_local_hosts="front.example.com",
                referral_mirror=mirror, **SETTINGS)))
    return found


def wait_in_sync(ldap, front, word):
    ldap.set(f"uid=sentinel,{PEOPLE}", "testMailHost", word)

    def seen():
        answer, = json.loads(front.doveadm(
            "-f", "json", "referral", "explain", "-x", "session_user=yes",
            "sentinel"))
        return (answer["source"], answer["values"]) == ("mirror", word)
    wait_for(seen, "the mirror", 120)


def test_equal(shared_site, ds389, random_directory):
    """After many changes, told one by one, and after the directory was
    away."""
    front, asking = servers(shared_site, ds389)
    front.log.wait("mirror: in sync", secs=120)
    for step in range(STEPS):
        since, auth = front.log.mark(), front.pids("auth")[0]
        if step == 2:
            # it looks for a while later, with much to tell
            os.kill(auth, signal.SIGSTOP)
            ds389.restart()
        ds389.modify(random_directory.change(CHANGES // STEPS))
        os.kill(auth, signal.SIGCONT)
        if step == 2:
            # all of it: its cookies are not to be trusted
            front.log.wait("mirror: again in sync", since, 120)
        wait_in_sync(ds389, front, f"step{step}")
        names = random_directory.names(NAMES)
        differ, mirrored = differences(front, asking, names)
        print(f"step {step}: {len(names)} names, {mirrored} from the mirror, "
              f"{len(differ)} differ")
        assert not differ
        assert mirrored > len(names) / 2
