"""A Kerberos security context, through MIT's libgssapi_krb5 and ctypes."""

import ctypes
import os
from ctypes import byref, c_int, c_size_t, c_uint32, c_void_p

_CONTINUE_NEEDED = 1
_MUTUAL_FLAG = 2


class GssapiError(Exception):
    pass


class _Buffer(ctypes.Structure):
    _fields_ = [("length", c_size_t), ("value", c_void_p)]

    @classmethod
    def of(cls, data):
        # the caller keeps data alive for the duration of the call
        return cls(len(data), ctypes.cast(ctypes.c_char_p(data), c_void_p))


class GssapiContext:
    """kdc gives the configuration; principal's ticket is fetched first."""

    def __init__(self, service, kdc, principal):
        self._lib = ctypes.CDLL("libgssapi_krb5.so.2")
        self._context = c_void_p()
        self._target = c_void_p()
        self.is_complete = False
        # The library reads the environment at each of its calls that needs
        # it; only ours is in this process.
        os.environ.update(kdc.client_env(principal))
        kind = c_void_p.in_dll(self._lib, "GSS_C_NT_HOSTBASED_SERVICE")
        name = service.encode()
        self._call("gss_import_name", byref(_Buffer.of(name)), kind,
                   byref(self._target))

    def _call(self, function, *args):
        minor = c_uint32()
        entry = getattr(self._lib, function)
        entry.restype = c_uint32
        major = entry(byref(minor), *args)
        if major & 0xffff0000:
            raise GssapiError(f"{function}: {self._message(minor.value)}")
        return major

    def _message(self, code):
        text, more, minor = _Buffer(), c_uint32(), c_uint32()
        self._lib.gss_display_status(byref(minor), c_uint32(code), c_int(2),
                                     None, byref(more), byref(text))
        return self._take(text).decode("utf-8", "replace")

    def _take(self, buffer):
        data = ctypes.string_at(buffer.value, buffer.length)
        minor = c_uint32()
        self._lib.gss_release_buffer(byref(minor), byref(buffer))
        return data

    def step(self, challenge):
        token = _Buffer()
        given = _Buffer.of(challenge) if challenge else _Buffer()
        major = self._call(
            "gss_init_sec_context", None, byref(self._context), self._target,
            None, c_uint32(_MUTUAL_FLAG), c_uint32(0), None, byref(given),
            None, byref(token), None, None)
        self.is_complete = not major & _CONTINUE_NEEDED
        return self._take(token) if token.value else b""

    def unwrap(self, data):
        plain = _Buffer()
        self._call("gss_unwrap", self._context, byref(_Buffer.of(data)),
                   byref(plain), None, None)
        return self._take(plain)

    def wrap(self, data):
        sealed = _Buffer()
        self._call("gss_wrap", self._context, c_int(0), c_uint32(0),
                   byref(_Buffer.of(data)), None, byref(sealed))
        return self._take(sealed)
