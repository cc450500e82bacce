"""One recorded exchange as drift sees it: its place, what was told, and which parts of it no source shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockreel.cassettes import Cassette, Exchange
from mockreel.cassettes.contract_check import told_of
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.drift.finding import NOTHING, Finding, Verdict


@dataclass(frozen=True)
class Recorded:
    """An exchange of a cassette with the operation that it asks for, None where none is held."""

    cassette: Cassette
    number: int
    operation: Operation | None
    root: Path

    @property
    def exchange(self) -> Exchange:
        return self.cassette.exchanges[self.number]

    @cached_property
    def told(self) -> ReceivedResponse:
        return told_of(self.exchange)

    @property
    def name(self) -> str:
        """What is asked for: the operation, or the method and path where none is held."""
        return self.operation.id if self.operation else f"{self.exchange.method} {urlsplit(self.exchange.uri).path}"

    def filled(self, part: str, pointer: str = "") -> bool:
        """Whether a part of the exchange (`request/body`, `response/headers`) is no evidence.

        Somebody filled it in, or nobody can read it.

        Args:
            pointer: a place inside of a body's JSON.
        """
        packed = {"response/body/string": self.exchange.reply_trouble, "request/body": self.exchange.body_trouble}
        if packed.get(part):
            return True
        here = tuple(self._wanted(part))
        for one in self.cassette.filled:
            outer, _, inner = one.at.partition("#")
            if outer in here and (not inner or pointer == inner or pointer.startswith(f"{inner}/")):
                return True
        return False

    def _wanted(self, part: str) -> Iterator[str]:
        """The pointers that speak of a part: its own and those of what it stands in, by number or by `*`."""
        steps = part.split("/")
        for number in (str(self.number), "*"):
            yield f"/interactions/{number}"
            yield from (f"/interactions/{number}/{'/'.join(steps[:end])}" for end in range(1, len(steps) + 1))

    def finding(
        self,
        aspect: str,
        verdict: Verdict,
        says: str,
        before: Any = NOTHING,
        after: Any = NOTHING,
        *,
        witness: Any = NOTHING,
    ) -> Finding:
        """A finding about the exchange; its witness is the recorded response if no other is given."""
        shown = self.told.json if witness is NOTHING else witness
        return Finding(
            f"{self.cassette.provider}/recorded/{self.name}/{aspect}",
            f"{self._file} exchange {self.number}",
            before,
            after,
            verdict,
            says,
            self.told.shown() if shown is None else shown,
            self.cassette.source,
        )

    @property
    def _file(self) -> str:
        path = self.cassette.path
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)
