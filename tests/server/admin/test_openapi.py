"""The control API and its own OpenAPI document say the same."""

import re
from typing import Any

import httpx2
import jsonschema
import orjson
import pytest
from server.admin.control_rig import KEY, Admin, OpenAdmin
from server.admin.documented_response import operations, wrong

from mockreel.server.admin import clock_routes, control_document
from mockreel.server.admin.control_routes import NOUNS, ROWS
from mockreel.server.admin.route import Row

PROVIDERS = ("runflow", "aimlapi", "runninghub")


def test_every_route_is_described_and_every_description_is_a_route() -> None:
    """By method, path and the name of the handler."""
    routes = {(row.method, "/" + re.sub(r":\w+", "", row.path), row.handler.__name__) for row in ROWS}

    assert routes == {(method, path, operation["operationId"]) for method, path, operation in operations()}
    assert {clock_routes, control_document} < set(NOUNS)


def test_a_query_has_the_parameters_that_are_described() -> None:
    """Each row takes what its operation lists; the one that looks back takes what the other operation does."""
    described = {
        operation["operationId"]: {name for name, place in _parameters(operation) if place == "query"}
        for _, _, operation in operations()
    }

    assert {row.handler.__name__: set(row.query or ()) for row in ROWS} == described


def _parameters(operation: Any) -> list[tuple[str, str]]:
    shared = control_document.document()["components"]["parameters"]
    rows = [shared[row["$ref"].rpartition("/")[2]] if "$ref" in row else row for row in operation.get("parameters", [])]
    return [(row["name"], row["in"]) for row in rows]


# What a query may ask for before it has come to be: names that clients choose or that jobs are given.
FREE = {"account", "job", "path"}


@pytest.mark.parametrize(
    "requested", [row for row in ROWS if row.method == "GET" and row.query is not None], ids=lambda row: row.path
)
def test_a_query_that_would_be_overlooked_is_refused(requested: Row, open_admin: OpenAdmin) -> None:
    """An unknown parameter, and a parameter with a value that nothing can have; the message has what is valid."""
    admin = open_admin("runflow", "aimlapi")
    path = re.sub(r"{id[^}]*}|{number[^}]*}", "1", requested.path.replace("{provider}", "aimlapi"))
    assert "zzz" in admin.get(f"{path}?zzz=1", 400)["detail"]

    for name in set(requested.query or ()) - FREE:
        answer = admin.get(f"{path}?{name}=nope/zzz", 400)
        assert "nope" in answer["detail"]
        assert answer.get("valid") or "`" in answer["detail"], answer


def test_a_providers_document_may_be_read_otherwise(open_admin: OpenAdmin) -> None:
    """For this one document; what is chosen stays chosen."""
    admin = open_admin("runflow")
    requested = "openapi/runflow?model=google/veo3.1/lite"
    before = admin.get(requested)

    assert admin.get(f"{requested}&reading=cancel-spelling=cancelled") != before
    assert admin.get(requested) == before
    assert admin.get("openapi/runflow?reading=cancel-spelling=three-l", 400)["valid"][:2] == ["canceled", "cancelled"]
    assert "cancel-spelling" in admin.get("openapi/runflow?reading=zzz", 400)["detail"]


def test_the_document_is_served(admin: Admin) -> None:
    """Whole: it refers to no other file."""
    served = admin.get("openapi.json")

    assert served["openapi"] == "3.1.0"
    assert set(re.findall(r'"\$ref":"([^#"]*)#?', orjson.dumps(served).decode())) == {""}
    assert served["servers"][0]["url"] == "/_mockreel"


def test_every_schema_is_one(admin: Admin) -> None:
    """By the meta-schema of JSON Schema 2020-12."""
    for schema in admin.get("openapi.json")["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_operation_is_about_a_noun_and_says_what_it_does() -> None:
    """In one line, for the docs."""
    tags = {tag["name"] for tag in control_document.document()["tags"]}
    for _, path, operation in operations():
        assert set(operation["tags"]) <= tags, path
        assert operation["summary"][0].isupper(), path
        assert not operation["summary"].endswith("."), path


def test_whatever_changes_something_takes_json_or_nothing() -> None:
    """A form of another page needs no leave of a browser."""
    for method, path, operation in operations():
        body = operation.get("requestBody")
        assert body is None or list(body["content"]) == ["application/json"], path
        assert body is None or method == "POST", path


def test_replies_about_every_provider_are_as_described(open_admin: OpenAdmin) -> None:
    """Jobs in every state, deliveries, exchanges, balances, readings, snapshots."""
    admin = open_admin(*PROVIDERS)
    ids = {provider: admin.perform(provider) for provider in PROVIDERS for _ in range(2)}
    admin.advance(100)
    ids |= {provider: admin.perform(provider) for provider in PROVIDERS}
    admin.ask("POST", "/runflow/v1/models/x/runs", {"prompt": 5})
    admin.ask("GET", "/nowhere", headers=KEY)
    admin.post("rules", {"scenario": "fail", "probability": 0.5})
    admin.post("rules", {"fault": {"name": "reset"}, "provider": "runflow"})

    for path in ("", "scenarios", "readings", "faults", "rules", "balances", "snapshot", "openapi.json"):
        admin.get(path)
    for path in ("jobs", "deliveries", "journal?bodies=true", "journal/attempts", "journal/changes", "journal/har"):
        admin.get(path)
    for provider, id_ in ids.items():
        admin.get(f"jobs/{provider}/{id_}")
    admin.delete("rules/1")
    admin.delete("rules/1", 400)
    assert admin.delete("rules") == {"rules": []}


@pytest.mark.parametrize("status", [403, 404, 405])
def test_what_is_not_admitted_or_not_there_is_a_problem(status: int, admin: Admin) -> None:
    """As described, with the methods that there are."""
    requested: dict[int, Any] = {
        403: ("GET", "clock", {"host": "evil.test"}),
        404: ("GET", "x", {}),
        405: ("PUT", "clock", {}),
    }
    method, path, headers = requested[status]

    answer: httpx2.Response = admin.client.request(method, f"/_mockreel/{path}", headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert wrong(answer) == []
    assert answer.headers.get("allow") == ("GET, HEAD" if status == 405 else None)


def _paths(method: str) -> list[str]:
    return [path.replace("{provider}", "encore").replace("{id}", "1") for own, path, _ in operations() if own == method]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
@pytest.mark.parametrize("path", _paths("POST"))
def test_no_form_changes_anything(path: str, kind: str, admin: Admin) -> None:
    """Whatever is posted, a page of another origin could post it without leave."""
    admin.submit()
    before = admin.get("snapshot")

    answer = admin.client.post(f"/_mockreel{path}", content=b"{}", headers={"content-type": kind})

    assert (answer.status_code, wrong(answer)) == (400, [])
    assert "application/json" in answer.json()["detail"]
    assert admin.get("snapshot") == before


@pytest.mark.parametrize("headers", [{"host": "evil.test"}, {"origin": "http://evil.test"}, {"origin": "null"}])
def test_no_stranger_is_answered_anywhere(headers: dict[str, str], admin: Admin) -> None:
    """Under another name, or from a page of another origin, whatever the operation."""
    for method in ("GET", "POST", "DELETE"):
        for path in _paths(method):
            answer = admin.client.request(method, f"/_mockreel{path.replace('{number}', '1')}", headers=headers)
            assert (answer.status_code, wrong(answer)) == (403, []), path
