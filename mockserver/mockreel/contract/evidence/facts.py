"""The facts of a contract, each with its evidence and sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockreel._data import data_dir
from mockreel.contract import Contract, Evidence
from mockreel.contract.data.data_files import read_document

# The kinds of evidence by which other servers are judged; inferred facts may be wrong.
FIRM = ("documented", "published")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its statement, its place in the contract, and its evidence."""

    says: str
    where: str
    evidence: Evidence
    sources: tuple[str, ...] = ()

    @property
    def firm(self) -> bool:
        return self.evidence.kind in FIRM


class Facts:
    """Builds the facts of one contract, each with the titles and addresses of its sources."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def fact(self, says: str, where: str, evidence: Evidence) -> Fact:
        """A fact; `where` is a file of the contract and the place within it."""
        return Fact(says, where, evidence, tuple(self._source(one) for one in evidence.source))

    def operation(self, says: str, operation: Any) -> Fact:
        """A fact about an operation of the OpenAPI document."""
        extension = operation.raw["x-mockreel"]
        where = f"openapi.yaml {operation.method} {operation.path}"
        return self.fact(says, where, Evidence(extension["evidence"], tuple(extension["source"])))

    def row(self, name: str) -> Fact:
        """A fact about an error definition of `errors.yaml`."""
        row = self._contract.errors[name]
        code = f" and the code {row.code}" if row.code is not None else ""
        return self.fact(f"{name} is answered with {row.status}{code}", f"errors.yaml {name}", row.evidence)

    def _source(self, name: str) -> str:
        row = self._sources.get(name, {})
        return " ".join(str(part) for part in (row.get("title", name), row.get("url")) if part)

    @cached_property
    def _sources(self) -> Mapping[str, Any]:
        path = data_dir("schemas") / self._contract.provider / "sources.yaml"
        table: Mapping[str, Any] = read_document(path).get("sources", {}) if path.is_file() else {}
        return table


def weaker(one: Evidence, other: Evidence) -> Evidence:
    """The combined evidence of two facts: the weaker kind, and all sources."""
    order = ("documented", "published", "client", "inferred")
    kind = max(one.kind, other.kind, key=order.index)
    return Evidence(kind, tuple(dict.fromkeys(one.source + other.source)))
