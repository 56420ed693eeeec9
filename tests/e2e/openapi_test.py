# openapi.yaml is valid, and what it says is there is there.
import json
import re
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

from kit.described import description
from kit.server import ROOT

PLACES = ("openapi.yaml", "docs/openapi.yaml")
METHODS = ("get", "post", "put", "patch", "delete")
TOO_GENERAL = {"404", "405"}


def document_path():
    found = [ROOT / place for place in PLACES if (ROOT / place).is_file()]
    assert found, f"no openapi.yaml at {PLACES}"
    return found[0]


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(Path(document_path()).read_text())


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def test_it_is_a_valid_description(document):
    validate(document)


def test_operations_have_names_and_say_how_they_refuse(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names)) and len(names) > 40
    for method, path, operation in operations(document):
        assert operation.get("summary") or operation.get("description"), f"{method} {path}"
        if path.startswith("/v1"):
            assert "401" in operation["responses"], f"{method} {path}"


def test_each_documented_operation_is_on_the_running_server(document, oauth):
    """Without a token /v1 says 401 of a route that exists and 404 of one that does not."""
    wrong = []
    for method, path, operation in operations(document):
        url = oauth.issuer + re.sub(r"\{[^}]+\}", "usr_" + "0" * 26, path)
        answer = oauth.http.request(method, url, timeout=30)
        expected = (
            answer.status_code == 401
            if path.startswith("/v1")
            else str(answer.status_code) not in TOO_GENERAL
        )
        documented = str(answer.status_code) in operation["responses"]
        if not expected or not documented:
            wrong.append((method, path, answer.status_code))
    assert not wrong


def test_the_test_above_can_fail(oauth):
    assert oauth.http.get(oauth.issuer + "/v1/nothing-of-that-name", timeout=30).status_code == 404


AT = "2026-11-24T12:00:00.000Z"
KEY = {"kid": "k", "algorithm": "ES256", "state": "active", "created_at": AT, "changes_at": AT}
GONE = {"type": "http://a.example/errors#gone", "title": "What came next is not known here", "status": 410}
ERROR = {"error": "invalid_grant", "error_uri": "http://a.example/errors#invalid_grant"}
JSON, PROBLEM = "application/json", "application/problem+json"
OTHERWISE = {
    "201 application/json is not described": ("/v1/keys", 201, JSON, {"items": []}),
    "200 application/json is not described": ("/v1/keyring", 200, JSON, {"items": []}),
    "the content type is not described": ("/v1/keys", 200, "text/plain", {"items": []}),
    "no body is described": ("/v1/agents/x", 204, JSON, {"items": []}, "DELETE"),
    "'items' is a required property": ("/v1/keys", 200, JSON, {}),
    "'more' was unexpected": ("/v1/keys", 200, JSON, {"items": [], "more": 1}),
    "'d' was unexpected": ("/v1/keys", 200, JSON, {"items": [KEY | {"d": "x"}]}),
    "1 is not of type 'string'": ("/v1/keys", 200, JSON, {"items": [KEY | {"kid": 1}]}),
    "'lost' is not one of": ("/v1/keys", 200, JSON, {"items": [KEY | {"state": "lost"}]}),
    "'soon' is not a 'date-time'": ("/v1/keys", 200, JSON, {"items": [KEY | {"changes_at": "soon"}]}),
    "gone, is not described": ("/v1/keys", 410, PROBLEM, GONE),
    "the body says 404": ("/v1/events", 410, PROBLEM, GONE | {"status": 404}),
    "gone, is not as docs/errors.md has it": ("/v1/events", 410, PROBLEM, GONE | {"title": "Gone"}),
    "invalid_grant, is not as docs/errors.md has it": ("/oauth2/token", 401, JSON, ERROR, "POST"),
    "invalid_grant leads to elsewhere": ("/oauth2/token", 400, JSON, ERROR | {"error_uri": "elsewhere"}, "POST"),
}


@pytest.mark.parametrize("finding", OTHERWISE)
def test_an_answer_that_is_otherwise_than_described_is_noticed(finding):
    path, status, kind, body, *method = OTHERWISE[finding]
    with pytest.raises(AssertionError, match=re.escape(finding)):
        description.check(*method or ["GET"], path, status, kind, lambda: json.dumps(body))


def test_an_answer_that_is_as_described_is_let_pass():
    for path, status, kind, body in (
        ("/t/a/v1/keys?x=1", 200, JSON, {"items": [KEY]}),
        ("/v1/events", 410, PROBLEM, GONE),
        ("/v1/keys", 431, PROBLEM, {"type": "about:blank", "title": "Too large", "status": 431}),
        ("/account", 599, "", ""),
    ):
        description.check("GET", path, status, kind, lambda: json.dumps(body))
