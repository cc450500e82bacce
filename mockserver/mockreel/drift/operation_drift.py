"""Compare two versions of a provider's operations: their rows, and their messages as schemas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.authoring.document_references import references_of
from mockreel.authoring.documents.openapi_document import DocumentReader
from mockreel.contract import Contract, Operation
from mockreel.contract.operations import Place, resolve
from mockreel.drift.finding import Finding
from mockreel.drift.row_drift import rows_drift
from mockreel.drift.row_rules import DOCUMENT, OPERATIONS
from mockreel.drift.schema_drift import Direction, Subject, schema_findings
from mockreel.drift.witness.inclusion import same
from mockreel.drift.witness.schema_message import BASE, Message

_OPEN = "none"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _OperationMessage:
    """One message of an operation."""

    direction: Direction
    where: str
    schema: Any
    source: tuple[str, ...] = ()


def operations_drift(before: Contract, after: Contract) -> Iterator[Finding]:
    """Every difference in the operations, and in the messages of those that both versions have."""
    where = f"contracts/{before.provider}/openapi.yaml"
    old, new = _rows(before), _rows(after)
    for id_, row in new.items():
        if _OPEN in row["key"] and id_ in old:
            row["key"] = {**old[id_]["key"], **row["key"]}  # a request with a key is accepted where none is required
    yield from rows_drift(old, new, OPERATIONS, id=f"{before.provider}/operations", where=where)
    yield from rows_drift(
        _root(before), _root(after), DOCUMENT, id=f"{before.provider}/document", where=f"{where} x-mockreel"
    )
    yield from _messages(before, after)


def _rows(contract: Contract) -> dict[str, dict[str, Any]]:
    return {operation.id: _row(contract, operation) for operation in contract.operations}


def _row(contract: Contract, operation: Operation) -> dict[str, Any]:
    extension = operation.raw["x-mockreel"]
    responses = {
        str(status): resolve(contract.document, response, where=operation.id)
        for status, response in operation.raw.get("responses", {}).items()
    }
    return {
        "method": operation.method,
        "path": operation.path,
        "key": {_spelled(place): {} for place in operation.key} or {_OPEN: {}},
        "parameters": {
            f"{one['in']} {one['name']}": {"required": bool(one.get("required"))}
            for one in _other_parameters(contract, operation)
        },
        "query": {parameter.name: {"required": parameter.required} for parameter in operation.query},
        "statuses": {status: {} for status in responses},
        "headers": {name: {} for response in responses.values() for name in response.get("headers", {})},
        "admin": operation.admin,
        "scope": operation.scope,
        "model": _spelled(operation.model) if operation.model else None,
        "input": operation.input,
        "body": operation.body,
        "body_required": operation.body_required,
        "refusals": extension.get("refusals", []),
        "links": {name: {} for response in responses.values() for name in response.get("links", {})},
        "evidence": extension["evidence"],
        "source": extension["source"],
    }


def _root(contract: Contract) -> dict[str, Any]:
    """The facts that hold for every operation."""
    root, document = contract.root, contract.document
    reader = DocumentReader(document, contract.provider, references_of(document, contract.provider))
    return {
        **root,
        "key": {f"{place['in']} {place['name']}": place for place in root.get("key", ())},
        "servers": reader.servers(document),
        "schemes": sorted(set(reader.schemes().values())),
        "webhooks": {name: {} for name, _ in _webhooks(contract)},
    }


def _webhooks(contract: Contract) -> Iterator[tuple[str, Any]]:
    """The webhooks of the OpenAPI document: a name, and the body."""
    document = contract.document
    stated = [(document.get("webhooks") or {}, "")]
    stated += [
        (one, f"{operation.id} ") for operation in contract.operations for one in _callbacks(document, operation)
    ]
    for items, prefix in stated:
        for name, item in items.items():
            for method, one in resolve(document, item, where=name).items():
                if isinstance(one, Mapping):
                    yield f"{prefix}{method.upper()} {name}", one.get("requestBody") or {}


def _callbacks(document: dict[str, Any], operation: Operation) -> Iterator[Mapping[str, Any]]:
    for one in (operation.raw.get("callbacks") or {}).values():
        yield resolve(document, one, where=operation.id)


def _other_parameters(contract: Contract, operation: Operation) -> Iterator[Mapping[str, Any]]:
    """The parameters of an operation that are neither in its path nor in its query."""
    for one in operation.raw.get("parameters") or ():
        parameter = resolve(contract.document, one, where=operation.id)
        if parameter.get("in") in ("header", "cookie"):
            yield parameter


def _spelled(place: Place) -> str:
    return f"{place.kind} {place.name} {place.scheme}".strip()


def _messages(before: Contract, after: Contract) -> Iterator[Finding]:
    """Findings for each pair of schemas once, however many operations share it."""
    pairs: dict[str, tuple[Message, Message, list[_OperationMessage]]] = {}
    documents = documents_of(before), documents_of(after)
    new = _all_messages(after)
    for name, old in _all_messages(before).items():
        if name in new:
            messages = _message(before, old, documents[0]), _message(after, new[name], documents[1])
            key = f"{old.direction} {messages[0].at} {messages[0].schema} {messages[1].at} {messages[1].schema}"
            pairs.setdefault(key, (*messages, []))[2].append(old)
    for one, other, found in pairs.values():
        if not same(one, other):
            yield from schema_findings(one, other, found[0].direction, _subject(before, one, found))


def _subject(contract: Contract, message: Message, places: list[_OperationMessage]) -> Subject:
    file = message.at.removeprefix(BASE)
    listed = [place.where for place in places[:_SHOWN]] + ["…"] * (len(places) > _SHOWN)
    name = file if file.startswith("schemas/") else f"operations/{places[0].where}"
    sources = tuple(dict.fromkeys(source for place in places for source in place.source))
    id_ = name.removeprefix(f"schemas/{contract.provider}/").replace(" ", "/")
    return Subject(f"{contract.provider}/{places[0].direction}/{id_}", f"{name} (in {', '.join(listed)})", sources)


def _message(contract: Contract, place: _OperationMessage, documents: Mapping[str, Any]) -> Message:
    """The message; a schema that only refers to a file is that file."""
    schema = contract.schemas.absolute(place.schema)
    target = schema.get("$ref") if isinstance(schema, Mapping) and len(schema) == 1 else None
    if isinstance(target, str) and target in documents:
        return Message(documents[target], at=target, documents=documents)
    return Message(schema, at=f"{BASE}contracts/{contract.provider}/inline.json", documents=documents)


def documents_of(contract: Contract) -> dict[str, Any]:
    """The documents that the messages of a contract may refer to, by address."""
    names = contract.schemas.names()
    found: dict[str, Any] = {contract.schemas.uri(name): contract.schemas.document(name) for name in names}
    components = contract.schemas.absolute(contract.document.get("components", {}))
    return found | {f"{BASE}contracts/{contract.provider}/openapi.json": {"components": components}}


def _all_messages(contract: Contract) -> dict[str, _OperationMessage]:
    """Every message of a contract: of its operations and its callbacks."""
    found = {name: place for one in contract.operations for name, place in _operation_messages(contract, one).items()}
    if contract.callbacks.payload:
        file = f"../../schemas/{contract.provider}/{contract.callbacks.payload}"
        found["callback"] = _OperationMessage("replies", "callback", {"$ref": file})
    for name, stated in _webhooks(contract):
        body = resolve(contract.document, stated, where=name)
        for media, content in (body.get("content") or {}).items():
            if "schema" in content:
                found[f"webhook {name} {media}"] = _OperationMessage("replies", f"webhook {name}", content["schema"])
    return found


def _operation_messages(contract: Contract, operation: Operation) -> dict[str, _OperationMessage]:
    """Every message of an operation by a name that both versions share."""
    found: dict[str, _OperationMessage] = {}
    source = tuple(operation.raw["x-mockreel"]["source"])
    if operation.request_schema is not None:
        found[f"{operation.id} request"] = _OperationMessage(
            "requests", f"{operation.id} request", operation.request_schema, source
        )
    for parameter in operation.query:
        where = f"{operation.id} query {parameter.name}"
        found[where] = _OperationMessage("requests", where, parameter.schema, source)
    for stated in _other_parameters(contract, operation):
        where = f"{operation.id} {stated['in']} {stated['name']}"
        found[where] = _OperationMessage("requests", where, stated.get("schema", {}), source)
    for status, response in operation.raw.get("responses", {}).items():
        body = resolve(contract.document, response, where=operation.id)
        for name, header in (body.get("headers") or {}).items():
            schema = resolve(contract.document, header, where=operation.id).get("schema", {})
            where = f"{operation.id} {status} header {name}"
            found[where] = _OperationMessage("replies", where, schema, source)
        for media, content in body.get("content", {}).items():
            if "schema" in content:
                where = f"{operation.id} {status}"
                found[f"{where} {media}"] = _OperationMessage("replies", where, content["schema"], source)
    return found
