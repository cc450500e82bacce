"""What the package keeps while the stage stands: the contract's wire facts made ready, and when the stage began."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from understudy.contract import Operation
from understudy.part import Part
from understudy.providers.aimlapi.tariff import Tariff
from understudy.providers.aimlapi.tracing import Tracing


@dataclass(frozen=True, slots=True)
class Line:
    """What one operation says: its status, its template, the shape of new ids, and the parameter that names a job.

    `traced` says whether it is about a generation, so that its replies have the tracing headers.
    """

    status: int
    template: Any
    ids: str
    parameter: str | None
    traced: bool


class State:
    """The state of one part."""

    def __init__(self, part: Part) -> None:
        wire = part.contract.wire
        self.started = part.clock.now()
        self.tracing = Tracing(wire["tracing"], issued=wire["ids"]["issued"])
        self.tariff = Tariff(part.contract.pricing, places=wire["tracing"]["usd_places"], tracing=self.tracing)
        self.media = tuple(_names(part.contract.root["media"]))
        self.lines = {operation.id: _line(operation, wire) for operation in part.contract.operations}


def _line(operation: Operation, wire: Mapping[str, Any]) -> Line:
    own = operation.raw["x-understudy"]
    templates = {**wire["replies"], **wire["balances"]}
    parameter = next((parameter.name for parameter in operation.query if parameter.required), None)
    return Line(
        next(int(status) for status in operation.statuses if status.startswith("2")),
        templates.get(own.get("reply")),
        own.get("ids", wire["ids"]["shape"]),
        parameter,
        traced=operation.submits or parameter is not None,
    )


def _names(media: Mapping[str, Any]) -> Iterator[str]:
    """The fields of a request that a clip depends on."""
    for names in media.values():
        if isinstance(names, list):
            yield from names
