"""Count what is known of the providers, by evidence: what README.md says of itself is counted, not claimed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import orjson

from understudy._data import data_root
from understudy.contract import load_contract, providers
from understudy.contract.files import read_document
from understudy.contract.rows import EvidenceKind

KINDS: tuple[str, ...] = get_args(EvidenceKind)
# A row that says itself what of it no source says.
IN_PART = "in part"

Row = Mapping[str, Any]


@cache
def rows(provider: str) -> dict[str, list[Row]]:
    """Every row that carries evidence, by what sort of fact it is."""
    folder = data_root() / "contracts" / provider
    schemas = data_root() / "schemas" / provider
    openapi = read_document(folder / "openapi.yaml")
    scenarios = read_document(folder / "scenarios.yaml")
    errors = read_document(folder / "errors.yaml")
    found = {
        "operations": _in(openapi.get("paths")),
        "wire facts": _in(openapi["x-understudy"].get("wire")),
        "messages": _in([_json(path) for path in sorted(schemas.glob("*.json"))]),
        "models": _in([_json(path) for path in sorted((schemas / "models").rglob("*.json"))]),
        "states and transitions": _in(read_document(folder / "lifecycle.yaml")),
        "refusals": _in(errors.get("rows")),
        "failures of jobs": _in(errors.get("failures")),
        "callbacks": _in(read_document(folder / "callbacks.yaml")),
        "prices": _in([model["price"] for model in _json(folder / "models.json").values()]),
        "rules about money": _in({**read_document(folder / "pricing.yaml"), "models": None}),
        "scenarios and paces": _in(scenarios),
        "options of readings": _in([read_document(path) for path in _readings(folder)]),
    }
    return {sort: list(each) for sort, each in found.items()}


def count(found: list[Row]) -> Counter[str]:
    """Rows by evidence; documented ones with a reservation are counted once more, as in part."""
    counts = Counter(str(row["evidence"]) for row in found)
    counts[IN_PART] = sum(row["evidence"] == "documented" and _reserved(row) for row in found)
    return counts


@cache
def titles() -> dict[str, str]:
    """The providers in the order of their ports, with the names that people know."""
    contracts = sorted((load_contract(name) for name in providers()), key=lambda contract: contract.order)
    return {contract.provider: contract.title for contract in contracts}


def _in(node: Any) -> Iterator[Row]:
    """The rows in a document: mappings that say their evidence and its source."""
    if isinstance(node, Mapping):
        if node.get("evidence") in KINDS and "source" in node:
            yield node
        for value in node.values():
            yield from _in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _in(value)


def _reserved(row: Row) -> bool:
    return bool(row.get("note") or row.get("inferred"))


def _json(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def _readings(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / "readings").glob("*.yaml")) if path.stem != "NOT"]
