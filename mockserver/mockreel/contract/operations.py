"""Read the operations of an OpenAPI document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mockreel.contract.data.data_files import Document
from mockreel.contract.data.parser import Cursor
from mockreel.errors import DataError

BodyKind = Literal["json", "form", "bytes", "none"]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a request: a header, a query parameter, a path parameter or a body field."""

    kind: str
    name: str
    scheme: str = ""
    header: bytes = field(init=False, repr=False, compare=False)  # the name as in ASGI

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", self.name.lower().encode())


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter and its schema."""

    name: str
    required: bool
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method and path of a provider; `path` is a template, `many` the parameters that span segments."""

    id: str
    method: str
    path: str
    many: frozenset[str]
    body: BodyKind
    body_required: bool
    request_schema: Mapping[str, Any] | None
    query: tuple[Parameter, ...]
    key: tuple[Place, ...]
    admin: bool
    scope: str | None
    model: Place | None
    route: str  # the endpoint by which models name this operation
    begins: tuple[str, ...]  # prefixes of ids or aliases of further accepted models
    own_models: frozenset[str]  # names of models that the request's own schema describes, and no other file
    input: str
    input_path: tuple[str, ...]  # the same, in steps
    submits: bool  # starts a job, so that job scenarios apply
    statuses: tuple[str, ...]
    raw: Mapping[str, Any] = field(repr=False)


def operations(document: Document, *, where: str) -> tuple[Operation, ...]:
    """Every operation, without the paths that `build` expanded for tools.

    Raises:
        DataError: an operation lacks its id or its evidence, or a reference does not resolve.
    """
    reader = _Reader(document, where)
    return tuple(reader.read())


def resolve(document: Document, node: Any, *, where: str) -> Any:
    """`node`, or the target of its local `$ref` (`#/components/…`)."""
    followed: list[str] = []
    while isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"].startswith("#/"):
        reference: str = node["$ref"]
        if reference in followed:
            raise DataError(where, f"the reference {reference} refers to itself")
        followed.append(reference)
        node = pointer(document, reference[1:], where=where)
    return node


def pointer(document: Any, path: str, *, where: str) -> Any:
    """The value at a JSON pointer."""
    node = document
    for part in path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        else:
            raise DataError(where, f"{path} does not exist", then=f"The part {key!r} is missing.")
    return node


class _Reader:
    """Reads the paths of one document."""

    def __init__(self, document: Document, where: str) -> None:
        self.document = document
        self.where = where
        root = Cursor(f"{where} /x-mockreel", document.get("x-mockreel", {}))
        self.key = _places(root.at("key"))

    def read(self) -> Iterator[Operation]:
        for path, item in self.document.get("paths", {}).items():
            shared = item.get("parameters", [])
            for method in METHODS:
                if method in item and "expanded" not in item[method].get("x-mockreel", {}):
                    yield self._operation(path, method, item[method], shared)

    def _operation(self, path: str, method: str, raw: Document, shared: list[Any]) -> Operation:
        row = Cursor(f"{self.where} {method.upper()} {path}", raw)
        extension = row.at("x-mockreel")
        extension.at("evidence")
        extension.at("source")
        declared = [self._resolve(item) for item in (*shared, *raw.get("parameters", []))]
        parameters = {(p["in"], p["name"]): p for p in declared}.values()  # an operation's overrides its path's
        body = self._resolve(raw.get("requestBody") or {})
        content = body.get("content", {})
        model = extension.maybe("model")
        scope = extension.maybe("scope")
        return Operation(
            row.at("operationId").text(),
            method.upper(),
            path,
            frozenset(p["name"] for p in parameters if p.get("x-mockreel", {}).get("segments") == "many"),
            _body_kind(extension, content),
            bool(body.get("required", False)),
            next((media.get("schema") for media in content.values()), None),
            tuple(
                Parameter(p["name"], bool(p.get("required")), p.get("schema", {}))
                for p in parameters
                if p["in"] == "query"
            ),
            self._key(extension),
            extension.get("admin", False),
            scope.text() if scope else None,
            _place(model) if model else None,
            model.get("route", f"{method.upper()} {path}") if model else "",
            tuple(model.get("begins", [])) if model else (),
            frozenset(model.get("own", [])) if model else frozenset(),
            extension.get("input", ""),
            tuple(extension.get("input", "").split("/")[1:]),
            extension.get("submits", model is not None and method == "post"),
            tuple(str(status) for status in raw.get("responses", {})),
            raw,
        )

    def _key(self, extension: Cursor) -> tuple[Place, ...]:
        key = extension.maybe("key")
        if key is None:
            return self.key
        return () if key.value == "none" else _places(key)

    def _resolve(self, node: Any) -> Any:
        return resolve(self.document, node, where=self.where)


def _places(row: Cursor) -> tuple[Place, ...]:
    return tuple(_place(Cursor(row.where, item)) for item in row.value)


def _place(row: Cursor) -> Place:
    kind = row.at("in").choice(("header", "query", "path", "body"))
    return Place(kind, row.at("name").text(), row.get("scheme", ""))


def _body_kind(extension: Cursor, content: Mapping[str, Any]) -> BodyKind:
    stated = extension.maybe("body")
    if stated is not None:
        kind: BodyKind = stated.choice(("json", "form", "bytes", "none"))
        return kind
    if not content:
        return "none"
    if any("json" in media for media in content):
        return "json"
    return "form" if any("form" in media for media in content) else "bytes"
