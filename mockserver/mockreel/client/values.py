"""What a client is given and gives: jobs, outcomes, results, progress, notices. All frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypedDict

StateKind = Literal["pending", "succeeded", "partial", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a provider. `id` is all that a later process needs; `sort` says which of its job routes it is on."""

    id: str
    provider: str
    sort: str
    mark: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that a job made: the URL of a file, or a text. `seconds` and `kind` where the provider says them."""

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
    """A sum that the provider says was spent."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job as a response shows it: `state` is our word, `word` the provider's, `raw` the whole response."""

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
        """Where the files are."""
        return tuple(result.url for result in self.results if result.url is not None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How a wait goes: what the newest poll showed, after how many seconds, and which poll it was."""

    outcome: Outcome
    seconds: float
    polls: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What a callback tells. Without a signature it proves nothing: poll the job before anything hangs on it."""

    job: Job
    event: str | None
    outcome: Outcome | None
    verified: bool


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file at the provider: `url` is what a model's input takes; `kept` is what its steps gave besides."""

    url: str = field(repr=False)  # it may be signed
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What is to be run.

    Args:
        model: its id or an alias; None for operations that name none.
        input: the model's fields, as its provider calls them.
        callback_url: where the provider tells that the job has ended.
        mark: a word of your own by which the job can be found again; drawn where the provider has a place for one.
        idempotency_key: sent where the provider documents one; then an uncertain submit is tried again.
        extra: further fields beside the input (`metadata`, for instance).
        params: parameters of the path, for operations that have others than the model.
        via: the operation that begins the job, where it is not the usual one.
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
