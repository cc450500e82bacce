"""The results of the control API as typed values; `raw` is the complete JSON object."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Generic, Self, TypeVar

Row = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One JSON object."""

    raw: Row = field(repr=False, compare=False)

    @classmethod
    def of(cls, row: Row) -> Self:
        """The fields of the object that this class declares."""
        return cls(**{one.name: row.get(one.name) for one in fields(cls) if one.name != "raw"}, raw=row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock(Result):
    """The clock: `now` in seconds since 1970; `ran` is the number of actions that an advance has run."""

    now: float
    held: bool
    speed: float
    due: int
    next_due: float | None
    ran: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Result):
    """A job; fields that only `get_job` returns (`input`, `plan`, `why`, `exchanges`, …) are None elsewhere."""

    provider: str
    id: str
    account: str
    model: str | None
    operation: str
    created: float
    ends: float | None
    state: str
    failure: str | None
    passed: Sequence[Row]
    clip: Row | None
    input: Any = None
    callback_url: str | None = None
    plan: Sequence[Row] | None = None
    why: Row | None = None
    intervention: Row | None = None
    deliveries: Sequence[Row] | None = None
    exchanges: Sequence[Row] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Result):
    """A callback with every attempt; `headers` and `body` are None in lists."""

    provider: str
    id: str
    subject: str
    kind: str
    event: str
    url: str
    automatic: bool
    status: str
    reason: str
    created: float
    next_at: float | None
    attempts: Sequence[Row]
    headers: Mapping[str, str] | None = None
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(Result):
    """A request and its response; bodies are None unless they were requested and kept."""

    number: int
    at: float
    provider: str
    account: str | None
    method: str
    path: str
    operation: str | None
    status: int
    refusal: str | None
    job: str | None
    violations: Sequence[Row]
    query: str | None = None
    headers: Mapping[str, str] | None = None
    body: Any = None
    reply: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Result):
    """One state that a job has entered."""

    at: float
    provider: str
    account: str
    job: str
    state: str
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(Result):
    """The balance of an account; amounts are decimal texts in `currency`."""

    provider: str
    account: str
    number: int
    keys: tuple[str, ...]
    jobs: int
    currency: str
    limited: bool
    balance: str | None
    left: str | None
    held: str
    taken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Result):
    """A scenario, a fault or a result for matching requests."""

    id: int
    scenario: str | None
    code: str | None
    fault: Row | None
    result: str | None
    provider: str | None
    model: str | None
    operation: str | None
    prompt: str | None
    nth: int | None
    probability: float | None
    seen: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of an assertion about the journal, true if it holds; `message` says why it does not."""

    holds: bool
    message: str
    found: tuple[Exchange, ...]

    def __bool__(self) -> bool:
        return self.holds


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: `count` is the API's count, `next` the value of `after` for the next page."""

    items: tuple[T, ...]
    count: int
    next: Any = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
