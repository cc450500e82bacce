"""The provider's state: the contract's wire facts made ready, and when the simulator began."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from mockreel.contract import Contract, Operation
from mockreel.contract.rows import StateKind
from mockreel.providers.aimlapi.trace_headers import Tracing
from mockreel.providers.aimlapi.usage import UsageRates
from mockreel.providers.aimlapi.validation_hints import Hints
from mockreel.providers.templates import Template, prepared

KINDS: tuple[str, ...] = get_args(StateKind)


@dataclass(frozen=True, slots=True)
class Line:
    """The responses of one operation: its status, and its template by the kind of the job's state.

    `ids` is the form of new ids, `parameter` what names a job in the query; `traced` is true if the operation is about
    a generation, so its responses have the tracing headers; `describes` if a finished file has more members than its
    URL.
    """

    status: int
    says: Mapping[str, Template]
    ids: str
    parameter: str | None
    traced: bool
    describes: bool


class State:
    def __init__(self, contract: Contract, *, started: float) -> None:
        wire = contract.wire
        self.started = started
        self.tracing = Tracing(wire["tracing"], issued=wire["ids"]["issued"])
        envelope = wire["envelopes"][wire["envelope"]]
        self.envelope = prepared(envelope)
        self.numbered = any(str(word).startswith("$request") for word in envelope.values())
        self.hints = Hints(wire["hints"], style=wire["kind_words"])
        self.rates = UsageRates(contract.money.units, places=wire["tracing"]["usd_places"], tracing=self.tracing)
        self.media = tuple(_names(contract.root["media"]))
        self.withdrawn = _withdrawn(wire["deprecations"])
        self.catalogue: dict[str, dict[str, Any]] = {}  # the template values of each model, built on demand
        self.lines = contract.once(
            "aimlapi.lines", lambda: {operation.id: _line(operation, wire) for operation in contract.operations}
        )


def _line(operation: Operation, wire: Mapping[str, Any]) -> Line:
    own = operation.raw["x-mockreel"]
    parameter = next((parameter.name for parameter in operation.query if parameter.required), None)
    template = wire["replies"].get(own.get("reply"))
    return Line(
        next(int(status) for status in operation.statuses if status.startswith("2")),
        _by_kind(template),
        own.get("ids", wire["ids"]["shape"]),
        parameter,
        traced=operation.submits or parameter is not None,
        describes="$file_size" in str(template),
    )


def _by_kind(raw: Any) -> dict[str, Template]:
    """A template for each kind of state; a single one holds for all."""
    divided = isinstance(raw, Mapping) and set(raw) <= set(KINDS)
    return {kind: prepared(part) for kind, part in (raw if divided else dict.fromkeys(KINDS, raw)).items()}


def _names(media: Mapping[str, Any]) -> Iterator[str]:
    """The fields of a request that a clip depends on."""
    for names in media.values():
        if isinstance(names, list):
            yield from names


def _withdrawn(feed: Mapping[str, Any]) -> frozenset[str]:
    """The names under which nothing is served any more."""
    withdrawn = (entry for entry in feed["entries"] if entry["status"] == feed["withdrawn"])
    return frozenset(name for entry in withdrawn for name in (entry["id"], *entry["aliases"]))
