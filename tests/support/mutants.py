"""Bad requests from good ones: seeded mutations of bytes and of trees, each a value that can be left out again."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote

from mockreel.contract import Contract, Operation
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.contract.messages.message import Request
from mockreel.contract.operations import resolve

# Values that have broken parsers, schemas and formatters before.
NASTY: Sequence[Any] = (
    None, True, False, 0, -1, 1.5, 1e308, -0.0, 2**53, 2**63, -(2**64),
    "", " ", "\x00", "\u202e", "😀" * 50, "a" * 5000,
    "NaN", "1e999", "0x10", "${jndi}", "../../etc/passwd", "http://127.0.0.1:1/", "javascript:1", "%00", "{id}", "{0}",
    "%s%n", [], {}, [[]], [None], {"": ""}, {"a": {"b": {"c": []}}}, ["x"] * 200, {"$ref": "#"}, {"__proto__": 1},
    "runflow://assets/00000000-0000-0000-0000-000000000000", "data:image/png;base64,AAAA", "2026-13-45", "🎬.mp4",
)  # fmt: skip
NASTY_BYTES: Sequence[bytes] = (
    b"", b"\x00", b"\xff", b"\xef\xbb\xbf", b"NaN", b"Infinity", b"-", b"1e400", b'"\\ud800"', b"[" * 2000,
    b'{"a":' * 500,
    b"//", b"/*", b"'", b",", b"}", b"]", b'"', b"\\", b"\r\n", b"\xed\xa0\x80", b"9" * 400,
    b"true", b"null", b"--", b"%",
)  # fmt: skip
NASTY_TEXTS: Sequence[str] = (
    "", "%", "%zz", "%2F", "..", ".", "//", "\x7f", "é", "😀", "a" * 4000, "0", "-1", "null",
    "any", "{id}", "*", "' or 1=1",
    "00000000-0000-0000-0000-000000000000", "9223372036854775807",
    "created_at:desc", "status_code:succeeded AND", "(", "((((",
)  # fmt: skip


@dataclass(frozen=True)
class Good:
    """A well-formed request, still as parts."""

    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any

    def request(self) -> Request:
        """The request as it would be sent."""
        raw = (
            self.body if isinstance(self.body, bytes) else b"" if self.body is None else json.dumps(self.body).encode()
        )
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        headers = [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in self.headers.items()
        ]
        return Request(self.method, self.path, headers, query.encode("utf-8", "replace"), raw, "http://mock.test")


# One change of a request; a mutant is a good request and a list of these.
Mutation = Callable[[Good], Good]


def mutations(random: Random) -> list[Mutation]:
    """One to four mutations."""
    return [random.choice(_MAKERS)(random) for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4)))]


def applied(good: Good, changes: Sequence[Mutation]) -> Good:
    """The request with the changes made, in order."""
    for change in changes:
        good = change(good)
    return good


def _bytes(random: Random) -> Mutation:
    """Change the body's bytes: cut, insert, flip, repeat or swap a piece."""
    at, span, kind, nasty = random.random(), random.randint(1, 12), random.randrange(5), random.choice(NASTY_BYTES)

    def change(good: Good) -> Good:
        raw = good.request().body
        start = int(at * (len(raw) + 1))
        pieces = (
            raw[:start] + raw[start + span :],
            raw[:start] + nasty + raw[start:],
            raw[:start] + bytes(byte ^ 0x15 for byte in raw[start : start + span]) + raw[start + span :],
            raw[:start],
            raw + raw[start:],
        )
        return replace(good, body=pieces[kind])

    return change


def _tree(random: Random) -> Mutation:
    """Change one place of the body's tree: another value, no value, another name, deeper."""
    seed, kind, nasty = random.randrange(1 << 30), random.randrange(5), random.choice(NASTY)

    def change(good: Good) -> Good:
        if isinstance(good.body, bytes) or good.body is None:
            return replace(good, body=nasty)
        return replace(good, body=_changed(good.body, Random(seed), kind, nasty))

    return change


def _changed(tree: Any, random: Random, kind: int, nasty: Any) -> Any:
    if isinstance(tree, dict) and tree:
        key = random.choice(list(tree))
        rest = {name: value for name, value in tree.items() if name != key}
        if random.random() < 0.4 and isinstance(tree[key], dict | list):
            return {**tree, key: _changed(tree[key], random, kind, nasty)}
        return ({**tree, key: nasty}, rest, {**rest, key + "x": tree[key]}, {**tree, key: [tree[key]]}, nasty)[kind]
    if isinstance(tree, list) and tree:
        at = random.randrange(len(tree))
        return [*tree[:at], _changed(tree[at], random, kind, nasty), *tree[at + 1 :]]
    return nasty


def _path(random: Random) -> Mutation:
    at, text = random.random(), random.choice(NASTY_TEXTS)

    def change(good: Good) -> Good:
        parts = good.path.split("/")
        index = 1 + int(at * (len(parts) - 1))
        return replace(good, path="/".join([*parts[:index], text, *parts[index + 1 :]]) or "/")

    return change


def _query(random: Random) -> Mutation:
    at, text, name = random.random(), random.choice(NASTY_TEXTS), random.choice(("limit", "q", "pq", "x", "apiKey"))

    def change(good: Good) -> Good:
        names = [*good.query, name]
        return replace(good, query={**good.query, names[int(at * len(names))]: text})

    return change


_HEADERS = ("authorization", "content-type", "prefer", "range", "idempotency-key", "host", "x-organization-id")
_HEADER_VALUES = (
    *NASTY_TEXTS, "Bearer", "Bearer ", "Basic eDp5", "text/plain", "multipart/form-data", "bytes=9-1",
    "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json; charset=utf-16",
    "scenario", "scenario=;;=,", "scenario=fail; code=",
)  # fmt: skip


def _header(random: Random) -> Mutation:
    name, value, gone = random.choice(_HEADERS), random.choice(_HEADER_VALUES), random.random() < 0.2

    def change(good: Good) -> Good:
        headers = {key: text for key, text in good.headers.items() if key != name}
        return replace(good, headers=headers if gone else {**headers, name: value})

    return change


def _method(random: Random) -> Mutation:
    method = random.choice(("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "BREW", ""))
    return lambda good: replace(good, method=method)


_MAKERS: Sequence[Callable[[Random], Mutation]] = (_bytes, _bytes, _tree, _tree, _tree, _path, _query, _header, _method)


def model_parameters(contract: Contract) -> frozenset[str]:
    """What the parameters of paths are called that name a model."""
    return frozenset(
        one.model.name for one in contract.operations if one.model is not None and one.model.kind == "path"
    )


def good_requests(contract: Contract, ids: Mapping[str, str]) -> list[Good]:
    """A well-formed request for each operation and some of its models; `ids` has that of a job."""
    requests = Requests(contract)
    found = []
    for operation in contract.operations:
        named = [*re.findall(r"{(\w+)}", operation.path), *[one.name for one in operation.query if one.required]]
        jobs = {name for name in named if name.lower().endswith("id")} - model_parameters(contract)
        params = dict.fromkeys(jobs, ids["id"])
        models = {one.id: one for one in contract.names_at.get(operation.id, {}).values()}
        some = list(models.values())[:6]
        made = [requests.good(operation, model, params=params) for model in some] or [
            requests.good(operation, params=params)
        ]
        found += [_good(contract, one, ids["id"]) for one in made]
    return found


def _good(contract: Contract, made: SentRequest, id_: str) -> Good:
    operation = made.operation
    assert operation is not None
    kind = FORM_TYPE if operation.body == "form" else "application/json"
    headers = {"authorization": f"Bearer {contract.example_key}", "content-type": kind}
    body: Any = FORM if operation.body == "form" else made.json if operation.body == "json" else None
    if isinstance(body, dict):
        body = {name: id_ if name.lower().endswith("id") else value for name, value in body.items()}
    body = _called_back(contract, operation, body)
    return Good(operation.id, operation.method, unquote(made.path), dict(parse_qsl(made.query)), headers, body)


FORM_TYPE = "multipart/form-data; boundary=edge"
FORM = (
    b'--edge\r\ncontent-disposition: form-data; name="apiKey"\r\n\r\nsome-key\r\n'
    b'--edge\r\ncontent-disposition: form-data; name="fileType"\r\n\r\nimage\r\n'
    b'--edge\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: image/png\r\n\r\nPNG\r\n'
    b"--edge--\r\n"
)


def _called_back(contract: Contract, operation: Operation, body: Any) -> Any:
    """The body with an address where the operation's callback goes, if it has one."""
    if not isinstance(body, dict):
        return body
    callbacks = [resolve(contract.document, one, where="") for one in operation.raw.get("callbacks", {}).values()]
    targets = [target for callback in callbacks for target in callback]
    fields = [target.partition("$request.body#/")[2].rstrip("}") for target in targets]
    return {**body, **{name: "http://127.0.0.1:9/hook" for name in fields if name and "/" not in name}}


def sample(schema: Any, contract: Contract | None = None) -> Any:
    """The simplest instance of a schema: required fields, first of an enum, `x` for a text."""
    if not isinstance(schema, Mapping):
        return "x"
    if "$ref" in schema and contract is not None:
        return sample(_target(schema["$ref"], contract), contract)
    for word in ("enum", "anyOf", "oneOf", "allOf"):
        if word in schema:
            return schema[word][0] if word == "enum" else sample(schema[word][0], contract)
    return schema["const"] if "const" in schema else _of_type(schema, contract)


def _of_type(schema: Mapping[str, Any], contract: Contract | None) -> Any:
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        fields = schema.get("properties", {})
        return {name: sample(fields.get(name, {}), contract) for name in schema.get("required", [])}
    if kind == "array":
        return [sample(schema.get("items", {}), contract)] * max(1, schema.get("minItems", 1))
    return {"integer": 1, "number": 1, "boolean": True, "null": None}.get(kind, _string(schema))


def _string(schema: Mapping[str, Any]) -> str:
    known = {"uri": "https://example.com/a.png", "uuid": "00000000-0000-4000-8000-000000000000"}
    length: int = schema.get("minLength", 1)
    return known.get(str(schema.get("format")), "x" * max(1, length))


def _target(reference: str, contract: Contract) -> Any:
    name, _, pointer = reference.partition("#")
    document: Any = (
        contract.document
        if not name or name.endswith("/openapi.json")
        else contract.schemas.document(name.rsplit(f"schemas/{contract.provider}/", 1)[-1])
    )
    for part in pointer.split("/")[1:]:
        document = document[part]
    return document
