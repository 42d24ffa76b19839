# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""Certificates of one run, of an authority of its own: one for the server, one for its clients."""

import ssl

from harness.processes import output_of

SERVER = "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"
CLIENT = "subjectAltName=DNS:bench.example\nextendedKeyUsage=clientAuth\n"


def _openssl(*words):
    output_of(["openssl", *words], 20)


def _request(folder, name, *more):
    """A key of the curve P-256, and a certificate or a request for one."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / f"{name}.key"]
    _openssl("req", *curve, "-subj", f"/CN={name}", *more)


class Certificates:
    """What a gateway speaks TLS with, and what its clients do."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = folder / "authority.pem"
        _request(folder, "authority", "-x509", "-days", "30", "-out", self.authority)
        self._issue("server", SERVER)
        self._issue("client", CLIENT)

    def _issue(self, name, extensions):
        request, written = self.folder / f"{name}.csr", self.folder / f"{name}.extensions"
        written.write_text(extensions)
        _request(self.folder, name, "-out", request)
        signing = ["-CA", self.authority, "-CAkey", self.folder / "authority.key", "-CAcreateserial", "-days", "30"]
        _openssl("x509", "-req", "-in", request, *signing, "-extfile", written, "-out", self.folder / f"{name}.pem")

    def files(self, name):
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


class TLS:
    """TLS on one gateway, where clients show certificates if it is mutual."""

    def __init__(self, certificates, mutual=False):
        certificate, key = certificates.files("server")
        self.settings = {"http_tls_certificate": certificate, "http_tls_key": key}
        self.words = ["-t", certificates.authority]
        self.context = ssl.create_default_context(cafile=certificates.authority)
        if mutual:
            certificate, key = certificates.files("client")
            self.settings["http_tls_client_authority"] = certificates.authority
            self.words += ["-i", certificate, "-k", key]
            self.context.load_cert_chain(certificate, key)
