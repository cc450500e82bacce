"""Every field and parameter of the control API with values that it cannot have, made from its own document.

Such a request is never accepted and never ends in a 5xx: a problem document names the field and the value, says what
is valid, and nothing of the run has changed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx2
import jsonschema_rs
import pytest
from server.admin.control_rig import Admin, OpenAdmin
from server.admin.documented_response import operations, wrong

from mockreel.server.admin.control_document import document
from mockreel.server.admin.control_routes import ROWS

NOBODY = "no-such-thing"
VALUES: tuple[Any, ...] = (None, True, -1, 0.5, 1e300, "", NOBODY, [1], {"x": 1})
TEXTS = ("", NOBODY, "-1", "0", "1.5", "1" * 30, "٣")
# Requests create these names, so any text but an empty one may be one.
CREATED = {"account", "job", "path", "prompt"}
# What a request is beside the field that is wrong; {id} is a job.
GOOD: dict[tuple[str, str], dict[str, Any]] = {
    ("/readings", ""): {"provider": "runflow", "id": "balance-shape", "option": "cents"},
    ("/balances", ""): {"provider": "runflow", "account": "account-1", "balance": "1"},
    ("/rules", ""): {"scenario": "fail", "nth": None},
    ("/rules", "scenario"): {},
    ("/rules", "fault"): {},
    ("/rules", "result"): {},
}
# Any text, and JSON of any form.
ANY = {("/rules", "result"), ("/jobs/{provider}/{id}/cancel", "reason")}
NEXT = re.compile(r"Valid: |Nearest of |Some of |Send |Give |Take |It has |It is |Leave it out|takes none")


class Bad(NamedTuple):
    """A request that must be refused, with what is wrong with it."""

    method: str
    path: str
    field: str
    value: Any
    body: Any = None
    query: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.field}={str(self.value)[:40]!r}"


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        kind, name = schema["$ref"].split("/")[-2:]
        schema = document()["components"][kind][name]
    return schema


def bodies(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[Bad]:
    """The fields of a body, one by one wrong; and one that it does not have."""
    if path == "/restore":
        return  # test_mutated_snapshots.py
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = resolved(content.get("schema", {}))
    good = {**content.get("example", {}), **GOOD.get((path, ""), {})}
    fields = {name: resolved(inner) for name, inner in schema.get("properties", {}).items()}
    for name, inner in fields.items():
        beside = GOOD.get((path, name), good)
        created = name in CREATED and path != "/balances"
        for value in unfit(inner):
            if not isinstance(value, str) or not ((created and value) or (path, name) in ANY):
                yield Bad(method, path, name, value, {**beside, name: value})
    for name in schema.get("required", ()):
        yield Bad(method, path, name, None, {key: value for key, value in good.items() if key != name})
    yield Bad(method, path, NOBODY, "", {**good, NOBODY: 1})
    yield from (Bad(method, path, "body", value, value) for value in ([], [1], 7, "text", True))


def unfit(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Values that the schema does not allow, and texts: most must be names that exist."""
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": document()["components"]})
    for value in VALUES:
        if not validator.is_valid(value) or isinstance(value, str):
            yield value


def queries(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[Bad]:
    """The parameters of a query, one by one wrong; one that it does not have; one that is given twice."""
    for parameter in map(resolved, operation.get("parameters", ())):
        if parameter["in"] != "query":
            continue
        name, schema = parameter["name"], parameter["schema"]
        for text in TEXTS:
            if not may_be(name, schema, text):
                yield Bad(method, path, name, text, query={name: text})
        if schema.get("type") != "array":
            yield Bad(method, path, name, "", query=[(name, "1"), (name, "1")])
    yield Bad(method, path, NOBODY, "", query={NOBODY: "1"})


def may_be(name: str, schema: Mapping[str, Any], text: str) -> bool:
    if schema.get("type") == "integer":
        number = int(text) if text.isascii() and text.isdecimal() else None
        return number is not None and jsonschema_rs.Draft202012Validator(dict(schema)).is_valid(number)
    return name in CREATED and bool(text)


def every() -> Iterator[Bad]:
    for method, path, operation in operations():
        yield from queries(method, path, operation)
        if method != "GET":
            yield from bodies(method, path, operation)


BY_ROUTE: dict[str, list[Bad]] = {}
for one in every():
    BY_ROUTE.setdefault(f"{one.method} {one.path}", []).append(one)


@pytest.fixture
def busy(open_admin: OpenAdmin) -> tuple[Admin, dict[str, str]]:
    """A server with a job, a delivery, an exchange and a rule; and what their paths have in braces."""
    admin = open_admin("runflow")
    admin.perform("runflow")
    admin.advance(200)
    job = admin.perform("runflow")
    admin.post("rules", {"fault": "reset", "nth": 9})
    (delivery,) = admin.get("deliveries")["deliveries"]
    ids = {"/jobs": job, "/deliveries": delivery["id"], "/rules": "1"}
    return admin, {"provider": "runflow", "number": "1", "moment": "-1", "rest": "jobs", **ids}


def sent(admin: Admin, names: Mapping[str, str], bad: Bad) -> httpx2.Response:
    path = bad.path.replace("{id}", names.get(bad.path[: bad.path.find("/", 1)], ""))
    for name, value in names.items():
        path = path.replace("{" + name + "}", value)
    content = None if bad.body is None else json.dumps(bad.body)
    headers = {"content-type": "application/json"} if content is not None else None
    return admin.client.request(bad.method, f"/_mockreel{path}", content=content, params=bad.query, headers=headers)


def faults_of(answer: httpx2.Response, bad: Bad) -> Iterator[str]:
    """What a refusal lacks."""
    if not 400 <= answer.status_code < 500:
        yield f"answered with {answer.status_code}"
        return
    if answer.headers["content-type"] != "application/problem+json":
        yield "is no problem document"
        return
    detail = answer.json()["detail"]
    if answer.status_code == 409:  # a server without a log cannot look back at all
        return
    if bad.field not in detail:
        yield "does not name the field"
    if bad.value not in (None, "") and repr(bad.value)[:150] not in detail:
        yield "does not show the value"
    if not NEXT.search(detail):
        yield "does not say what is valid"
    if len(detail) > 2000:
        yield "is too long"


@pytest.mark.parametrize("route", BY_ROUTE)
def test_a_value_that_cannot_be_is_refused(route: str, busy: tuple[Admin, dict[str, str]]) -> None:
    """By every field and parameter of a route, with what is wrong; and nothing is changed."""
    admin, names = busy
    before = [admin.get(path) for path in ("clock", "rules", "readings", "balances", "jobs")]
    lacks = []
    for bad in BY_ROUTE[route]:
        answer = sent(admin, names, bad)
        lacks += [f"{bad}: {lack}: {answer.text[:400]}" for lack in faults_of(answer, bad)]

    assert lacks == []
    assert wrong(answer) == []
    assert [admin.get(path) for path in ("clock", "rules", "readings", "balances", "jobs")] == before


def test_every_route_is_looked_at() -> None:
    """A row without a description would escape."""
    assert len(BY_ROUTE) == len({(row.method, row.path) for row in ROWS})
