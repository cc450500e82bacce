"""Why a request was refused: each broken rule with the fact that it rests on, and where that can be read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.contract import Contract, Model, Operation
from mockreel.contract.schemas import BASE
from mockreel.contract.validation import Violation
from mockreel.engine.journal.journal import Entry
from mockreel.server.dashboard.export.journal_request import operation_of
from mockreel.simulator.provider import Provider


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact can be read; no address where the source has none."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact, its place in the data, and its evidence."""

    statement: str
    where: str
    evidence: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One broken rule and its fact."""

    violation: Violation
    fact: Fact


def reasons(provider: Provider, entry: Entry) -> tuple[Reason, ...]:
    """Every violation of an entry with its fact."""
    operation = operation_of(provider.contract, entry)
    if operation is None or not entry.violations:
        return ()
    model = model_of(provider.contract, operation, entry)
    return tuple(Reason(one, _fact(provider.contract, operation, model, one)) for one in entry.violations)


def error_fact(provider: Provider, entry: Entry) -> Fact | None:
    """The error row of the response."""
    row = provider.contract.errors.get(entry.row or "")
    if row is None:
        return None
    code = f" and the code {row.code}" if row.code is not None else ""
    where = f"contracts/{provider.name}/errors.yaml {row.name}"
    statement = f"{row.name} is answered with {row.status}{code}"
    return Fact(statement, where, row.evidence.kind, sources(provider.contract, row.evidence.source))


def model_of(contract: Contract, operation: Operation, entry: Entry) -> Model | None:
    """The model that a request named, if it is known."""
    place = operation.model
    if place is None:
        return None
    found = contract.router.find(entry.path)
    body = entry.json
    holder: Mapping[str, Any] = found.params if place.kind == "path" and found else body if _is_object(body) else {}
    return contract.names.get(str(holder.get(place.name)))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def sources(contract: Contract, ids: tuple[str, ...]) -> tuple[Source, ...]:
    table = contract.schemas.sources()
    rows = ((name, table.get(name, {})) for name in ids)
    return tuple(Source(str(row.get("title", name)), str(row.get("url") or "")) for name, row in rows)


def _fact(contract: Contract, operation: Operation, model: Model | None, violation: Violation) -> Fact:
    """The nearest document that holds the rule: the model's schema, the body's, or the operation."""
    for where, document, rest in _documents(contract, operation, model, violation):
        own = document.get("x-mockreel", {})
        if "evidence" in own:
            ids = tuple(str(one) for one in own.get("source", ()))
            return Fact(
                _statement(violation), f"{where} {_place(rest)}".strip(), own["evidence"], sources(contract, ids)
            )
    return Fact(_statement(violation), f"contracts/{contract.provider}", "inferred", ())


def _documents(
    contract: Contract, operation: Operation, model: Model | None, violation: Violation
) -> Iterator[tuple[str, Mapping[str, Any], tuple[str | int, ...]]]:
    path, depth = violation.path, len(operation.input_path)
    folder = f"schemas/{contract.provider}"
    in_query = path[:1] == ("query",)
    if model is not None and not in_query and path[:depth] == operation.input_path:
        name = model.routes.get(operation.route, model.schema) if model.routes else model.schema
        if not depth or len(path) > depth:
            yield f"{folder}/{name}", contract.schemas.document(name), path[depth:]
    reference = str((operation.request_schema or {}).get("$ref", "")).removeprefix(BASE).removeprefix("../../")
    if not in_query and reference.startswith(f"{folder}/"):
        yield reference, contract.schemas.document(reference.removeprefix(f"{folder}/")), path
    yield f"contracts/{contract.provider}/openapi.yaml {operation.method} {operation.path}", operation.raw, path


def _place(path: tuple[str | int, ...]) -> str:
    return "".join(f"/{step}" for step in path)


def _statement(violation: Violation) -> str:
    """The rule in words: JSON Schema's word and its value."""
    limit = violation.limit
    if isinstance(limit, list | tuple):
        limit = ", ".join(str(one) for one in limit[:12]) + (", …" if len(limit) > 12 else "")
    return violation.keyword if limit is None or isinstance(limit, dict) else f"{violation.keyword}: {str(limit)[:300]}"
