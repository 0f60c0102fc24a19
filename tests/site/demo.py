"""The dialogues that tests/demo shows: exits with 0 if all is as expected."""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))

from lib import Site, User, referral_settings, with_referral  # noqa: E402
from lib.dovecot import version  # noqa: E402

FRONT, HOME = "front.example.com", "home.example.com"


def heading(text):
    print(f"\n== {text}\n")


def show(client):
    for line in client.dialogue:
        # the long lists of capabilities say nothing here
        if "[CAPABILITY " in line:
            start = line.index("[CAPABILITY ") + len("[CAPABILITY")
            line = f"{line[:start]} ...{line[line.index(']', start):]}"
        print("   ", line.replace("\r\n", "\n       "))


def expect(condition, what):
    if not condition:
        sys.exit(f"NOT as expected: {what}")


def start(site):
    """Returns the directory, the front and the home server."""
    users = [User("alice", FRONT), User("bob", HOME)]
    ldap = site.slapd(users)

    def server(name):
        dovecot = site.dovecot(
            name, with_referral(users), protocols=["imap"],
            settings=referral_settings(ldap, referral_local_hosts=name))
        for user in users:
            dovecot.deliver(user.name, f"{user.name}'s mailbox at {name}")
        return dovecot
    front, home = server(FRONT), server(HOME)
    heading("Running now, all below " + site.dir)
    print(f"    {ldap.uri}")
    for user in users:
        print(f"        uid={user.name}  mailHost={user.mail_host}")
    for dovecot in (front, home):
        number = ".".join(map(str, version()))
        print(f"    Dovecot {number} as {dovecot.name}: "
              f"imap://{dovecot.address}:{dovecot.port}/")
    return ldap, front, home


def inbox_is_at(client, server):
    client.select_inbox()
    reply = client.command("FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
    return any(f"mailbox at {server.name}".encode() in line
               for line in reply.untagged)


def at_home(site, front):
    heading(f"alice's home is {FRONT}: she is logged in there")
    client = site.client(front)
    reply = client.login("alice", "secret")
    there = reply.status == "OK" and inbox_is_at(client, front)
    client.quit()
    show(client)
    expect(there, f"alice has her mailbox at {FRONT}")


def referred(site, front, home):
    heading(f"bob's home is {HOME}: {FRONT} says so")
    client = site.client(front)
    reply = client.login("bob", "secret")
    if reply.code == "REFERRAL":
        client.read_bye()
    show(client)
    expect(reply.code == "REFERRAL" and reply.status == "NO",
           "bob is referred")
    expect(not front.logged_in("bob"), f"bob has no session at {FRONT}")

    url = reply.url
    heading(f"bob's client follows {url.text}\n   "
            f"({url.host} is {home.address}:{home.port} here)")
    client = site.connect(url.host, url.port)
    reply = client.login(url.user, "secret")
    there = reply.status == "OK" and inbox_is_at(client, home)
    client.quit()
    show(client)
    expect(there, f"bob has his mailbox at {HOME}")


def guessed(site, ldap, front):
    heading("A guessed password: no referral, and LDAP is not asked")
    since = ldap.log.mark()
    client = site.client(front)
    reply = client.login("bob", "guessed")
    show(client)
    expect((reply.status, reply.code) == ("NO", "AUTHENTICATIONFAILED"),
           "a wrong password is only refused")
    ldap.assert_no_search(since)
    print("    (searches in the LDAP server's log: 0)")


def main():
    with Site() as site:
        ldap, front, home = start(site)
        try:
            at_home(site, front)
            referred(site, front, home)
            guessed(site, ldap, front)
            expect(not site.broken(), "no server process died")
        except BaseException:
            for name, text in site.logs():
                print(f"\n---- log of {name}\n{text}", file=sys.stderr)
            raise
    print("\nAll as expected: alice at home, bob referred and at home at "
          f"{HOME}, the guess refused.")


if __name__ == "__main__":
    main()
