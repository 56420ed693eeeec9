# TLS with a certificate of one's own: what is spoken, and how a new certificate is taken up.
import ssl

import pytest
import requests
from cryptography import x509

from kit.api import Admin, Client, OAuth
from kit.command_line import CommandLine
from kit.keys import certificate
from kit.server import Server
from kit.wire import Wire


@pytest.fixture
def secure(tmp_path):
    certificate(tmp_path)
    settings = {
        "http__certificate_file": tmp_path / "server.pem",
        "http__private_key_file": tmp_path / "server.key",
    }
    with Server(scheme="https", host="localhost", **settings) as server:
        server.certificate = tmp_path / "server.pem"
        yield server


def context(server):
    made = ssl.create_default_context(cafile=str(server.certificate))
    made.set_alpn_protocols(["h2", "http/1.1"])
    return made


def serial_seen(server):
    """Of the certificate that a new connection is shown."""
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    with Wire(server, blind) as wire:
        return x509.load_der_x509_certificate(wire.socket.getpeercert(binary_form=True)).serial_number


def test_an_agent_gets_its_token_over_tls(secure, tmp_path):
    oauth = OAuth(secure, verify=str(secure.certificate))
    admin = Admin(oauth, Client(secure.admin_id, secure.admin_secret))
    service = admin.service()
    token = oauth.access_token(admin.agent(service), resource=service.identifier)
    assert oauth.introspect(token, service)["iss"] == secure.origin
    answer = oauth.http.get(secure.origin + "/healthz", timeout=30)
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(secure.origin + "/healthz", timeout=30)
    line = CommandLine(secure, tmp_path / "home", ca_file=secure.certificate)
    assert len(line.json("agent", "list")) == 1
    secret = str(line.folder / "admin.secret")
    blind = line.run("login", "--server", secure.origin, "--client-id", secure.admin_id, "--secret-file", secret)
    assert (blind.returncode, "DEPUTY_CA_FILE" in blind.stderr) == (1, True), blind.stderr


def test_alpn_and_versions(secure):
    with Wire(secure, context(secure)) as wire:
        assert wire.socket.selected_alpn_protocol() == "http/1.1"
        assert wire.socket.version() in ("TLSv1.2", "TLSv1.3")
        wire.request("GET", "/healthz")
        assert wire.answer()[0] == 200
    old = context(secure)
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        Wire(secure, old)


def a41_plain_http_on_the_tls_port_gets_no_answer(secure):
    with Wire(secure) as wire:
        wire.request("GET", "/healthz")
        answer = wire.answer()
        assert answer is None or answer[0] == 400
        assert wire.closed()


def test_sighup_takes_up_a_new_certificate_and_keeps_open_connections(secure, tmp_path):
    first = serial_seen(secure)
    with Wire(secure, context(secure)) as wire:
        second = certificate(tmp_path)
        assert second != first
        secure.reload()
        assert serial_seen(secure) == second
        wire.request("GET", "/healthz")
        assert wire.answer()[0] == 200
    assert '"event":"settings_doubtful"' not in secure.log()


def test_a_certificate_that_has_expired_is_taken_up_and_doubted(secure, tmp_path):
    expired = certificate(tmp_path, days=-1)
    begin = secure.log_size()
    secure.reload()
    assert "has expired: clients refuse it" in secure.wait_for_log("settings_doubtful", begin)["detail"]
    assert serial_seen(secure) == expired


def test_a_broken_certificate_is_refused_and_the_old_one_stays(secure, tmp_path):
    first = serial_seen(secure)
    (tmp_path / "server.pem").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    secure.reload("reload_refused")
    assert serial_seen(secure) == first
    certificate(tmp_path, "other")
    (tmp_path / "server.pem").write_bytes((tmp_path / "other.pem").read_bytes())  # of another key
    secure.reload("reload_refused")
    assert serial_seen(secure) == first
