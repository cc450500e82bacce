"""An event as one JSON object on one line, for machines."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from mockreel.engine.clock import utc
from mockreel.simulator.events import Event


class Records:
    """Writes events as JSON; everything beyond ASCII is escaped, so that no terminal is moved by it."""

    def line(self, event: Event) -> str:
        """One event, with its moment as a date."""
        when = utc(event.at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        row = {"time": when, **event.row()}
        raw = orjson.dumps(row, default=str)
        return raw.decode() if raw.isascii() else json.dumps(row, default=str)

    def skipped(self, count: int) -> str:
        """What was left out, because the reader was slower than the mock server."""
        return json.dumps({"kind": "skipped", "count": count})

    def sentence(self, kind: str, text: str, fields: Mapping[str, Any]) -> str:
        """A sentence of the mock server itself: its fields where it has some, else its text."""
        return json.dumps({"kind": kind, **(fields or {"text": text})}, default=str)
