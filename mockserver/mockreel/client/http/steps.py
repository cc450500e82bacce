"""What the client asks its driver for, and what it gets: a request to send, a pause, a response, or trouble.

A talk is a generator that yields `OutgoingRequest` and `Pause` and ends with a value. It does no input or output
itself, so one talk serves the synchronous and the asynchronous client.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, TypeVar

import orjson

from mockreel.contract.operations import Place

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One request. It carries the key only if `key` names the header for it; `into` takes the body of a 2xx.

    `seconds` is how long its parts may take each, and a response that is kept in memory as a whole; `total` is what is
    left for everything.
    """

    what: str  # as errors call it
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    key: Place | None = None
    into: BinaryIO | None = field(default=None, repr=False)
    seconds: float = 60.0
    total: float = float("inf")


@dataclass(frozen=True)
class IncomingResponse:
    """One response, complete; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @cached_property
    def json(self) -> Any:
        """The parsed body, or None where it is no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


@dataclass(frozen=True, slots=True)
class Trouble:
    """No response. `sent`: whether the request may have arrived; `final`: whether asking again is of no use."""

    why: str
    sent: bool
    final: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


Talk = Generator[OutgoingRequest | Pause, IncomingResponse | Trouble | None, T]
