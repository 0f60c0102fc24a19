"""As much of LDAP's encoding (RFC 4511 5.1) as a server of one entry needs."""

BIND_REQUEST, BIND_RESPONSE = 0x60, 0x61
UNBIND_REQUEST = 0x42
SEARCH_REQUEST = 0x63
SEARCH_ENTRY, SEARCH_DONE, SEARCH_REFERENCE = 0x64, 0x65, 0x73
INTERMEDIATE_RESPONSE = 0x79
EXTENDED_REQUEST, EXTENDED_RESPONSE = 0x77, 0x78

STARTTLS = b"1.3.6.1.4.1.1466.20037"
NOTICE_OF_DISCONNECTION = b"1.3.6.1.4.1.1466.20036"

SUCCESS, PROTOCOL_ERROR, TIME_LIMIT, SIZE_LIMIT = 0, 2, 3, 4
REFERRAL, NO_SUCH_OBJECT, INVALID_CREDENTIALS = 10, 32, 49
UNAVAILABLE_CRITICAL_EXTENSION = 12
INSUFFICIENT_ACCESS, BUSY, UNAVAILABLE, UNWILLING, OTHER = 50, 51, 52, 53, 80
OPERATIONS_ERROR, AUTH_METHOD_NOT_SUPPORTED, STRONG_AUTH_REQUIRED = 1, 7, 8
CONFIDENTIALITY_REQUIRED, CONSTRAINT_VIOLATION, INVALID_DN_SYNTAX = 13, 19, 34

# RFC 4533
SYNC_REQUEST = b"1.3.6.1.4.1.4203.1.9.1.1"
SYNC_STATE = b"1.3.6.1.4.1.4203.1.9.1.2"
SYNC_INFO = b"1.3.6.1.4.1.4203.1.9.1.4"
PRESENT, ADD, MODIFY, DELETE = range(4)
REFRESH_REQUIRED = 4096

_RESPONSES = {BIND_REQUEST: BIND_RESPONSE, SEARCH_REQUEST: SEARCH_DONE,
              EXTENDED_REQUEST: EXTENDED_RESPONSE}


def tlv(tag, value):
    if len(value) < 128:
        return bytes([tag, len(value)]) + value
    return bytes([tag, 0x84]) + len(value).to_bytes(4, "big") + value


def integer(value, tag=2):
    size = value.bit_length() // 8 + 1
    return tlv(tag, value.to_bytes(size, "big"))


def message(msgid, operation, controls=b""):
    """controls: as they are encoded"""
    return tlv(0x30, integer(msgid) + operation +
               (tlv(0xa0, controls) if controls else b""))


def result(msgid, tag, code=SUCCESS, text=b"", extra=b""):
    return message(msgid, tlv(tag, integer(code, 10) + tlv(4, b"") +
                              tlv(4, text) + extra))


def response(request, code=SUCCESS, text=b"", extra=b""):
    """The final answer to a request."""
    return result(request.msgid, _RESPONSES[request.tag], code, text, extra)


def entry(msgid, dn="uid=alice,dc=example,dc=com", name="mailHost",
          values=("home.example.com",)):
    value_set = tlv(0x31, b"".join(tlv(4, v.encode()) for v in values))
    attributes = tlv(0x30, tlv(0x30, tlv(4, name.encode()) + value_set))
    return message(msgid, tlv(SEARCH_ENTRY, tlv(4, dn.encode()) + attributes))


def control(oid, value):
    return tlv(0x30, tlv(4, oid) + tlv(4, value))


def sync_state(state, uuid, cookie=None):
    return control(SYNC_STATE, tlv(0x30, integer(state, 10) + tlv(4, uuid) + (
        b"" if cookie is None else tlv(4, cookie))))


def sync_entry(msgid, name=b"alice", state=ADD, controls=None, uuid=None,
               **attributes):
    """name: its uid, None if it has none. uuid: made of name. attributes:
    {name: [value]}; who has no mailHost is at home.example.com"""
    uuid = uuid or (name or b"").ljust(16, b"-")[:16]
    if state == DELETE:
        attributes = {}
    else:
        attributes = {"mailHost": [b"home.example.com"], **attributes}
        if name is not None:
            attributes["uid"] = [name]
    encoded = b"".join(
        tlv(0x30, tlv(4, name.encode()) +
            tlv(0x31, b"".join(tlv(4, one) for one in values)))
        for name, values in attributes.items())
    return message(msgid, tlv(SEARCH_ENTRY, tlv(4, b"uid=x,dc=example,dc=com")
                              + tlv(0x30, encoded)),
                   sync_state(state, uuid) if controls is None else controls)


def sync_info(msgid, value):
    return message(msgid, tlv(INTERMEDIATE_RESPONSE, tlv(0x80, SYNC_INFO) +
                              tlv(0x81, value)))


def refresh_done(msgid, cookie=None):
    """Of a delete phase"""
    return sync_info(msgid, tlv(0xa1, b"" if cookie is None
                                else tlv(4, cookie)))


def reference(msgid, *uris):
    return message(msgid, tlv(SEARCH_REFERENCE,
                              b"".join(tlv(4, u.encode()) for u in uris)))


class Request:
    def __init__(self, msgid, tag, body, controls):
        self.msgid, self.tag, self.body = msgid, tag, body
        # as they are encoded
        self.controls = controls


def split(data):
    """(first element's tag, its contents, the rest), or None."""
    if len(data) < 2:
        return None
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7f
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        return None
    return data[0], data[start:start + length], data[start + length:]


class Reader:
    """Requests out of a byte stream."""

    def __init__(self):
        self._data = b""

    def feed(self, data):
        self._data += data
        while (found := split(self._data)) is not None:
            _, contents, self._data = found
            _, msgid, operation = split(contents)
            tag, body, controls = split(operation)
            yield Request(int.from_bytes(msgid, "big"), tag, body, controls)
