# The process itself: settings, signals, hardening, and what others on the machine can see of it.
import fcntl
import os
import resource
import subprocess
import threading

import pytest

from kit.api import unique
from kit.server import Server, binary, deputy, environment, free_port, refused_to_serve
from kit.wire import Wire, exchange

FORM = "Content-Type: application/x-www-form-urlencoded"


def test_the_environment_overrules_the_file_and_the_line_overrules_both():
    server = Server()
    try:
        server.init()
        on_line, server.left_out = server.port, {"http.port"}
        server.port = free_port()
        (server.data / "deputy.yaml").write_text(f"http:\n  port: {server.port}\n")
        server.start().stop()
        server.port = free_port()
        server.environment["DEPUTY_HTTP_PORT"] = str(server.port)
        server.start().stop()
        server.port, server.left_out = on_line, set()
        server.start().stop()
    finally:
        server.remove()


def test_sigterm_lets_a_request_under_way_end(fresh, admin_for):
    server = fresh()
    agent = admin_for(server).agent()
    body = f"grant_type=client_credentials&client_id={agent.client_id}&client_secret={agent.secret}".encode()
    with Wire(server) as wire, Wire(server) as idle:
        idle.request("GET", "/healthz")
        assert idle.answer()[0] == 200
        wire.request(
            "POST",
            "/oauth2/token",
            [FORM, f"Content-Length: {len(body)}", "Expect: 100-continue"],
            b"",
            length=False,
        )
        assert wire.answer()[0] == 100  # the server has it in hand
        server.terminate()
        server.wait_for_log("draining")
        wire.send(body)
        status, headers, text = wire.answer()
        assert status == 200 and b"access_token" in text and headers["connection"] == "close"
        assert wire.closed() and idle.closed()
    assert server.process.wait(30) == 0
    with pytest.raises(ConnectionRefusedError):
        Wire(server)


def test_a_balancer_sees_that_the_server_is_leaving_while_requests_are_still_answered(fresh):
    server = fresh(http__drain_delay_s=600)
    with Wire(server) as kept:
        kept.request("GET", "/readyz")
        assert kept.answer()[0] == 200
        server.terminate()
        server.wait_for_log("draining")
        kept.request("GET", "/readyz")
        assert kept.answer()[0] == 503
        assert exchange(server, "GET", "/readyz")[0] == 503, "connections are taken"
        assert exchange(server, "GET", "/oauth2/jwks")[0] == 200
        server.terminate()  # whoever has waited enough
        assert kept.closed()
    assert server.process.wait(30) == 0


def test_no_answer_is_lost_when_sigterm_comes_under_load(fresh, admin_for):
    server = fresh()
    admin = admin_for(server)
    oks, others = [], []

    def load():
        while True:
            try:
                with Wire(server) as wire:
                    while True:
                        wire.request("GET", "/oauth2/jwks")
                        answer = wire.answer()
                        if answer is None:
                            break
                        (oks if answer[0] == 200 else others).append(answer[0])
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                continue

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    admin.create("users", username=unique("user"))
    server.terminate()
    for thread in threads:
        thread.join(60)
    assert server.process.wait(30) == 0
    assert oks and not others


def test_no_core_dump_and_no_onlooker(fresh):
    """A process that may not be dumped has its /proc files owned by root, whoever runs it."""
    server = Server()
    try:
        server.init()
        as_root = os.geteuid() == 0
        if as_root:
            for path in (server.folder, server.data, *server.data.iterdir()):
                os.chown(path, 65534, 65534)
            server.folder.chmod(0o755)
        server.start(**({"user": 65534, "group": 65534} if as_root else {}))
        process = f"/proc/{server.process.pid}"
        with open(process + "/limits") as text:
            (line,) = [line for line in text if line.startswith("Max core file size")]
        assert line.split()[4:6] == ["0", "0"]
        assert os.stat(process + "/environ").st_uid == 0
        server.stop()
    finally:
        server.remove()


def test_no_secret_is_on_a_command_line(server, deputy_line_help):
    with open(f"/proc/{server.process.pid}/cmdline") as line:
        text = line.read()
    assert all(secret not in text for secret in server.secrets)
    assert "--client-secret" not in deputy_line_help and "--secret " not in deputy_line_help


@pytest.fixture
def deputy_line_help():
    return deputy("login", "--help").stdout + deputy("token", "get", "--help").stdout


def test_a_seal_key_may_come_from_the_environment_alone(fresh):
    server = Server()
    try:
        server.init()
        (key,) = [path for path in server.data.iterdir() if path.name == "seal.key"]
        text = key.read_text().strip()
        key.unlink()
        done = subprocess.run(
            server.arguments("serve"), env=server.environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 1
        server.environment["DEPUTY_SEAL_KEY"] = text
        server.secrets.add(text)
        server.start()
        assert exchange(server, "GET", "/readyz")[0] == 200
        server.stop()
    finally:
        server.remove()


def test_a_seal_key_that_others_may_read_is_refused(fresh):
    server = Server()
    try:
        server.init()
        (server.data / "seal.key").chmod(0o644)
        done = subprocess.run(
            server.arguments("serve"), env=server.environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 1 and "chmod 600" in done.stderr
    finally:
        server.remove()


def test_a_second_server_on_the_same_port_is_refused(server):
    other = Server()
    try:
        other.port = server.port
        other.init()
        assert str(server.port) in refused_to_serve(other)
    finally:
        other.remove()


def test_a_stream_that_is_closed_is_no_file_of_the_servers(server):
    """The lock is the second file that is opened: with 0 and 2 closed it would be standard error."""
    other = Server()
    try:
        other.port = server.port  # it says so in the log while it holds the lock, and ends
        other.init()
        closed = ["sh", "-c", 'exec "$@" 0<&- 2>&-', "sh", *other.arguments("serve")]
        done = subprocess.run(closed, env=other.environment, stdout=subprocess.PIPE, timeout=60)
        assert (done.returncode, done.stdout) == (1, b"")
        assert (other.data / "deputy.lock").read_bytes() == b""
    finally:
        other.remove()


def test_what_cannot_be_written_to_a_closed_stream_is_told(tmp_path):
    """The first credential is shown once."""
    command = ["sh", "-c", 'exec "$@" 1>&-', "sh", str(binary()), "init", f"--data={tmp_path}/id"]
    done = subprocess.run(command, env=environment(), stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "could not be written to standard output" in done.stderr


def test_an_output_that_does_not_arrive_is_no_success(server):
    for words in ("--help", "agent create --help", "serve --help", "config list", "config check"):
        command = server.arguments(words) if words == "config check" else [str(binary()), *words.split()]
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                command, env=server.environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
            )
        assert done.returncode == 1 and done.stderr.endswith("the output could not be written\n"), words


def test_a_second_server_on_the_same_data_is_refused(fresh):
    server = fresh()
    server.port, mine = free_port(), server.port
    assert str(server.data) in refused_to_serve(server)
    server.port = mine
    server.kill()
    server.start()  # a lock does not outlive its holder


def test_a_server_whose_lock_is_removed_stops_and_leaves_the_directory_to_another(fresh):
    server = fresh()
    (server.data / "deputy.lock").unlink()
    assert "deputy.lock" in server.wait_for_log("data_lock_gone")["detail"]
    assert server.process.wait(60) == 1  # whoever supervises it is told
    assert '"event":"draining"' in server.log() and '"event":"stopped"' in server.log()
    server.start()


def test_health_readiness_and_metrics(server, oauth, agent):
    oauth.access_token(agent)
    assert exchange(server, "GET", "/healthz")[0] == 200
    assert exchange(server, "GET", "/readyz")[0] == 200
    status, headers, text = exchange(server, "GET", "/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain")
    count = [line for line in text.decode().splitlines() if line.startswith("deputy_tokens_issued_total")]
    assert float(count[0].split()[-1]) >= 1


def test_a_series_is_there_before_its_first_event(fresh):
    lines = exchange(fresh(), "GET", "/metrics")[2].decode().splitlines()
    for name in ("tokens_issued_total", "refusals_not_recorded_total", "revocation_entries", "purge_lag_seconds"):
        assert f"deputy_{name} 0" in lines


def test_a_reader_of_the_log_that_stalls_holds_up_nothing():
    server = Server()
    try:
        server.init()
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        process = subprocess.Popen(
            server.arguments("serve"), env=server.environment, stdin=subprocess.DEVNULL, stderr=writing
        )
        os.close(writing)
        try:
            seen = b""
            while b'"event":"serving"' not in seen:
                seen += os.read(reading, 4096)
            for _ in range(100):  # each is a line, and thirty of them fill the pipe
                assert exchange(server, "GET", "/nowhere")[0] == 404
            assert exchange(server, "GET", "/healthz")[0] == 200
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait(60)
            os.close(reading)
    finally:
        server.remove()


def test_the_limit_of_descriptors_is_raised_as_far_as_it_may_be():
    server = Server()
    try:
        server.init()
        server.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200)))
        assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (200, 200)
        server.stop()
    finally:
        server.remove()


def test_a_full_disk_is_not_ready_and_a_disk_with_room_again_is(fresh):
    server = fresh()
    process, full = server.process.pid, 64 * 1024
    (log,) = server.data.glob("*-wal")
    while log.stat().st_size <= full:
        assert exchange(server, "POST", "/oauth2/token", [FORM], b"grant_type=x")[0] == 401
    _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (full, most))
    status, headers, _ = exchange(server, "POST", "/oauth2/token", [FORM], b"grant_type=x")
    assert (status, headers["retry-after"]) == (503, "1")
    assert exchange(server, "GET", "/readyz")[0] == 503
    assert exchange(server, "GET", "/healthz")[0] == 200
    answered = server.wait_for_log("store_failed")["correlation_id"]
    server.wait_for_line(f'"event":"refused","correlation_id":"{answered}","action":"http.route","code":503')
    counts = exchange(server, "GET", "/metrics")[2].decode().splitlines()
    assert "deputy_store_failing 1" in counts
    assert 'deputy_refused_total{action="http.route",code="503"} 1' in counts

    resource.prlimit(process, resource.RLIMIT_FSIZE, (most, most))
    server.wait_for_log("store.recovered")  # though nothing is asked of it
    assert exchange(server, "GET", "/readyz")[0] == 200
    checked = subprocess.run(
        server.arguments("config check"), env=server.environment, capture_output=True, text=True, timeout=60
    )
    assert (checked.returncode, checked.stdout) == (0, "ok\n"), checked.stderr
    assert exchange(server, "POST", "/oauth2/token", [FORM], b"grant_type=x")[0] == 401


def test_a42_refusals_beyond_the_bound_are_counted_in_the_log(fresh, admin_for):
    server = fresh(unauthenticated__writes_per_s=1, unauthenticated__writes_burst=5)
    for _ in range(50):
        assert exchange(server, "POST", "/oauth2/token", [FORM], b"grant_type=x")[0] == 401
    server.stop()
    server.start()
    admin = admin_for(server)
    (told,) = admin.events(action="refusal.count")
    recorded = admin.events(action="token.issue", decision="refused")
    assert f": refusals: {50 - len(recorded)}, addresses: 1," in told["reason"]
