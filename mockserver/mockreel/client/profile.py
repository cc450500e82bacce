"""How the client reads a provider, as frozen values. Paths, bodies and keys stay in the contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockreel.client.values import StateKind
from mockreel.contract.operations import Place

Places = tuple[str, ...]
KINDS = ("credit", "key", "forbidden", "missing", "conflict", "invalid", "busy", "broken")
STATES: tuple[StateKind, ...] = ("pending", "succeeded", "partial", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class FailurePlaces:
    """Where a job says why it failed."""

    code: Places
    message: Places
    stage: Places


@dataclass(frozen=True, slots=True)
class SpentPlace:
    """Where a sum stands, and how many of what stands there make one of the currency."""

    at: str
    currency: str
    per: int


@dataclass(frozen=True, slots=True)
class JobPlaces:
    """Where one sort of job shows what it is and what it made."""

    id: Places
    state: Places
    results: Places
    kinds: Places
    seconds: Places
    texts: Places
    failure: FailurePlaces
    spent: tuple[SpentPlace, ...]


@dataclass(frozen=True, slots=True)
class ToldPlaces:
    """Where a callback says what; `inside` are the places that may hold the job, as an object or as JSON text."""

    id: Places
    state: Places
    event: Places
    inside: Places
    failure: FailurePlaces


@dataclass(frozen=True, slots=True)
class RefusalKind:
    """What an error response means: the first kind whose code, or text, or status it has."""

    kind: str
    codes: frozenset[str]
    statuses: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusalPlaces:
    """Where an error response says what."""

    codes: Places
    messages: Places
    violations: Places
    request_ids: Places
    kinds: tuple[RefusalKind, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to ask, in seconds, and `again`: texts of error responses of a poll that pass by themselves."""

    poll: float
    attempts: int
    backoff: float
    ceiling: float
    again: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a submit takes a word of the caller's own, and what that may look like."""

    place: Place
    pattern: str


@dataclass(frozen=True, slots=True)
class Find:
    """How a job is found again of which only its mark is known."""

    says: str
    operation: str | None
    query: Mapping[str, str]
    items: str


@dataclass(frozen=True, slots=True)
class UploadStep:
    """One step of an upload; `$word` stands for what is known by then, `keep` names what the response adds."""

    operation: str | None
    put: str | None
    file: str | None
    params: Mapping[str, str]
    body: Mapping[str, Any] | None
    keep: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Quote:
    """Where the provider itself says what a job would cost."""

    operation: str
    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """Everything of the kind for one provider."""

    submit: str
    mark: Mark | None
    idempotency: str | None
    find: Find
    by_id: Mapping[str, Place]
    pace: Pace
    words: Mapping[str, StateKind]
    jobs: Mapping[str, JobPlaces]
    told: ToldPlaces | None
    refusal: RefusalPlaces
    quote: Quote | None = None
    upload: tuple[UploadStep, ...] = field(default=())
