"""The page that shows each provider's API as it is simulated: every operation, and where its OpenAPI document is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.server.dashboard.pages import FoundAtOnce, PageContext
from mockreel.server.dashboard.renderer import Region
from mockreel.simulator.provider import Provider


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation: its method, path and summary, whether it begins a job, and why it is believed."""

    id: str
    method: str
    path: str
    summary: str
    submits: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class ProviderRows:
    """The operations of one provider, and how many models they take."""

    name: str
    title: str
    models: int
    operations: tuple[OperationRow, ...]


class OperationsView(FoundAtOnce):
    """Every operation of every provider, in the words of the contract under the readings of now."""

    template, tab, title = "operations.html", "API", "API"

    def __init__(self, context: PageContext) -> None:
        self._context = context

    def regions(self) -> list[Region]:
        return []

    def values(self) -> Mapping[str, Any]:
        return {"providers": [_rows(provider) for provider in self._context.simulator.providers.values()]}


def _rows(provider: Provider) -> ProviderRows:
    operations = tuple(
        OperationRow(
            one.id,
            one.method,
            one.path,
            str(one.raw.get("summary", "")),
            one.submits,
            str(one.raw["x-mockreel"]["evidence"]),
        )
        for one in provider.contract.operations
    )
    return ProviderRows(provider.name, provider.contract.title, len(provider.contract.models), operations)
