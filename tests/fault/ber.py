"""As much of LDAP's encoding (RFC 4511 5.1) as a server of one entry needs."""

BIND_REQUEST, BIND_RESPONSE = 0x60, 0x61
UNBIND_REQUEST = 0x42
SEARCH_REQUEST = 0x63
SEARCH_ENTRY, SEARCH_DONE, SEARCH_REFERENCE = 0x64, 0x65, 0x73
EXTENDED_REQUEST, EXTENDED_RESPONSE = 0x77, 0x78

STARTTLS = b"1.3.6.1.4.1.1466.20037"
NOTICE_OF_DISCONNECTION = b"1.3.6.1.4.1.1466.20036"

SUCCESS, PROTOCOL_ERROR, TIME_LIMIT, SIZE_LIMIT = 0, 2, 3, 4
REFERRAL, NO_SUCH_OBJECT, INVALID_CREDENTIALS = 10, 32, 49
INSUFFICIENT_ACCESS, BUSY, UNAVAILABLE, UNWILLING, OTHER = 50, 51, 52, 53, 80
OPERATIONS_ERROR, AUTH_METHOD_NOT_SUPPORTED, STRONG_AUTH_REQUIRED = 1, 7, 8
CONFIDENTIALITY_REQUIRED, CONSTRAINT_VIOLATION, INVALID_DN_SYNTAX = 13, 19, 34

_RESPONSES = {BIND_REQUEST: BIND_RESPONSE, SEARCH_REQUEST: SEARCH_DONE,
              EXTENDED_REQUEST: EXTENDED_RESPONSE}


def tlv(tag, value):
    if len(value) < 128:
        return bytes([tag, len(value)]) + value
    return bytes([tag, 0x84]) + len(value).to_bytes(4, "big") + value


def integer(value, tag=2):
    size = value.bit_length() // 8 + 1
    return tlv(tag, value.to_bytes(size, "big"))


def message(msgid, operation):
    return tlv(0x30, integer(msgid) + operation)


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


def reference(msgid, *uris):
    return message(msgid, tlv(SEARCH_REFERENCE,
                              b"".join(tlv(4, u.encode()) for u in uris)))


class Request:
    def __init__(self, msgid, tag, body, controls):
        self.msgid, self.tag, self.body = msgid, tag, body
        # as they are encoded
        self.controls = controls


def _split(data):
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
        while (found := _split(self._data)) is not None:
            _, contents, self._data = found
            _, msgid, operation = _split(contents)
            tag, body, controls = _split(operation)
            yield Request(int.from_bytes(msgid, "big"), tag, body, controls)
