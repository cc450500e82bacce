"""Facts: what the contract says, why it is believed, and where that can be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockreel._data import data_dir
from mockreel.contract import Contract, Evidence
from mockreel.contract.data.data_files import read_document

# A foreign target can be held to these; what else we believe may be our own mistake.
FIRM = ("documented", "published")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that must hold: in words, where in the contract it stands, and its evidence."""

    says: str
    where: str
    evidence: Evidence
    sources: tuple[str, ...] = ()

    @property
    def firm(self) -> bool:
        return self.evidence.kind in FIRM


class Facts:
    """Makes the facts of one contract, each with the titles and addresses of its sources."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def fact(self, says: str, where: str, evidence: Evidence) -> Fact:
        """A fact; `where` is a file of the contract and the place in it."""
        return Fact(says, where, evidence, tuple(self._source(one) for one in evidence.source))

    def operation(self, says: str, operation: Any) -> Fact:
        """A fact that stands with an operation of the OpenAPI document."""
        own = operation.raw["x-mockreel"]
        where = f"openapi.yaml {operation.method} {operation.path}"
        return self.fact(says, where, Evidence(own["evidence"], tuple(own["source"])))

    def row(self, name: str) -> Fact:
        """A row of `errors.yaml`."""
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
    """The evidence of what needs both: the weaker kind, every source."""
    order = ("documented", "published", "client", "inferred")
    kind = max(one.kind, other.kind, key=order.index)
    return Evidence(kind, tuple(dict.fromkeys(one.source + other.source)))
