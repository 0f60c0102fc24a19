"""What can be wrong with an LDAP server: a table of connection handlers.

A server knows one user, alice, whose mailHost is home.example.com. "healthy"
has no fault. peer.py runs them.
"""

import ssl

import ber
from connection import Closed

FAULTS = {}


def fault(function):
    """Register a connection handler. Its docstring says what is wrong."""
    FAULTS[function.__name__] = function
    return function


# -- no fault -------------------------------------------------------------

@fault
def healthy(conn):
    """answers everything"""
    for request in conn.requests():
        conn.answer(request)


# -- connecting -----------------------------------------------------------

@fault
def refused(conn):
    """nobody listens"""
    raise AssertionError


@fault
def black_hole(conn):
    """connection attempts get no answer at all: a full backlog"""
    raise AssertionError


@fault
def silent(conn):
    """accepts, reads, says nothing"""
    while conn.sock.recv(65536):
        pass


@fault
def deaf(conn):
    """accepts and never reads"""
    conn.wait()


@fault
def closing(conn):
    """closes each connection at once"""


# -- TLS ------------------------------------------------------------------

@fault
def starttls_refused(conn):
    """does not know StartTLS"""
    for request in conn.requests():
        if request.tag == ber.EXTENDED_REQUEST:
            conn.send(ber.response(request, ber.PROTOCOL_ERROR,
                                   b"unsupported extended operation"))
        else:
            conn.answer(request)


@fault
def starttls_silent(conn):
    """agrees to StartTLS and says nothing more"""
    for request in conn.requests():
        conn.send(ber.response(request))
        conn.wait()


@fault
def starttls_injection(conn):
    """somebody adds answers to the unencrypted one: CVE-2011-0411's kin"""
    for request in conn.requests():
        conn.send(ber.response(request) +
                  ber.result(request.msgid + 1, ber.BIND_RESPONSE))
        conn.start_tls()


@fault
def tls_half_hello(conn):
    """begins its part of the handshake and stops"""
    conn.sock.recv(65536)
    conn.send(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
    conn.wait()


@fault
def tls_garbage(conn):
    """speaks something else than TLS"""
    conn.sock.recv(65536)
    conn.send(b"220 mail.example.com ESMTP\r\n" * 10)
    conn.wait()


@fault
def tls_trickle(conn):
    """does TLS one byte at a time"""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = conn.peer.tls.wrap_bio(incoming, outgoing, server_side=True)
    while True:
        try:
            tls.do_handshake()
            conn.wait()
        except ssl.SSLWantReadError:
            for byte in outgoing.read():
                conn.send(bytes([byte]))
                conn.wait(0.01)
            data = conn.sock.recv(65536)
            if not data:
                raise Closed from None
            incoming.write(data)


# -- answers --------------------------------------------------------------

@fault
def trickle(conn):
    """answers searches one byte at a time"""
    for request in conn.searches():
        for byte in ber.entry(request.msgid) + ber.response(request):
            conn.send(bytes([byte]))
            conn.wait(0.01)


@fault
def drip(conn):
    """the same, ten bytes a second"""
    for request in conn.searches():
        for byte in ber.entry(request.msgid) + ber.response(request):
            conn.send(bytes([byte]))
            conn.wait(0.1)


@fault
def slow(conn):
    """answers each search after 0.6 s"""
    for request in conn.searches():
        conn.wait(0.6)
        conn.answer(request)


@fault
def slower(conn):
    """answers each search after 0.9 s"""
    for request in conn.searches():
        conn.wait(0.9)
        conn.answer(request)


@fault
def late(conn):
    """answers each search after 2.5 s"""
    for request in conn.searches():
        conn.wait(2.5)
        conn.answer(request)


@fault
def overloaded(conn):
    """answers 20 searches a second, all connections together"""
    for request in conn.searches():
        with conn.peer.worker:
            conn.wait(0.05)
        conn.answer(request)


@fault
def other_name(conn):
    """has another name for the attribute"""
    for request in conn.searches():
        conn.send(ber.entry(request.msgid, name="rfc822MailHost") +
                  ber.response(request))


@fault
def with_option(conn):
    """has the attribute in another language only"""
    for request in conn.searches():
        conn.send(ber.entry(request.msgid, name="mailHost;lang-en") +
                  ber.response(request))


@fault
def many_references(conn):
    """adds 150 references to the entry, unless it is asked not to"""
    for request in conn.searches():
        references = b"" if b"1.2.840.113556.1.4.1339" in request.controls \
            else ber.reference(request.msgid, "ldap://a.example.com/") * 150
        conn.send(references + ber.entry(request.msgid) +
                  ber.response(request))


@fault
def search_silent(conn):
    """lets clients bind, then says nothing"""
    for _ in conn.searches():
        pass


@fault
def freezing(conn):
    """answers five searches, then says nothing more to anybody"""
    for request in conn.requests():
        if conn.peer.answered >= 5:
            conn.wait()
        if request.tag == ber.SEARCH_REQUEST:
            conn.peer.answered += 1
        conn.answer(request)


@fault
def garbage(conn):
    """speaks something else than LDAP"""
    for _ in conn.requests():
        conn.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@fault
def garbage_later(conn):
    """answers some searches, then speaks something else than LDAP"""
    for number, request in enumerate(conn.searches(), 1):
        if number % 5 == 0:
            conn.send(b"\xff" * 100)
        else:
            conn.answer(request)


@fault
def broken_length(conn):
    """sends a message whose inner length leads out of it"""
    for request in conn.searches():
        conn.send(ber.tlv(0x30, ber.integer(request.msgid) +
                          b"\x64\x84\x7f\xff\xff\xff\x04\x00"))


@fault
def huge(conn):
    """announces a message of 2 GB"""
    for request in conn.requests():
        conn.send(b"\x30\x84\x7f\xff\xff\xf0" + ber.integer(request.msgid))


@fault
def huge_fed(conn):
    """announces a message of 2 GB and sends it"""
    for request in conn.requests():
        conn.send(b"\x30\x84\x7f\xff\xff\xf0" + ber.integer(request.msgid))
        while True:
            conn.send(bytes(65536))


@fault
def flood(conn):
    """answers a search with entries without end"""
    for request in conn.searches():
        entries = ber.entry(request.msgid) * 1000
        while True:
            conn.send(entries)


@fault
def unknown_id(conn):
    """answers searches that nobody made"""
    for request in conn.searches():
        msgid = request.msgid + 1000
        conn.send(ber.entry(msgid) + ber.result(msgid, ber.SEARCH_DONE))


@fault
def unknown_id_too(conn):
    """answers searches that nobody made, next to ours"""
    for request in conn.searches():
        msgid = request.msgid + 1000
        conn.send(ber.entry(msgid) + ber.result(msgid, ber.SEARCH_DONE))
        conn.answer(request)


@fault
def unknown_id_flood(conn):
    """never stops to answer searches that nobody made"""
    for request in conn.searches():
        junk = ber.entry(request.msgid + 1000) * 1000
        while True:
            conn.send(junk)


@fault
def wrong_type(conn):
    """answers a search with a bind's answer"""
    for request in conn.searches():
        conn.send(ber.result(request.msgid, ber.BIND_RESPONSE))


@fault
def extended(conn):
    """refuses a search by an extended operation's answer, as Samba does"""
    for request in conn.searches():
        conn.send(ber.result(request.msgid, ber.EXTENDED_RESPONSE,
                             ber.UNAVAILABLE_CRITICAL_EXTENSION))


@fault
def extended_success(conn):
    """answers a search with an extended operation's success"""
    for request in conn.searches():
        conn.send(ber.result(request.msgid, ber.EXTENDED_RESPONSE))


@fault
def reset(conn):
    """resets the connection in the middle of an answer"""
    for request in conn.searches():
        conn.send(ber.entry(request.msgid)[:20])
        conn.reset()


@fault
def reset_sometimes(conn):
    """resets the connection with every third search"""
    for number, request in enumerate(conn.searches(), 1):
        if number % 3 == 0:
            conn.reset()
        conn.answer(request)


@fault
def notice(conn):
    """sends a Notice of Disconnection in place of an answer"""
    for _ in conn.searches():
        conn.send(ber.result(
            0, ber.EXTENDED_RESPONSE, ber.UNAVAILABLE, b"shutting down",
            ber.tlv(0x8a, ber.NOTICE_OF_DISCONNECTION)))
        raise Closed


@fault
def announcement(conn):
    """sends notifications that nobody asked for"""
    for request in conn.searches():
        conn.send(ber.result(0, ber.EXTENDED_RESPONSE, 0, b"hello",
                             ber.tlv(0x8a, b"1.3.6.1.4.1.4203.666.1")))
        conn.answer(request)


@fault
def announcement_flood(conn):
    """never stops sending notifications"""
    for _ in conn.searches():
        message = ber.result(0, ber.EXTENDED_RESPONSE, 0, b"hello",
                             ber.tlv(0x8a, b"1.3.6.1.4.1.4203.666.1"))
        while True:
            conn.send(message * 1000)


@fault
def idle_close(conn):
    """closes a connection that is idle for 50 ms"""
    conn.sock.settimeout(0.05)
    healthy(conn)


@fault
def idle_notice(conn):
    """the same, after a Notice of Disconnection"""
    conn.sock.settimeout(0.05)
    try:
        healthy(conn)
    except TimeoutError:
        conn.send(ber.result(
            0, ber.EXTENDED_RESPONSE, 0, b"",
            ber.tlv(0x8a, ber.NOTICE_OF_DISCONNECTION)))


# -- results --------------------------------------------------------------

def search_result(code, text=b"", extra=b""):
    def handler(conn):
        for request in conn.searches():
            conn.send(ber.response(request, code, text, extra))
    return handler


def _register_results():
    uri = ber.tlv(4, b"ldap://other.example.com/dc=example,dc=com")
    for name, doc, handler in (
            ("no_entry", "finds nothing", search_result(ber.SUCCESS)),
            ("busy", "is busy", search_result(ber.BUSY)),
            ("unavailable", "is unavailable", search_result(ber.UNAVAILABLE)),
            ("time_limit", "needs too long for a search",
             search_result(ber.TIME_LIMIT)),
            ("internal_error", "fails with its other(80)",
             search_result(ber.OTHER, b"internal error\r\n")),
            ("no_base", "has no such base",
             search_result(ber.NO_SUCH_OBJECT)),
            ("no_access", "forbids searching",
             search_result(ber.INSUFFICIENT_ACCESS)),
            ("strong_auth", "wants an encrypted connection for searches",
             search_result(ber.STRONG_AUTH_REQUIRED)),
            ("unwilling", "wants the account's password changed first",
             search_result(ber.UNWILLING)),
            ("referral", "refers to another server",
             search_result(ber.REFERRAL, extra=ber.tlv(0xa3, uri)))):
        handler.__doc__ = doc
        FAULTS[name] = handler


_register_results()


@fault
def references(conn):
    """finds nothing but references to other servers"""
    for request in conn.searches():
        conn.send(ber.reference(request.msgid, "ldap://a.example.com/") +
                  ber.reference(request.msgid, "ldap://b.example.com/") +
                  ber.response(request))


@fault
def references_too(conn):
    """adds references to the entry, as Active Directory does"""
    for request in conn.searches():
        conn.send(ber.entry(request.msgid) +
                  ber.reference(request.msgid, "ldap://a.example.com/") +
                  ber.response(request))


@fault
def several(conn):
    """finds several entries"""
    for request in conn.searches():
        conn.send(ber.entry(request.msgid) +
                  ber.entry(request.msgid, "uid=alice,ou=x") +
                  ber.response(request, ber.SIZE_LIMIT))


@fault
def size_limit(conn):
    """allows us one of several entries"""
    for request in conn.searches():
        conn.send(ber.entry(request.msgid) +
                  ber.response(request, ber.SIZE_LIMIT))


def bind_result(code):
    def handler(conn):
        for request in conn.requests():
            conn.send(ber.response(request, code))
    return handler


def _register_binds():
    for name, doc, code in (
            ("credentials", "refuses to let us bind",
             ber.INVALID_CREDENTIALS),
            ("locked", "has locked the account", ber.CONSTRAINT_VIOLATION),
            ("bind_unavailable", "cannot bind just now", ber.UNAVAILABLE),
            ("bind_strong_auth", "wants TLS before a bind",
             ber.STRONG_AUTH_REQUIRED),
            ("bind_confidential", "wants TLS before a bind",
             ber.CONFIDENTIALITY_REQUIRED),
            ("bind_unwilling", "is unwilling to let us bind", ber.UNWILLING),
            ("bind_operations", "can't bind by itself",
             ber.OPERATIONS_ERROR),
            ("bind_dn_syntax", "can't read our name", ber.INVALID_DN_SYNTAX),
            ("bind_no_account", "does not know our account",
             ber.NO_SUCH_OBJECT),
            ("bind_method", "knows no simple binds",
             ber.AUTH_METHOD_NOT_SUPPORTED)):
        handler = bind_result(code)
        handler.__doc__ = doc
        FAULTS[name] = handler


_register_binds()
