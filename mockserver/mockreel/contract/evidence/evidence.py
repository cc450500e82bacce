"""Count the facts of a provider by kind of evidence, and list the inferred ones."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import orjson

from mockreel._data import data_root
from mockreel.contract import load_contract, providers
from mockreel.contract.data.data_files import Document, read_document
from mockreel.contract.rows import EvidenceKind

KINDS: tuple[EvidenceKind, ...] = get_args(EvidenceKind)
INFERRED: EvidenceKind = "inferred"
# The source of rows about the mock server, not about the provider.
DEVICE = "device"
# A documented row with a part that no source states.
IN_PART = "in part"


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One row with evidence: its sort of fact, its place, and its content."""

    sort: str
    where: str
    row: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """The kind of its evidence."""
        return str(self.row["evidence"])

    @property
    def of_provider(self) -> bool:
        """Whether it is a fact about the provider, not about mockreel."""
        return self.row["source"] not in (DEVICE, [DEVICE])

    @property
    def reserved(self) -> bool:
        """Whether it is documented except for a part of it."""
        return self.kind == "documented" and bool(self.row.get("note") or self.row.get("inferred"))


def titles(*, root: Path | None = None) -> dict[str, str]:
    """The providers in the order of their ports, with their titles."""
    contracts = sorted((load_contract(name, root=root) for name in providers(root=root)), key=lambda one: one.order)
    return {contract.provider: contract.title for contract in contracts}


def evidence_rows(provider: str, *, root: Path | None = None) -> list[EvidenceRow]:
    """Every row of a provider's data that has evidence and is a fact about the provider.

    A row that a reading repeats unchanged counts once.
    """
    root = root or data_root()
    parts = _parts(root / "contracts" / provider, root / "schemas" / provider)
    rows = [EvidenceRow(sort, where, row) for sort, file, node in parts for where, row in _rows(node, file)]
    written = [row.row for row in rows if "/patch/" not in row.where]
    return [row for row in rows if row.of_provider and ("/patch/" not in row.where or row.row not in written)]


def count(rows: Sequence[EvidenceRow]) -> Counter[str]:
    """The number of rows by evidence; partly documented ones are also counted as in part."""
    counts = Counter(row.kind for row in rows)
    counts[IN_PART] = sum(row.reserved for row in rows)
    return counts


def _parts(contract: Path, schemas: Path) -> Iterator[tuple[str, str, Any]]:
    """The parts of a provider's data: the sort of fact, the file's name in messages, and the content."""
    openapi = read_document(contract / "openapi.yaml")
    errors = read_document(contract / "errors.yaml")
    yield "operations", "openapi.yaml /paths", openapi.get("paths")
    yield "wire facts", "openapi.yaml wire", openapi["x-mockreel"].get("wire")
    yield from (("messages", path.name, _json(path)) for path in sorted(schemas.glob("*.json")))
    for path in sorted((schemas / "models").rglob("*.json")):
        yield "models", path.relative_to(schemas).as_posix(), _json(path)
    yield "states and transitions", "lifecycle.yaml", read_document(contract / "lifecycle.yaml")
    yield "refusals", "errors.yaml /rows", errors.get("rows")
    yield "failures of jobs", "errors.yaml /failures", errors.get("failures")
    yield "callbacks", "callbacks.yaml", read_document(contract / "callbacks.yaml")
    for model, row in _json(contract / "models.json").items():
        yield "prices", f"price of {model}", row["price"]
    yield "rules about money", "pricing.yaml", {**read_document(contract / "pricing.yaml"), "models": None}
    yield "scenarios and paces", "scenarios.yaml", read_document(contract / "scenarios.yaml")
    for name in ("conversation", "client", "recording"):
        if (contract / f"{name}.yaml").is_file():  # optional
            yield "how clients speak", f"{name}.yaml", read_document(contract / f"{name}.yaml")
    for path in sorted((contract / "readings").glob("*.yaml")):
        if path.stem != "NOT":
            yield "options of readings", f"readings/{path.name}", read_document(path)


def _rows(node: Any, where: str) -> Iterator[tuple[str, Document]]:
    """The rows in a document: mappings with evidence and source."""
    if isinstance(node, Mapping):
        if node.get("evidence") in KINDS and "source" in node:
            yield where, dict(node)
        for key, value in node.items():
            yield from _rows(value, f"{where} /{key}" if " /" not in where else f"{where}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _rows(value, f"{where}/{number}")


def _json(path: Path) -> Any:
    return orjson.loads(path.read_bytes())
