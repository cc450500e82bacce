"""The data by which the client reads a provider's messages. Paths, bodies and keys are in the contract."""

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
    """The places of a job's failure."""

    code: Places
    message: Places
    stage: Places


@dataclass(frozen=True, slots=True)
class SpentPlace:
    """The place of a sum, and how many of its units make one of the currency."""

    at: str
    currency: str
    per: int


@dataclass(frozen=True, slots=True)
class JobPlaces:
    """The places of the fields of one sort of job."""

    id: Places
    state: Places
    results: Places
    kinds: Places
    seconds: Places
    texts: Places
    failure: FailurePlaces
    spent: tuple[SpentPlace, ...]


@dataclass(frozen=True, slots=True)
class WebhookPlaces:
    """The places of a callback's fields; `inside` may hold the job, as an object or as JSON text."""

    id: Places
    state: Places
    event: Places
    inside: Places
    failure: FailurePlaces


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """A kind of error response: the first one with a matching code, text or status applies."""

    kind: str
    codes: frozenset[str]
    statuses: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ErrorPlaces:
    """The places of an error response's fields."""

    codes: Places
    messages: Places
    violations: Places
    request_ids: Places
    kinds: tuple[ErrorKind, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """Polling intervals in seconds, and `again`: texts of a poll's error responses that are temporary."""

    poll: float
    attempts: int
    backoff: float
    ceiling: float
    again: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """The place of the caller's own mark in a submit, and its pattern."""

    place: Place
    pattern: str


@dataclass(frozen=True, slots=True)
class Find:
    """How to find a job by its mark."""

    says: str
    operation: str | None
    query: Mapping[str, str]
    items: str


@dataclass(frozen=True, slots=True)
class UploadStep:
    """One step of an upload; `$name` is a value of an earlier step, `keep` names values of the response."""

    operation: str | None
    put: str | None
    file: str | None
    params: Mapping[str, str]
    body: Mapping[str, Any] | None
    keep: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Quote:
    """The operation and the places of a quotation."""

    operation: str
    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """The client's data for one provider."""

    submit: str
    mark: Mark | None
    idempotency: str | None
    find: Find
    by_id: Mapping[str, Place]
    pace: Pace
    words: Mapping[str, StateKind]
    jobs: Mapping[str, JobPlaces]
    webhook: WebhookPlaces | None
    errors: ErrorPlaces
    quote: Quote | None = None
    upload: tuple[UploadStep, ...] = field(default=())
