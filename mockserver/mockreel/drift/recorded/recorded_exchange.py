"""One recorded exchange: its place, its response, and the parts that no source shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockreel.cassettes import Cassette, Exchange
from mockreel.cassettes.contract_check import received_response
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.drift.finding import NOTHING, Finding, Verdict


@dataclass(frozen=True)
class Recorded:
    """An exchange of a cassette with its operation, None if the contract has none for it."""

    cassette: Cassette
    number: int
    operation: Operation | None
    root: Path

    @property
    def exchange(self) -> Exchange:
        return self.cassette.exchanges[self.number]

    @cached_property
    def response(self) -> ReceivedResponse:
        return received_response(self.exchange)

    @property
    def name(self) -> str:
        """The operation, or the method and path if the contract has none for it."""
        return self.operation.id if self.operation else f"{self.exchange.method} {urlsplit(self.exchange.uri).path}"

    def filled(self, part: str, pointer: str = "") -> bool:
        """Whether a part of the exchange (`request/body`, `response/headers`) is no evidence.

        It was filled in by hand, or it is unreadable.

        Args:
            pointer: a place in the JSON of a body.
        """
        packed = {"response/body/string": self.exchange.reply_trouble, "request/body": self.exchange.body_trouble}
        if packed.get(part):
            return True
        here = tuple(self._pointers(part))
        for one in self.cassette.filled:
            outer, _, inner = one.at.partition("#")
            if outer in here and (not inner or pointer == inner or pointer.startswith(f"{inner}/")):
                return True
        return False

    def _pointers(self, part: str) -> Iterator[str]:
        """The pointers that cover a part: its own and those around it, by number or by `*`."""
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
        """A finding about the exchange; the default witness is the recorded response."""
        proof = self.response.json if witness is NOTHING else witness
        return Finding(
            f"{self.cassette.provider}/recorded/{self.name}/{aspect}",
            f"{self._file} exchange {self.number}",
            before,
            after,
            verdict,
            says,
            self.response.shown() if proof is None else proof,
            self.cassette.source,
        )

    @property
    def _file(self) -> str:
        path = self.cassette.path
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)
