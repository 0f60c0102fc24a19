"""A certificate authority that lives as long as the site (openssl)."""

import os

from .process import run

_CONFIG = """[ca]
default_ca = site
[site]
database = {dir}/index.txt
unique_subject = no
new_certs_dir = {dir}
rand_serial = yes
default_md = sha256
policy = any
default_crl_days = 2
[any]
commonName = supplied
"""


class Pki:
    def __init__(self, directory, name="Test CA"):
        self.dir = directory
        os.makedirs(directory, exist_ok=True)
        self._count = 0
        self.ca_cert, self._ca_key = self._path("ca.pem"), self._path("ca.key")
        self._make_key(self._ca_key)
        run(["openssl", "req", "-x509", "-new", "-key", self._ca_key,
             "-out", self.ca_cert, "-days", "2", "-subj", f"/CN={name}",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
        self._config = self._write("ca.conf", _CONFIG.format(dir=directory))
        self._write("index.txt", "")

    def _path(self, name):
        return os.path.join(self.dir, name)

    def _write(self, name, text):
        path = self._path(name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    @staticmethod
    def _make_key(path):
        run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-out", path])
        # servers read it after they gave up root
        os.chmod(path, 0o644)

    def cert(self, cn, names=(), expired=False):
        """Returns the paths of a certificate and its key. names: like
        "DNS:home.example.com" or "IP:127.0.0.1"."""
        self._count += 1
        base = self._path(f"{self._count}")
        key, csr, cert = (base + end for end in (".key", ".csr", ".pem"))
        self._make_key(key)
        run(["openssl", "req", "-new", "-key", key, "-subj", f"/CN={cn}",
             "-out", csr])
        lines = ["basicConstraints=CA:FALSE"]
        if names:
            lines.append(f"subjectAltName={','.join(names)}")
        ext = self._write(f"{self._count}.ext", "\n".join(lines) + "\n")
        # openssl x509 makes none that has ended, not with every version
        run(["openssl", "ca", "-batch", "-notext", "-config", self._config,
             "-cert", self.ca_cert, "-keyfile", self._ca_key, "-in", csr,
             "-extfile", ext, "-out", cert] +
            (["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"]
             if expired else ["-days", "2"]))
        return cert, key

    def crl(self, *revoked):
        """Returns the path of a new list of what was revoked: certificates
        (paths), and all those before."""
        ca = ["openssl", "ca", "-config", self._config,
              "-cert", self.ca_cert, "-keyfile", self._ca_key]
        for cert in revoked:
            run([*ca, "-revoke", cert])
        self._count += 1
        path = self._path(f"{self._count}.crl")
        run([*ca, "-gencrl", "-out", path])
        return path
