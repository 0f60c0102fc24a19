"""What can be wrong with a server that is mirrored (RFC 4533): more of the table
in faults.py. What no mirror asks for is answered as a healthy server does."""

import ber
from faults import fault

# what the control of an entry has to be
_GOOD = ber.sync_state(ber.ADD, b"alice".ljust(16, b"-"))


def once(conn, request, *messages, cookie=b"rid=1"):
    """A refresh with these messages before alice."""
    conn.send(b"".join(messages) + ber.sync_entry(request.msgid) +
              ber.refresh_done(request.msgid, cookie))


# -- what is odd, but can be true ------------------------------------------

@fault
def sync_uuid_twice(conn):
    """sends an entry twice in a refresh"""
    for request in conn.syncs():
        once(conn, request, ber.sync_entry(
            request.msgid, mailHost=[b"old.example.com"]))


@fault
def sync_huge_cookie(conn):
    """has a cookie of a megabyte"""
    for request in conn.syncs():
        once(conn, request, cookie=b"rid=" + bytes(1 << 20))


@fault
def sync_nul(conn):
    """has names and hosts with NUL"""
    for request in conn.syncs():
        once(conn, request, ber.sync_entry(
            request.msgid, b"bo\0b", mailHost=[b"bad.example.com\0"]))


@fault
def sync_delete_unknown(conn):
    """deletes what it never sent"""
    for request in conn.syncs():
        ids = ber.tlv(0xa3, b"\x01\x01\xff" + ber.tlv(
            0x31, ber.tlv(4, b"y" * 16)))
        once(conn, request,
             ber.sync_entry(request.msgid, b"x", ber.DELETE),
             ber.sync_info(request.msgid, ids))


@fault
def sync_long_values(conn):
    """has an entry with names of 60,000 bytes, and 5,000 of them"""
    for request in conn.syncs():
        once(conn, request,
             ber.sync_entry(request.msgid, b"x" * 60000),
             ber.sync_entry(request.msgid, None, uuid=b"y" * 16,
                            uid=[b"u%d" % i for i in range(5000)]))


@fault
def sync_other_messages(conn):
    """sends notifications, references and responses of other kinds"""
    for request in conn.syncs():
        other = ber.message(request.msgid, ber.tlv(
            ber.INTERMEDIATE_RESPONSE, ber.tlv(0x80, b"1.2.3")))
        once(conn, request, other,
             ber.reference(request.msgid, "ldap://a.example.com/"),
             ber.result(0, ber.EXTENDED_RESPONSE, 0, b"hello",
                        ber.tlv(0x8a, b"1.3.6.1.4.1.4203.666.1")))


@fault
def sync_trickle(conn):
    """sends a refresh one byte at a time"""
    for request in conn.syncs():
        for byte in ber.sync_entry(request.msgid) + \
                ber.refresh_done(request.msgid):
            conn.send(bytes([byte]))
            conn.wait(0.005)


# -- what can't be trusted -------------------------------------------------

def _distrusted(name, doc, *messages):
    """messages: functions of the message ID, sent before all is well"""
    def handler(conn):
        for request in conn.syncs():
            once(conn, request, *(one(request.msgid) for one in messages))
    handler.__doc__ = doc
    handler.__name__ = name
    fault(handler)


_distrusted("sync_no_key", "has an entry without a name",
            lambda msgid: ber.sync_entry(msgid, None))
_distrusted("sync_no_control", "sends an entry without the control",
            ber.entry)
_distrusted("sync_bad_control", "sends an entry with another control",
            lambda msgid: ber.sync_entry(
                msgid, controls=ber.control(ber.SYNC_STATE, b"\x30\x01")))
_distrusted("sync_bad_uuid", "has a UUID of 15 bytes",
            lambda msgid: ber.sync_entry(
                msgid, controls=ber.sync_state(ber.ADD, b"u" * 15)))
_distrusted("sync_bad_state", "has an entry in a fifth state",
            lambda msgid: ber.sync_entry(
                msgid, controls=ber.sync_state(4, b"u" * 16)))
_distrusted("sync_present_unknown", "says that unknown entries are unchanged",
            lambda msgid: ber.sync_entry(msgid, b"x", ber.PRESENT))
_distrusted("sync_bad_info", "sends an info message that is none",
            lambda msgid: ber.sync_info(msgid, b"\xa7\x00"))
_distrusted("sync_bad_ids", "sends a set of UUIDs that are none",
            lambda msgid: ber.sync_info(msgid, ber.tlv(
                0xa3, ber.tlv(0x31, ber.tlv(4, b"u" * 15)))))
_distrusted("sync_done_twice", "ends the refresh twice", ber.refresh_done)
_distrusted("sync_crowd", "has 2,000 entries of one name",
            lambda msgid: b"".join(
                ber.sync_entry(msgid, b"carol", uuid=b"%016d" % i)
                for i in range(2000)))


# -- what does not come to an end ------------------------------------------

@fault
def sync_never_done(conn):
    """never ends the refresh"""
    for request in conn.syncs():
        conn.send(ber.sync_entry(request.msgid))


@fault
def sync_silent(conn):
    """says nothing to who wants to mirror it"""
    for _ in conn.syncs():
        pass


@fault
def sync_flood(conn):
    """sends the same entry again and again"""
    for request in conn.syncs():
        entries = ber.sync_entry(request.msgid) * 1000
        while True:
            conn.send(entries)


@fault
def sync_reset(conn):
    """resets the connection in the middle of a refresh"""
    for request in conn.syncs():
        conn.send(ber.sync_entry(request.msgid))
        conn.reset()


@fault
def sync_closes(conn):
    """is in sync for a moment, then closes the connection"""
    for request in conn.syncs():
        once(conn, request)
        conn.wait(0.1)
        conn.reset()


# -- what it answers -------------------------------------------------------

def _result(name, doc, code, text=b"no"):
    def handler(conn):
        for request in conn.syncs():
            conn.send(ber.response(request, code, text))
    handler.__doc__ = doc
    handler.__name__ = name
    fault(handler)


_result("sync_unknown", "does not know RFC 4533", 12)
_result("sync_size_limit", "sends no more than so many entries",
        ber.SIZE_LIMIT)
_result("sync_no_access", "forbids to be mirrored", ber.INSUFFICIENT_ACCESS)
_result("sync_busy", "is too busy to be mirrored", ber.BUSY)
_result("sync_ends", "ends a search that should persist", ber.SUCCESS)


@fault
def sync_refresh_required(conn):
    """refuses every cookie, and resets the connection of who has none"""
    for request in conn.syncs():
        if b"rid=" in request.controls:
            conn.send(ber.response(request, ber.REFRESH_REQUIRED, b"too old"))
            continue
        once(conn, request)
        conn.peer.synced += 1
        if conn.peer.synced == 1:
            conn.wait(0.1)
            conn.reset()


@fault
def sync_frozen(conn):
    """is in sync, then says nothing more on that connection"""
    for request in conn.syncs():
        once(conn, request)
        conn.wait()
