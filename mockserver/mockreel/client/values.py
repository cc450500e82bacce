"""The frozen arguments and results of a client: jobs, outcomes, results, progress, notices."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypedDict

StateKind = Literal["pending", "succeeded", "partial", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a provider. A later process needs only `id`; `sort` names its kind of job routes."""

    id: str
    provider: str
    sort: str
    mark: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a job: the URL of a file, or a text. `seconds` and `kind` are set if the provider has them."""

    url: str | None
    text: str | None = None
    kind: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a job failed, in the provider's words."""

    code: str | None
    message: str
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """A sum that the provider charged."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job in a response: `state` is the client's word, `word` the provider's, `raw` the whole response."""

    job: Job
    state: StateKind
    word: str
    results: tuple[Result, ...] = ()
    failure: JobFailure | None = None
    spent: Money | None = None
    raw: Any = field(default=None, repr=False, compare=False)

    @property
    def ended(self) -> bool:
        return self.state != "pending"

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of the files."""
        return tuple(result.url for result in self.results if result.url is not None)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a wait: the newest outcome, the seconds so far, and the number of polls."""

    outcome: Outcome
    seconds: float
    polls: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A received callback. Without a signature it proves nothing: poll the job before relying on it."""

    job: Job
    event: str | None
    outcome: Outcome | None
    verified: bool


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file at the provider: `url` is for a model's input; `kept` has further values of the upload."""

    url: str = field(repr=False)  # it may be signed
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job to submit.

    Args:
        model: its id or an alias; None for operations without a model.
        input: the model's fields, with the provider's names.
        callback_url: the URL for the provider's callback at the end of the job.
        mark: your own word to find the job again; drawn if the provider supports one.
        idempotency_key: sent if the provider documents one; then an uncertain submit is retried.
        extra: further fields beside the input, such as `metadata`.
        params: path parameters other than the model.
        via: the operation that submits the job, if it is not the usual one.
    """

    model: str | None
    input: Mapping[str, Any] = field(default_factory=dict)
    callback_url: str | None = None
    mark: str | None = None
    idempotency_key: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    via: str | None = None


class JobOptions(TypedDict, total=False):
    """The fields of a `JobRequest` beside its model and input, as keywords."""

    callback_url: str | None
    mark: str | None
    idempotency_key: str | None
    extra: Mapping[str, Any]
    params: Mapping[str, str]
    via: str | None
