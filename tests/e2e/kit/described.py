# openapi.yaml and docs/errors.md as judges of what /v1 answers: is the status described, and the body as described?
import functools
import json
import re

import requests
import yaml
from jsonschema import Draft202012Validator

from kit.server import ROOT

SCHEMAS = "#/components/schemas/"
# What may be refused before an operation of /v1 reads it: by `about:blank`, and in no operation's own description.
UNREAD = {400, 404, 405, 408, 413, 417, 431, 501, 503, 505}


class Description:
    def __init__(self, openapi, errors):
        self.document = yaml.load(openapi, Loader=yaml.CSafeLoader)
        self.paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path)
            for path in self.document["paths"]
            if path.startswith("/v1")
        ]
        section = re.compile(r"^## (\w+)\n\nStatus (\d+)\. (.+)\.$", re.MULTILINE)
        errors = section.findall(errors.partition("# Errors of /v1\n")[2])
        self.errors = {code: (int(status), title) for code, status, title in errors}

    def whole(self, schema):
        """The schema with all it refers to in its place; an object with named members has no others."""
        if "$ref" in schema:
            named = self.document["components"]["schemas"][schema["$ref"].removeprefix(SCHEMAS)]
            return self.whole(named | {key: value for key, value in schema.items() if key != "$ref"})
        made = dict(schema)
        for part in map(self.whole, made.pop("allOf", [])):
            made["properties"] = part.get("properties", {}) | made.get("properties", {})
            made["required"] = part.get("required", []) + made.get("required", [])
        if "properties" in made:
            made["properties"] = {name: self.whole(one) for name, one in made["properties"].items()}
            made.setdefault("additionalProperties", False)
        if "items" in made:
            made["items"] = self.whole(made["items"])
        if "anyOf" in made:
            made["anyOf"] = [self.whole(one) for one in made["anyOf"]]
        return made

    def validator(self, schema):
        return Draft202012Validator(self.whole(schema), format_checker=Draft202012Validator.FORMAT_CHECKER)

    @functools.cache
    def problem(self):
        return self.validator({"$ref": SCHEMAS + "Problem"})

    @functools.cache
    def answers(self, method, path):
        """By status: its content types, each with what its body is held against; of a text, nothing."""
        made = {}
        operation = self.document["paths"].get(path, {}).get(method.lower(), {"responses": {}})
        for status, answer in operation["responses"].items():
            if "$ref" in answer:
                answer = self.document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            made[int(status)] = {
                kind: self.validator(body["schema"]) if kind == "application/json" else None
                for kind, body in answer.get("content", {}).items()
            }
        return made

    def check(self, method, path, status, content_type, read):
        """`read` gives the body; it is not called where that may be a stream. Nothing but /v1 is looked at."""
        found = re.fullmatch(r"(?:/t/[^/]+)?(/v1(?:/[^?]*)?)(?:\?.*)?", path)
        if not found:
            return
        what, kind = f"{method} {found[1]}: {status} {content_type}", content_type.partition(";")[0]
        described = next((name for pattern, name in self.paths if pattern.fullmatch(found[1])), None)
        answers = self.answers(method, described)
        if kind == "application/problem+json":
            return self.check_problem(what, status, json.loads(read()), answers)
        assert status in answers, f"{what} is not described"
        if not answers[status]:
            assert not read(), f"{what}: no body is described"
        else:
            assert kind in answers[status], f"{what}: the content type is not described"
            if answers[status][kind]:
                hold(what, answers[status][kind], json.loads(read()))

    def check_problem(self, what, status, problem, answers):
        hold(what, self.problem(), problem)
        assert problem["status"] == status, f"{what}: the body says {problem['status']}"
        if problem["type"] == "about:blank":
            assert status in UNREAD or status in answers, f"{what} is not described"
            return
        code = problem["type"].rpartition("/errors#")[2]
        assert status in answers, f"{what}, {code}, is not described"
        assert self.errors.get(code) == (status, problem["title"]), f"{what}, {code}, is not as docs/errors.md has it"


def hold(what, validator, body):
    wrong = [f"{error.json_path} {error.message}" for error in validator.iter_errors(body)]
    assert not wrong, f"{what}: " + "; ".join(wrong)[:2000]


description = Description((ROOT / "openapi.yaml").read_text(), (ROOT / "docs" / "errors.md").read_text())


class Session(requests.Session):
    """A client of which each answer is held against the description."""

    def __init__(self):
        super().__init__()
        self.trust_env = False
        self.hooks["response"].append(self.hold)

    @staticmethod
    def hold(answer, **_):
        asked, kind = answer.request, answer.headers.get("Content-Type", "")
        description.check(asked.method, asked.path_url, answer.status_code, kind, lambda: answer.content)
