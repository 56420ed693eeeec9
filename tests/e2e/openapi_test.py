# openapi.yaml is valid, and what it says is there is there.
import re
from pathlib import Path

import pytest
import requests
import yaml
from openapi_spec_validator import validate

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
        answer = requests.request(method, url, timeout=30)
        expected = (
            answer.status_code == 401
            if path.startswith("/v1")
            else str(answer.status_code) not in TOO_GENERAL
        )
        documented = str(answer.status_code) in operation["responses"] or "default" in operation["responses"]
        if not expected or not documented:
            wrong.append((method, path, answer.status_code))
    assert not wrong


def test_the_test_above_can_fail(oauth):
    assert requests.get(oauth.issuer + "/v1/nothing-of-that-name", timeout=30).status_code == 404
