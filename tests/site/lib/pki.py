"""A certificate authority that lives as long as the site (openssl)."""

import os

from .process import run


class Pki:
    def __init__(self, directory, name="Test CA"):
        self.dir = directory
        os.makedirs(directory, exist_ok=True)
        self._serial = 0
        self.ca_cert, self._ca_key = self._path("ca.pem"), self._path("ca.key")
        self._make_key(self._ca_key)
        run(["openssl", "req", "-x509", "-new", "-key", self._ca_key,
             "-out", self.ca_cert, "-days", "2", "-subj", f"/CN={name}",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign"])

    def _path(self, name):
        return os.path.join(self.dir, name)

    @staticmethod
    def _make_key(path):
        run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-out", path])
        # servers read it after they gave up root
        os.chmod(path, 0o644)

    def cert(self, cn, names=(), expired=False):
        """Returns the paths of a certificate and its key. names: like
        "DNS:home.example.com" or "IP:127.0.0.1"."""
        self._serial += 1
        base = self._path(f"{self._serial}")
        key, csr, cert, ext = (base + end for end in
                               (".key", ".csr", ".pem", ".ext"))
        self._make_key(key)
        run(["openssl", "req", "-new", "-key", key, "-subj", f"/CN={cn}",
             "-out", csr])
        with open(ext, "w", encoding="ascii") as file:
            file.write("basicConstraints=CA:FALSE\n")
            if names:
                file.write(f"subjectAltName={','.join(names)}\n")
        argv = ["openssl", "x509", "-req", "-in", csr, "-CA", self.ca_cert,
                "-CAkey", self._ca_key, "-set_serial", str(self._serial),
                "-extfile", ext, "-out", cert]
        # openssl x509 makes no certificate that starts in the past, but it
        # takes a negative lifetime
        run(argv + ["-days", "-1" if expired else "2"])
        return cert, key
