"""Certificates for tests, made by authorities of their own."""

import datetime
import ipaddress
import os
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def subject(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])


def pem(thing):
    return thing.public_bytes(serialization.Encoding.PEM)


def replace(path, content):
    """Puts a whole file in the place of another."""
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    os.replace(beside, path)


class Issued:
    """A certificate with its key, in two files."""

    def __init__(self, folder, name, certificate, key, chain=b""):
        self.certificate, self.key = certificate, key
        self.content = pem(certificate) + chain
        self.key_content = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.path, self.key_path = folder / f"{name}.pem", folder / f"{name}.key"
        self.path.write_bytes(self.content)
        self.key_path.write_bytes(self.key_content)


class Authority:
    """An authority of certificates."""

    def __init__(self, folder, name="test authority", begins=-DAY, ends=30 * DAY):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = subject(name)
        builder = self.builder(self.name, self.key, begins, ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.path = folder / f"{name.replace(' ', '-')}.pem"
        self.path.write_bytes(pem(self.certificate))

    def builder(self, of, key, begins, ends):
        return (
            x509.CertificateBuilder()
            .subject_name(of)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() + begins)
            .not_valid_after(now() + ends)
        )

    def issue(self, file, names=(), common_name=None, begins=-DAY, ends=30 * DAY, purpose=None, key=None):
        """A certificate; `names` are subject alternative names, such as dns("localhost")."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = self.builder(subject(common_name), key, begins, ends)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if purpose:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        return Issued(self.folder, file, builder.sign(self.key, hashes.SHA256()), key)

    def server(self, file="server", host="localhost", **keywords):
        names = [dns(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        return self.issue(file, names, purpose=ExtendedKeyUsageOID.SERVER_AUTH, **keywords)

    def client(self, file, *names, **keywords):
        keywords.setdefault("purpose", ExtendedKeyUsageOID.CLIENT_AUTH)
        return self.issue(file, names, **keywords)

    def revocations(self, *issued, ends=7 * DAY):
        """A list of revoked certificates, in PEM."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(now() - 2 * DAY)
            .next_update(now() + ends)
        )
        for one in issued:
            entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(now() - DAY).build())
        return pem(builder.sign(self.key, hashes.SHA256()))

    def context(self, client=None, least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.TLSv1_3, alpn=None):
        """What a client speaks TLS with that trusts this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.path)
        context.minimum_version, context.maximum_version = least, most
        if client:
            context.load_cert_chain(client.path, client.key_path)
        if alpn:
            context.set_alpn_protocols(alpn)
        return context


def dns(name):
    return x509.DNSName(name)


def uri(name):
    return x509.UniformResourceIdentifier(name)


def email(name):
    return x509.RFC822Name(name)
