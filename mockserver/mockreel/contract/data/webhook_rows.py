"""The rows of webhooks: events, when each attempt is made, the signature and the headers."""

from collections.abc import Mapping
from dataclasses import dataclass

from mockreel.contract.rows import Evidence


@dataclass(frozen=True, slots=True)
class Event:
    """A callback event: the provider's word for it, and the states that cause it."""

    name: str
    word: str
    on: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How often and when one kind of delivery is tried; times in seconds.

    `delays[i]` is the wait between the end of attempt i+1 and the start of attempt i+2. Statuses are patterns
    such as `5xx` or `404`.
    """

    attempts: int
    delays: tuple[float, ...]
    timeout: float
    success: tuple[str, ...]
    retry_statuses: tuple[str, ...]
    retry_network: bool
    retry_timeout: bool
    evidence: Evidence
    inferred: tuple[str, ...] = ()  # the numbers without a source

    def evidence_of(self, what: str) -> Evidence:
        """The evidence of one of the numbers."""
        return Evidence("inferred", self.evidence.source) if what in self.inferred else self.evidence


# How callbacks can be signed.
ALGORITHMS, ENCODINGS = ("hmac-sha256", "hmac-sha512"), ("hex",)


@dataclass(frozen=True, slots=True)
class Signature:
    """The header that signs a callback, and how."""

    header: str
    algorithm: str
    encoding: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class FixedHeader:
    """A header of every callback: a literal value, or the name of a value that the engine fills in.

    `unique` means that no two callbacks have the same value.
    """

    name: str
    value: str
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The facts about a provider's callbacks; without policies if it documents none."""

    events: Mapping[str, Event]
    policies: Mapping[str, DeliveryPolicy]
    signature: Signature | None
    headers: tuple[FixedHeader, ...]
    payload: str | None

    def event_on(self, state: str) -> Event | None:
        """The event that a state causes, or None."""
        return next((event for event in self.events.values() if state in event.on), None)
