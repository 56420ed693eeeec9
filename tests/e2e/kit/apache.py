# Debian's Apache with its OpenID Connect module as it is shipped: a relying party that is not ours.
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from kit.server import environment, free_port

LIMIT_S = 30
BINARY = Path("/usr/sbin/apache2")
MODULES = Path("/usr/lib/apache2/modules")
LOADED = "mpm_event authn_core authz_core authz_user include auth_openidc".split()
PROTECTED = """<!doctype html><html lang=en><title>The report</title><h1>The report</h1>
<p id=user><!--#echo var="REMOTE_USER" --></p>
<p id=subject><!--#echo var="OIDC_CLAIM_sub" --></p>
<p id=name><!--#echo var="OIDC_CLAIM_name" --></p>
<p id=email><!--#echo var="OIDC_CLAIM_email" --></p>
"""
OPEN = "<!doctype html><html lang=en><title>Goodbye</title><h1>Goodbye from the report</h1>"


class Apache:
    """Everything below /secure/ is for those whom the issuer knows."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="deputy-apache-"))
        self.folder.chmod(0o755)  # read by Apache's children, who are not root where we are
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.page = self.origin + "/secure/report.html"
        self.redirect_uri = self.origin + "/secure/callback"
        self.goodbye = self.origin + "/goodbye.html"
        self.backchannel_logout_uri = self.redirect_uri + "?logout=backchannel"
        self.process = None

    def logout_url(self):
        return f"{self.redirect_uri}?logout={self.goodbye}"

    def configuration(self, issuer, client, certificate):
        lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED]
        if os.geteuid() == 0:
            lines += ["User www-data", "Group www-data"]
        return "\n".join(lines) + f"""
ServerName 127.0.0.1
Listen 127.0.0.1:{self.port}
PidFile {self.folder}/pid
DefaultRuntimeDir {self.folder}
ErrorLog {self.folder}/error.log
LogFormat "%m %U%q %>s" plain
CustomLog {self.folder}/access.log plain
DocumentRoot {self.folder}/pages
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCCABundlePath {certificate}
OIDCClientID {client.client_id}
OIDCClientSecret {client.secret}
OIDCRedirectURI {self.redirect_uri}
OIDCCryptoPassphrase {secrets.token_urlsafe(24)}
OIDCScope "openid profile email"
OIDCResponseType code
OIDCPKCEMethod S256
OIDCRemoteUserClaim preferred_username
<Directory {self.folder}/pages>
  Options +Includes
  ForceType text/html
  SetOutputFilter INCLUDES
</Directory>
<Location /secure/>
  AuthType openid-connect
  Require valid-user
</Location>
"""

    def start(self, issuer, client, certificate):
        shutil.copy(certificate, self.folder / "ca.pem")
        pages = self.folder / "pages"
        (pages / "secure").mkdir(parents=True)
        (pages / "secure" / "report.html").write_text(PROTECTED)
        (pages / "goodbye.html").write_text(OPEN)
        file = self.folder / "apache.conf"
        file.write_text(self.configuration(issuer, client, self.folder / "ca.pem"))
        command = [BINARY, "-d", self.folder, "-f", file, "-DFOREGROUND"]
        with open(self.folder / "error.log", "ab") as log:
            self.process = subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stderr=log)
        self.wait_for("error.log", "resuming normal operations")
        return self

    def log(self, name):
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for(self, log, pattern, since=0):
        """Until a log says so from that place on; fails when the process ends first, or when it is waited for in vain."""
        limit = time.monotonic() + LIMIT_S
        while not re.search(pattern, self.log(log)[since:]):
            ended = self.process.poll() is not None
            assert not ended and time.monotonic() < limit, f"{self.log('error.log')}\n{self.log('access.log')}"
            try:
                self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)
