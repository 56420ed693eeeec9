# Keys and certificates made for one test.
import base64
import datetime
import hashlib
import ipaddress
import json
import time
import uuid

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

MAKERS = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


def pair(algorithm):
    """A private key, and its public half as a JWK."""
    private = MAKERS[algorithm]()
    jwk = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
    jwk = {name: value for name, value in jwk.items() if name != "key_ops"}
    return private, jwk | {"use": "sig", "alg": algorithm}


def private_jwk(algorithm, private):
    return json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(private)) | {"alg": algorithm}


def encoded(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Holder:
    """A key of its own, as a client in Python has one."""

    def __init__(self):
        self.private, public = pair("ES256")
        self.jwk = {name: public[name] for name in ("kty", "crv", "x", "y")}

    @property
    def thumbprint(self):
        text = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        return encoded(hashlib.sha256(text.encode()).digest())

    def proof(self, method, url, token=None, **claims):
        claims = {"jti": uuid.uuid4().hex, "htm": method, "htu": url, "iat": int(time.time()), **claims}
        if token:
            claims["ath"] = encoded(hashlib.sha256(token.encode()).digest())
        headers = {"typ": "dpop+jwt", "jwk": self.jwk}
        return jwt.encode(claims, self.private, algorithm="ES256", headers=headers)


def pem(private):
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate(folder, name="server", days=30):
    """A self-signed certificate of this machine, written as NAME.pem and NAME.key; gives its serial number. Of less
    than 0 days: it has expired."""
    private = MAKERS["ES256"]()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    alternatives = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(pem(private))
    return made.serial_number
