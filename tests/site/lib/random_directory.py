"""A directory that changes at random, and what two servers say about it."""

import base64
import json
import random

from .slapd import PEOPLE, SUFFIX, user_dn

HOSTS = [f"imap{i}.example.com" for i in range(5)] + ["front.example.com",
                                                      "not a host"]
# Names that a directory may take for another's: by case, by spaces, by
# Unicode, or by nothing at all
_ODD = ["Über{i}", "über{i}", "U\u0308ber{i}", "uber{i}", "straße{i}",
        "strasse{i}", "ﬁn{i}", "fin{i}", "иван{i}", "ИВАН{i}", "山{i}",
        "a  b{i}", "a b{i}", "A B{i}", "a*b{i}", "a(b){i}", "a\\b{i}",
        "a,b{i}", "a+b=c{i}", "#a{i}", "x@y{i}", "Mixed.Case{i}",
        "mixed.case{i}"]


def _line(name, value):
    return f"{name}:: {base64.b64encode(value.encode()).decode()}"


class _Entry:
    def __init__(self, uid, names, hosts, action, below):
        self.uid, self.names, self.hosts, self.action = \
            uid, names, hosts, action
        self.below, self.matches = below, True

    @property
    def dn(self):
        return user_dn(self.uid).replace(PEOPLE, self.below)


class RandomDirectory:
    """count entries below ou=people of the suffix, and a place to move them
    to."""

    def __init__(self, seed, count, suffix=SUFFIX):
        self._random = random.Random(seed)
        self._count = count
        self._people = f"ou=people,{suffix}"
        # moved there, an entry is found no more
        self._elsewhere = f"ou=elsewhere,{suffix}"
        self._serial = 0
        self.entries = [self._new_entry() for _ in range(count)]

    # the names of users

    def _name(self):
        if self._random.random() < 0.2:
            return self._random.choice(_ODD).format(
                i=self._random.randrange(self._count // 20 + 1))
        return f"user{self._random.randrange(self._count)}"

    def _new_entry(self):
        self._serial += 1
        uid = f"{self._name()}.{self._serial}"
        names = [self._name() for _ in range(self._random.choice([1, 1, 2]))]
        return _Entry(uid, sorted(set(names)), self._hosts(), self._action(),
                      self._people)

    def _hosts(self):
        return self._random.sample(HOSTS, self._random.choice([0, 1, 1, 1, 2]))

    def _action(self):
        return self._random.choice([None] * 8 + ["proxy", "refer"])

    def names(self, count):
        """Of users that are there, and of others."""
        some = [self._random.choice(self.entries) for _ in range(count)]
        found = [self._random.choice([entry.uid, *entry.names])
                 for entry in some]
        found += [self._name() for _ in range(count // 4)]
        return sorted({self._variant(name) for name in found})

    def _variant(self, name):
        return self._random.choice([name] * 5 + [
            name.upper(), name.swapcase(), f" {name}",
            name.replace(" ", "   ")])

    # LDIF

    @staticmethod
    def _attributes(entry):
        lines = ["objectClass: account"]
        if entry.matches:
            lines.append("objectClass: testMailUser")
            lines += [_line("testMailHost", host) for host in entry.hosts]
            if entry.action:
                lines.append(f"testMailAction: {entry.action}")
        return [*lines, _line("uid", entry.uid),
                *[_line("description", name) for name in entry.names]]

    def ldif(self):
        """All that there is, but for ou=people."""
        parts = [[f"dn: {self._elsewhere}", "objectClass: organizationalUnit",
                  "ou: elsewhere"]]
        parts += [[_line("dn", entry.dn), *self._attributes(entry)]
                  for entry in self.entries]
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    def change(self, count):
        """LDIF of so many changes."""
        return "\n\n".join("\n".join(self._change())
                           for _ in range(count)) + "\n"

    def _change(self):
        entry = self._random.choice(self.entries)
        kinds = [self._change_hosts] * 4 + [
            self._change_names, self._rename, self._move, self._switch,
            self._replace]
        return self._random.choice(kinds)(entry)

    @staticmethod
    def _set(entry, name, values):
        return [_line("dn", entry.dn), "changetype: modify",
                f"replace: {name}", *[_line(name, value) for value in values]]

    def _change_hosts(self, entry):
        if not entry.matches:
            return self._switch(entry)
        entry.hosts = self._hosts()
        return self._set(entry, "testMailHost", entry.hosts)

    def _change_names(self, entry):
        entry.names = sorted({self._name() for _ in range(
            self._random.choice([0, 1, 2, 3]))})
        return self._set(entry, "description", entry.names)

    def _rename(self, entry):
        dn = entry.dn
        self._serial += 1
        entry.uid = f"{self._name()}.{self._serial}"
        return [_line("dn", dn), "changetype: modrdn",
                _line("newrdn", entry.dn.split(",ou=", 1)[0]),
                "deleteoldrdn: 1"]

    def _move(self, entry):
        dn = entry.dn
        entry.below = self._elsewhere if entry.below == self._people else \
            self._people
        return [_line("dn", dn), "changetype: modrdn",
                _line("newrdn", entry.dn.split(",ou=", 1)[0]),
                "deleteoldrdn: 0", f"newsuperior: {entry.below}"]

    def _switch(self, entry):
        """The filter finds it no more, or again."""
        entry.matches = not entry.matches
        lines = [_line("dn", entry.dn), "changetype: modify"]
        if entry.matches:
            entry.action = None
            entry.hosts = self._hosts()
            return lines + ["add: objectClass", "objectClass: testMailUser",
                            "-", "replace: testMailHost",
                            *[_line("testMailHost", host)
                              for host in entry.hosts]]
        return lines + ["delete: objectClass", "objectClass: testMailUser",
                        "-", "replace: testMailHost", "-",
                        "replace: testMailAction"]

    def _replace(self, entry):
        """It goes, and another one comes."""
        self.entries.remove(entry)
        new = self._new_entry()
        self.entries.append(new)
        return [_line("dn", entry.dn), "changetype: delete", "",
                _line("dn", new.dn), "changetype: add",
                *self._attributes(new)]


def answers(server, names):
    """What a login of each would get: (answer, source)."""
    found = []
    for at in range(0, len(names), 200):
        found += json.loads(server.doveadm(
            "-f", "json", "referral", "explain", "-x", "session_user=yes",
            *names[at:at + 200]))
    return [(tuple(one[key] for key in (
        "result", "values", "user_action", "home", "action", "reason")),
        one["source"]) for one in found]


def differences(mirrored, asking, names):
    """Names about which two servers say different things; and how many of the
    answers came from the mirror."""
    ours, theirs = answers(mirrored, names), answers(asking, names)
    assert {source for _, source in theirs} == {"ldap"}
    assert len(ours) == len(theirs) == len(names)
    differ = [(name, mine, other[0])
              for name, mine, other in zip(names, ours, theirs)
              if mine[0] != other[0]]
    return differ, sum(source == "mirror" for _, source in ours)
