"""Client sides of the SASL mechanisms: respond(challenge) -> response.

initial is True where the client speaks first (RFC 4422 section 5).
"""

import base64
import hashlib
import hmac
import os

from .gssapi import GssapiContext


class SaslError(Exception):
    """The server did not prove that it knows the password, or broke the
    mechanism."""


class Plain:
    initial = True

    def __init__(self, user, password, authzid=b"", **_):
        self._message = b"\0".join((authzid, user, password))

    def respond(self, _challenge):
        return self._message


class Login:
    initial = False

    def __init__(self, user, password, **_):
        self._answers = [user, password]

    def respond(self, _challenge):
        return self._answers.pop(0)


class CramMd5:
    initial = False

    def __init__(self, user, password, **_):
        self._user, self._password = user, password

    def respond(self, challenge):
        digest = hmac.new(self._password, challenge, "md5").hexdigest()
        return self._user + b" " + digest.encode()


class External:
    initial = True

    def __init__(self, authzid=b"", **_):
        self._authzid = authzid

    def respond(self, _challenge):
        return self._authzid


class Scram:
    """RFC 5802, without channel binding."""

    initial = True

    def __init__(self, user, password, hash_name, authzid=b"", **_):
        self._hash = hash_name
        self._password = password
        self._gs2 = b"n," + (b"a=" + authzid if authzid else b"") + b","
        escaped = user.replace(b"=", b"=3D").replace(b",", b"=2C")
        self._nonce = base64.b64encode(os.urandom(18))
        self._first = b"n=" + escaped + b",r=" + self._nonce
        self._steps = [self._client_first, self._client_final, self._verify]
        self._signature = None

    def respond(self, challenge):
        return self._steps.pop(0)(challenge)

    def _client_first(self, _challenge):
        return self._gs2 + self._first

    def _hmac(self, key, data):
        return hmac.new(key, data, self._hash).digest()

    def _client_final(self, challenge):
        fields = dict(part.split(b"=", 1) for part in challenge.split(b","))
        if not fields[b"r"].startswith(self._nonce):
            raise SaslError("the server changed our nonce")
        salted = hashlib.pbkdf2_hmac(self._hash, self._password,
                                     base64.b64decode(fields[b"s"]),
                                     int(fields[b"i"]))
        final = (b"c=" + base64.b64encode(self._gs2) + b",r=" + fields[b"r"])
        message = self._first + b"," + challenge + b"," + final
        key = self._hmac(salted, b"Client Key")
        stored = hashlib.new(self._hash, key).digest()
        proof = bytes(a ^ b for a, b in
                      zip(key, self._hmac(stored, message)))
        self._signature = self._hmac(self._hmac(salted, b"Server Key"),
                                     message)
        return final + b",p=" + base64.b64encode(proof)

    def _verify(self, challenge):
        if challenge != b"v=" + base64.b64encode(self._signature):
            raise SaslError("the server's signature is wrong")
        return b""


class Gssapi:
    """RFC 4752, without a security layer."""

    initial = True

    def __init__(self, gss_host, kdc, principal, authzid=b"", **_):
        self._context = GssapiContext(f"imap@{gss_host}", kdc, principal)
        self._authzid = authzid

    def respond(self, challenge):
        if not self._context.is_complete:
            return self._context.step(challenge)
        if not challenge:
            return b""
        layers = self._context.unwrap(challenge)
        if not layers[0] & 1:
            raise SaslError("the server wants a security layer")
        return self._context.wrap(b"\x01\0\0\0" + self._authzid)


_MECHANISMS = {
    "PLAIN": Plain,
    "LOGIN": Login,
    "CRAM-MD5": CramMd5,
    "SCRAM-SHA-1": lambda **kw: Scram(hash_name="sha1", **kw),
    "SCRAM-SHA-256": lambda **kw: Scram(hash_name="sha256", **kw),
    "EXTERNAL": External,
    "GSSAPI": Gssapi,
}


def create(name, **kwargs):
    return _MECHANISMS[name](**kwargs)
