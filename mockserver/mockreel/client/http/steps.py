"""The steps between a flow and its driver: a request to send, a pause, a response, or trouble.

A flow (`Talk`) is a generator that yields `OutgoingRequest` and `Pause` and ends with a value. It does no input or
output, so that one flow serves the synchronous and the asynchronous client.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, TypeVar

from mockreel.contract.messages.json_text import parsed_json
from mockreel.contract.operations import Place

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One request. It has the API key only if `key` names a header; the body of a 2xx is written to `into`.

    `seconds` is the timeout of each part, and of a whole response in memory; `total` is the time that remains for
    everything.
    """

    what: str  # its name in errors
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
        """The parsed body, or None if it is not JSON."""
        return parsed_json(self.body)


@dataclass(frozen=True, slots=True)
class Trouble:
    """No response. `sent`: whether the request may have arrived; `final`: whether retrying is useless."""

    why: str
    sent: bool
    final: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for some seconds."""

    seconds: float


Talk = Generator[OutgoingRequest | Pause, IncomingResponse | Trouble | None, T]
