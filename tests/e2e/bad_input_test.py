# Bad input over a raw socket: an exact status, a connection that stays usable or is closed, nothing of it in the log.
import base64
import json
import uuid

import pytest

from kit.wire import Wire, exchange

FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"
TOKEN = "/oauth2/token"
CANARY = "canary" + uuid.uuid4().hex


def basic(client):
    return "Authorization: Basic " + base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()


def bearer(admin):
    return f"Authorization: Bearer {admin.token}"


@pytest.fixture(scope="module", autouse=True)
def nothing_sent_is_logged(server):
    yield
    assert CANARY not in server.log()


def usable(wire):
    """The same connection serves the next request."""
    wire.request("GET", "/healthz")
    answer = wire.answer()
    return answer is not None and answer[0] == 200


FORMS = {
    "repeated parameter": b"grant_type=client_credentials&scope=%s&scope=b",
    "repeated grant_type": b"grant_type=client_credentials&grant_type=%s",
    "bad percent encoding": b"grant_type=client_credentials&scope=%s%%zz",
    "bad UTF-8": b"grant_type=client_credentials&scope=%s%%ff",
    "bad UTF-8, unencoded": b"grant_type=client_credentials&scope=%s\xff",
    "NUL": b"grant_type=client_credentials&scope=%s%%00",
    "bad scope characters": b"grant_type=client_credentials&scope=%s%%22",
    "no grant_type": b"scope=%s",
    "unknown grant_type": b"grant_type=%s",
    "empty": b"",
}


@pytest.mark.parametrize("case", FORMS)
def test_a_bad_form_is_400_in_the_protocols_words(server, agent, case):
    body = FORMS[case].replace(b"%s", CANARY.encode()).replace(b"%%", b"%")
    with Wire(server) as wire:
        wire.request("POST", TOKEN, [FORM, basic(agent)], body)
        status, headers, text = wire.answer()
        assert status == 400 and headers["content-type"] == "application/json"
        assert headers["cache-control"] == "no-store"
        error = json.loads(text)
        wanted = {"unknown grant_type": "unsupported_grant_type", "bad scope characters": "invalid_scope"}
        assert error["error"] == wanted.get(case, "invalid_request"), text
        assert CANARY.encode() not in text
        assert usable(wire)


def test_parameters_in_the_query_are_refused(server, agent):
    body = b"grant_type=client_credentials"
    answer = exchange(server, "POST", f"{TOKEN}?client_secret={CANARY}", [FORM, basic(agent)], body)
    assert answer[0] == 400 and CANARY.encode() not in answer[2]


def test_two_client_authentications_are_refused(server, agent):
    body = f"grant_type=client_credentials&client_id={agent.client_id}&client_secret={CANARY}".encode()
    answer = exchange(server, "POST", TOKEN, [FORM, basic(agent)], body)
    assert answer[0] == 400 and json.loads(answer[2])["error"] == "invalid_request"
    answer = exchange(
        server, "POST", TOKEN, [FORM, basic(agent), basic(agent)], b"grant_type=client_credentials"
    )
    assert answer[0] == 400


@pytest.mark.parametrize(
    "header", [JSON, "Content-Type: text/plain", "Content-Type: multipart/form-data", "X-None: 1"]
)
def test_a_form_of_another_content_type_is_400(server, agent, header):
    with Wire(server) as wire:
        wire.request("POST", TOKEN, [header, basic(agent)], json.dumps({"grant_type": CANARY}).encode())
        status, _, text = wire.answer()
        assert status == 400 and json.loads(text)["error"] == "invalid_request"
        assert usable(wire)


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Bearer x",
        "Basic ",
        "Digest a=b",
    ],
)
def test_a_malformed_authorization_is_401(server, authorization):
    body = b"grant_type=client_credentials"
    status, headers, text = exchange(server, "POST", TOKEN, [FORM, f"Authorization: {authorization}"], body)
    assert status == 401 and json.loads(text)["error"] == "invalid_client" and "www-authenticate" in headers


DOCUMENTS = {
    "no JSON": b"%s",
    "cut off": b'{"name":"%s',
    "no object": b'["%s"]',
    "a member twice": b'{"name":"a","name":"%s"}',
    "bad UTF-8": b'{"name":"%s\xff"}',
    "lone surrogate": b'{"name":"%s\\ud800"}',
    "deep": b'{"name":' + b"[" * 20000 + b"]" * 20000 + b"}",
    "deep, unclosed": b'{"%s":' * 1 + b"[" * 50000,
    "giant number": b'{"%s":' + b"9" * 5000 + b"}",
    "trailing text": b'{"name":"a"} %s',
    "comment": b'{/*%s*/"name":"a"}',
    "unknown field": b'{"name":"a","owner":"usr_00000000000000000000000000","%s":1}',
    "wrong type": b'{"name":{"a":"%s"}}',
    "control character": b'{"name":"%s\\u0007"}',
    "missing field": b'{"description":"%s"}',
    "empty": b"",
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_bad_document_is_400_with_a_problem(server, admin, case):
    with Wire(server) as wire:
        wire.request(
            "POST", "/v1/agents", [JSON, bearer(admin)], DOCUMENTS[case].replace(b"%s", CANARY.encode())
        )
        status, headers, text = wire.answer()
        assert status == 400 and headers["content-type"] == "application/problem+json", text
        problem = json.loads(text)
        assert problem["status"] == 400 and problem["title"] and problem["correlation_id"].startswith("req_")
        assert problem["type"].rpartition("#")[2] in ("invalid_json", "invalid_field", "invalid_request")
        assert CANARY.encode() not in text
        assert usable(wire)


def test_a_document_of_another_content_type_is_415(server, admin):
    answer = exchange(
        server, "POST", "/v1/agents", ["Content-Type: text/xml", bearer(admin)], CANARY.encode()
    )
    assert answer[0] == 415 and answer[1]["content-type"] == "application/problem+json"


@pytest.mark.parametrize("size,declared", [(65537, True), (2 * 1024 * 1024, True), (2 * 1024 * 1024, False)])
def test_a_body_too_large_is_413(server, agent, size, declared):
    body = b"a=" + CANARY.encode() + b"b" * size
    with Wire(server) as wire:
        if declared:
            wire.request("POST", TOKEN, [FORM, basic(agent)], body)
        else:
            wire.request("POST", TOKEN, [FORM, basic(agent), "Transfer-Encoding: chunked"], b"", length=False)
            for at in range(0, len(body), 65536):
                chunk = body[at : at + 65536]
                wire.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            wire.send(b"0\r\n\r\n")
        answer = wire.answer()
        assert answer is not None and answer[0] == 413
        if size > 1024 * 1024:
            assert answer[1]["connection"] == "close"


def test_a_form_too_large_is_refused_before_it_is_sent(server, agent):
    with Wire(server) as wire:
        sizes = ["Content-Length: 65540", "Expect: 100-continue"]
        wire.request("POST", TOKEN, [FORM, basic(agent), *sizes], b"", length=False)
        assert wire.answer()[0] == 413


def test_a_declared_giant_is_refused_before_it_is_sent(server, agent):
    with Wire(server) as wire:
        wire.request("POST", TOKEN, [FORM, basic(agent), "Content-Length: 99999999999"], b"", length=False)
        assert wire.answer()[0] == 413


@pytest.mark.parametrize(
    "headers",
    [[f"X-Bomb: {CANARY}{'a' * 40000}"], [f"X-{i}: {CANARY}{'a' * 100}" for i in range(1000)]],
    ids=["long", "many"],
)
def test_a_header_bomb_is_431(server, headers):
    with Wire(server) as wire:
        wire.request("GET", "/healthz", headers)
        answer = wire.answer()
        assert answer is not None and answer[0] == 431
        assert wire.closed()


def raw(server, data):
    with Wire(server) as wire:
        wire.send(data)
        answer = wire.answer()
        return answer, wire.closed()


HOST = b"Host: 127.0.0.1\r\n"
MALFORMED = {
    "no HTTP": b"\x16\x03\x01\x02\x00" + CANARY.encode() + b"\r\n\r\n",
    "no version": b"GET /" + CANARY.encode() + b"\r\n\r\n",
    "half a version": b"GET /" + CANARY.encode() + b" HTT\r\n\r\n",
    "space in header name": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X y: " + CANARY.encode() + b"\r\n\r\n",
    "two lengths": b"POST /oauth2/token HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "bad length": b"POST /oauth2/token HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "length and chunked": b"POST /oauth2/token HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown transfer coding": b"POST /oauth2/token HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n",
    "bad chunk": b"POST /oauth2/token HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "line feed in a chunk extension": b"POST /oauth2/token HTTP/1.1\r\n"
    + HOST
    + b'Transfer-Encoding: chunked\r\n\r\n3;a="\n"\r\na=b\r\n0\r\n\r\n',
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
}


@pytest.mark.parametrize("case", MALFORMED)
def a41_a_malformed_request_is_refused_and_the_connection_closed(server, case):
    answer, closed = raw(server, MALFORMED[case])
    assert answer is not None and 400 <= answer[0] <= 505 and answer[0] in (400, 411, 501, 505)
    assert closed


def a41_what_follows_a_refused_request_is_not_taken_for_another(server):
    smuggled = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    answer, closed = raw(server, MALFORMED["length and chunked"] + smuggled)
    assert answer[0] == 400 and closed


def test_pipelined_requests_are_answered_in_order(server):
    with Wire(server) as wire:
        one = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
        wire.send(one + b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n" + one)
        assert [wire.answer()[0] for _ in range(3)] == [200, 404, 200]


def test_paths_and_methods_that_are_not_there(server):
    assert exchange(server, "GET", f"/{CANARY}")[0] == 404
    assert exchange(server, "GET", "/oauth2/token")[0] == 405
    assert exchange(server, "GET", f"/t/{CANARY}/oauth2/jwks")[0] == 404
    assert exchange(server, "GET", "/v1/agents/%ff")[0] in (400, 401, 404)
    assert exchange(server, "GET", "/../../etc/passwd")[0] in (400, 404)


def test_a_slow_client_is_408_in_header_and_body(fresh):
    server = fresh(http__header_timeout_s=1, http__body_timeout_s=1)
    with Wire(server) as header, Wire(server) as body, Wire(server) as usual:
        header.send(f"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: {CANARY}")
        body.request("POST", TOKEN, [FORM, "Content-Length: 100"], CANARY.encode(), length=False)
        for wire in (header, body):
            answer = wire.answer()
            assert answer is not None and answer[0] == 408
            assert wire.closed()
        assert usable(usual) or usual.closed()
    assert exchange(server, "GET", "/healthz")[0] == 200
    assert CANARY not in server.log()


def test_an_idle_connection_is_closed_silently(fresh):
    server = fresh(http__idle_timeout_s=1)
    with Wire(server) as wire:
        assert usable(wire)
        assert wire.closed() and wire.rest == b""


def test_one_connection_too_many_is_503_and_the_others_are_served(fresh):
    server = fresh(http__connections_max=4)
    wires = [Wire(server) for _ in range(4)]
    try:
        assert all(usable(wire) for wire in wires)
        with Wire(server) as beyond:
            beyond.request("GET", "/healthz")
            answer = beyond.answer()
            assert answer is not None and answer[0] == 503 and answer[1]["retry-after"]
            assert beyond.closed()
        assert all(usable(wire) for wire in wires)
    finally:
        for wire in wires:
            wire.close()
