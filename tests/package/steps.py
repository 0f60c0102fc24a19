"""What the scripts of this folder share: README as a user reads it, and the site
that its steps are done on.
"""

import os
import re
import socket
import subprocess
import tempfile
import time

SAMPLE = "/etc/dovecot/conf.d/09-login-referral.conf"
LOG = "/var/log/dovecot.log"
ADMIN = "cn=admin,dc=example,dc=com"
# README's users have it
PASSWORD = "password"
# nothing here is about time, and the machine may be busy
DEADLINE_SECS = 60

# There is no systemd in a chroot.
SYSTEMCTL = """#!/bin/sh
set -e
test "$1 $2" = "restart dovecot"
dovecot stop 2>/dev/null || :
exec dovecot
"""

# What a site has before it reads our README.
SITE_FILES = {
    "/usr/local/bin/systemctl": SYSTEMCTL,
    "/etc/dovecot/conf.d/99-site.conf":
        f"log_path = {LOG}\nauth_verbose = yes\n",
    "/etc/apt/apt.conf.d/99yes": 'APT::Get::Assume-Yes "true";\n',
}
ENTRIES = """
dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: uid=alice,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: alice
cn: Alice
sn: A

dn: uid=bob,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: bob
cn: Bob
sn: B
"""


def run(command, **kwargs):
    print(f"$ {command}", flush=True)
    # not a pipe: a daemon that the command starts would hold it open
    with tempfile.TemporaryFile("w+") as file:
        done = subprocess.run(command, shell=True, text=True, check=False,
                              stdout=file, stderr=subprocess.STDOUT,
                              timeout=120, **kwargs)
        file.seek(0)
        output = file.read()
    print(output, flush=True)
    if done.returncode != 0:
        raise SystemExit(f"FAILED: {command}")
    return output


def check(what, good):
    if not good:
        raise SystemExit(f"FAILED: {what}")
    print(f"ok: {what}", flush=True)


with open("/package/README", encoding="utf-8") as the_file:
    README = the_file.read()


class Section:
    """A section of README, read as a user reads it."""

    def __init__(self, title):
        self.text = re.search(
            rf"^\d+\. {re.escape(title)}\n-+\n(.*?)"
            r"(^\d+\. [^\n]*\n---|\Z)", README,
            re.MULTILINE | re.DOTALL).group(1)

    def commands(self, first, last=None):
        """The root commands from the one that starts with first to the one
        that starts with last, as one script: a cd lasts."""
        lines = re.findall(r"^    # (.*)$", self.text, re.MULTILINE)
        start = [line.startswith(first) for line in lines].index(True)
        end = [line.startswith(last or first)
               for line in lines[start:]].index(True) + start
        return "set -e\n" + "\n".join(lines[start:end + 1])

    def block(self, first):
        """The indented block whose first line starts with first."""
        return re.search(
            r"^(    " + re.escape(first) + r".*\n(?:    .*\n)*)",
            self.text, re.MULTILINE).group(1).replace("\n    ", "\n")[4:]

    def dialogue(self, first):
        """A user's command, what is typed then, and the answers."""
        command, *lines = self.block(f"$ {first}").splitlines()
        typed = [line for line in lines if line.startswith("a login ")]
        answers = [line for line in lines if line not in typed]
        return command[2:], typed, answers


def dialogue(section, first):
    """Whether a dialogue goes as README says; "..." stands for anything."""
    command, typed, answers = section.dialogue(first)
    output = run(f"timeout {DEADLINE_SECS} {command}",
                 input="\n".join(typed) + "\n")
    return bool(typed and answers) and all(re.search(
        "^" + re.escape(line).replace(r"\.\.\.", ".*") + r"\r?$", output,
        re.MULTILINE) for line in answers)


def login(user, password=PASSWORD):
    """The lines that answer a LOGIN command, the greeting left out."""
    with socket.create_connection(("127.0.0.1", 143),
                                  DEADLINE_SECS) as sock, \
            sock.makefile("rwb") as conn:
        conn.readline()
        conn.write(f"a login {user} {password}\r\nb logout\r\n".encode())
        conn.flush()
        lines = [line.decode().rstrip("\r\n") for line in conn]
    print(f"{user}: {lines}", flush=True)
    return lines


def logged_in(*users):
    return all(any(line.startswith("a OK ") for line in login(user))
               for user in users)


def modify(ldif):
    run(f"ldapmodify -x -D {ADMIN} -w {PASSWORD}", input=ldif)


def make_site():
    os.environ["PATH"] = "/usr/local/bin:" + os.environ["PATH"]
    for name, text in SITE_FILES.items():
        with open(name, "w", encoding="ascii") as file:
            file.write(text)
    os.chmod("/usr/local/bin/systemctl", 0o755)
    for user in "alice", "bob":
        run(f"useradd --create-home {user}")
        run("chpasswd", input=f"{user}:{PASSWORD}\n")
    run("echo slapd slapd/domain string example.com | debconf-set-selections")
    for answer in ("shared/organization string Example",
                   f"slapd/password1 password {PASSWORD}",
                   f"slapd/password2 password {PASSWORD}",
                   "slapd/purge_database boolean true",
                   "slapd/move_old_database boolean false"):
        run(f"echo slapd {answer} | debconf-set-selections")
    run("dpkg-reconfigure -f noninteractive slapd")
    # as systemd would
    run("install -d -o openldap -g openldap /run/slapd")
    run("slapd -h 'ldap:/// ldapi:///' -u openldap -g openldap"
        " -F /etc/ldap/slapd.d")
    check("before: the directory answers", soon(lambda: subprocess.run(
        ["ldapwhoami", "-x"], check=False).returncode == 0))
    run(f"ldapadd -x -D {ADMIN} -w {PASSWORD}", input=ENTRIES)
    run("systemctl restart dovecot")
    check("before: both users log in", logged_in("alice", "bob"))


def edit(lines):
    """Set what the sample has, be it commented out."""
    with open(SAMPLE, encoding="utf-8") as file:
        sample = file.read()
    for line in lines.splitlines():
        name = line.split()[0]
        sample, count = re.subn(rf"^#?{name} =.*$", line, sample,
                                flags=re.MULTILINE)
        check(f"the sample has {name}", count == 1)
    with open(SAMPLE, "w", encoding="utf-8") as file:
        file.write(sample)


def configure(start):
    """Copy the sample, set what README says, restart."""
    run(start.commands("cd /usr", "cp "))
    edit(start.block("referral_ldap_uris"))
    run(start.commands("doveconf", "systemctl"))


def enable(start):
    run(start.commands("ldapadd"))
    entry = start.block("dn: uid=bob")
    modify(entry)
    modify(entry.replace("bob", "alice").replace("imap2", "front"))
    configure(start)
    check("enabled: the user at home logs in", logged_in("alice"))
    check("enabled: the dialogue of the other user's referral",
          dialogue(start, "nc "))
    check("enabled: a wrong password gets no referral",
          any("AUTHENTICATIONFAILED" in line
              for line in login("bob", "wrong")))
    check("enabled: the log says what was decided",
          re.search(r" auth.*bob.*refer to imap2\.example\.com "
                    r"\(elsewhere, ldap, ", run(f"cat {LOG}")))


def soon(condition):
    """After a reload, and where Dovecot counts a login that it has answered."""
    for _ in range(100):
        if condition():
            return True
        time.sleep(0.1)  # style: poll
    return False


def referred():
    return any(line.startswith("a NO [REFERRAL ") for line in login("bob"))


def install():
    before = run("doveconf -n"), run("doveconf -a | grep -v ^referral_")
    run(Section("Install").commands("apt install"), cwd="/package/1")
    after = run("doveconf -n"), run("doveconf -a | grep -v ^referral_")
    check("installing changes no setting", before == after)
    run("systemctl restart dovecot")
    check("installed but not enabled: both users log in",
          logged_in("alice", "bob"))
