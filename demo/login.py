# The demo's upstream issuer: where people sign in. It keeps one RSA key and says who somebody is, for one audience.
import base64
import json
import re
import subprocess
import time
from pathlib import Path

ISSUER = "https://login.example"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Login:
    def __init__(self, folder):
        self.key = Path(folder) / "login.key"
        self.key.unlink(missing_ok=True)
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, capture_output=True)
        self.key.chmod(0o600)

    def jwks(self):
        said = subprocess.run(
            ["openssl", "rsa", "-in", self.key, "-noout", "-modulus"], check=True, capture_output=True, text=True
        ).stdout
        modulus = bytes.fromhex(re.search(r"Modulus=([0-9A-F]+)", said).group(1))
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": encoded(modulus), "e": "AQAB"}
        return json.dumps({"keys": [key]})

    def token(self, user, audience):
        header = {"alg": "RS256", "kid": "1", "typ": "JWT"}
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": user, "aud": audience, "iat": now, "exp": now + 600}
        text = encoded(json.dumps(header).encode()) + "." + encoded(json.dumps(claims).encode())
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), check=True, capture_output=True
        ).stdout
        return text + "." + encoded(signature)
