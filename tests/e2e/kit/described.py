# openapi.yaml and docs/errors.md as judges of what is answered: is the status described, and the body as described?
import functools
import json
import re

import requests
import yaml
from jsonschema import Draft202012Validator

from kit.server import ROOT

SCHEMAS = "#/components/schemas/"
# What is refused before any operation reads it, of the type about:blank: in no operation's own description.
UNREAD = {400, 404, 405, 408, 413, 417, 431, 501, 503, 505}


class Description:
    def __init__(self, openapi, errors):
        self.document = yaml.load(openapi, Loader=yaml.CSafeLoader)
        self.paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in self.document["paths"]]
        oauth, _, v1 = errors.partition("# Errors of /v1\n")
        problem = re.compile(r"^## (\w+)\n\nStatus (\d+)\. (.+)\.$", re.MULTILINE)
        self.problems = {code: (int(status), title) for code, status, title in problem.findall(v1)}
        sections = [section.partition("\n") for section in oauth.split("\n## ")[1:]]
        self.errors = {code: {int(one) for one in re.findall(r"\b[45]\d\d\b", text)} for code, _, text in sections}

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
            if status == "default":  # what no test means to see: a failure, and what is UNREAD
                continue
            if "$ref" in answer:
                answer = self.document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            made[int(status)] = {
                kind: self.validator(body["schema"]) if kind.endswith("json") else None
                for kind, body in answer.get("content", {}).items()
            }
        return made

    def described(self, path):
        """The path with the names of its parameters; of none that there is, None."""
        path = re.sub(r"^/t/[^/]+", "", path.partition("?")[0])
        return next((name for pattern, name in self.paths if pattern.fullmatch(path)), None)

    def operations(self, below):
        paths = self.document["paths"].items()
        within = [(path, item) for path, item in paths if path.startswith(below)]
        return {(method.upper(), path) for path, item in within for method in item if method != "parameters"}

    def check(self, method, path, status, content_type, read):
        """`read` gives the body; it is not called where that may be a stream. Pages for people are not looked at."""
        described = self.described(path)
        if described is None and "/v1/" not in path:
            return
        what, kind = f"{method} {described}: {status} {content_type}", content_type.partition(";")[0]
        answers = self.answers(method, described)
        if kind == "application/problem+json":
            return self.check_problem(what, status, json.loads(read()), answers)
        assert status in answers, f"{what} is not described"
        if not answers[status]:
            assert not read(), f"{what}: no body is described"
        else:
            assert kind in answers[status], f"{what}: the content type is not described"
            if answers[status][kind]:
                body = json.loads(read())
                hold(what, answers[status][kind], body)
                if "error" in body:
                    self.check_error(what, status, body)

    def check_error(self, what, status, error):
        code = error["error"]
        assert status in self.errors.get(code, ()), f"{what}, {code}, is not as docs/errors.md has it"
        assert error["error_uri"].endswith(f"/errors#{code}"), f"{what}: {code} leads to {error['error_uri']}"

    def check_problem(self, what, status, problem, answers):
        hold(what, self.problem(), problem)
        assert problem["status"] == status, f"{what}: the body says {problem['status']}"
        if problem["type"] == "about:blank":
            assert status in UNREAD or status in answers, f"{what} is not described"
            return
        code = problem["type"].rpartition("/errors#")[2]
        assert status in answers, f"{what}, {code}, is not described"
        assert self.problems.get(code) == (status, problem["title"]), f"{what}, {code}, is not as docs/errors.md has it"


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
        assert answer.headers.get("X-Correlation-Id", "").startswith("req_"), f"{asked.method} {asked.path_url}"
        description.check(asked.method, asked.path_url, answer.status_code, kind, lambda: answer.content)
