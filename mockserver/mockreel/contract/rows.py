"""The rows of a contract: states, errors, failures, scenarios, prices."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

EvidenceKind = Literal["documented", "published", "client", "inferred"]
StateKind = Literal["pending", "succeeded", "failed", "cancelled", "partial"]
Certainty = Literal["exact", "at least", "unknown"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a fact is believed, and the ids of its sources (keys of `sources.yaml`)."""

    kind: EvidenceKind
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """One state of the lifecycle: our stable name, and the provider's word."""

    name: str
    word: str
    kind: StateKind
    evidence: Evidence
    works: bool = False  # a job in it is worked on: success may come next

    @property
    def terminal(self) -> bool:
        return self.kind != "pending"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The job's state machine."""

    initial: State
    states: Mapping[str, State]
    transitions: frozenset[tuple[str, str]]

    def leads(self, start: State, end: State) -> bool:
        """Whether the transitions lead from one state to another in zero or more steps."""
        reached, edge = {start.name}, [start.name]
        while edge:
            here = edge.pop()
            steps = {to for before, to in self.transitions if before == here} - reached
            reached |= steps
            edge += steps
        return end.name in reached


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """An error definition: HTTP status, code and text of an error response, and further fields of its body."""

    name: str
    status: int
    code: Any
    message: str
    fields: Mapping[str, Any]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which an accepted job fails."""

    name: str
    code: Any
    message: str
    fields: Mapping[str, Any]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class JobScenario:
    """A named course of events for a job, read at submit."""

    name: str
    states: tuple[str, ...]
    failure: str | None
    stretch: float
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ErrorScenario:
    """A scenario for the request itself: the response is an error."""

    name: str
    row: str


@dataclass(frozen=True, slots=True)
class Scenarios:
    """The scenarios of a provider, and the time that its jobs spend in each state, per pace."""

    default: str
    jobs: Mapping[str, JobScenario]
    requests: Mapping[str, ErrorScenario]
    paces: Mapping[str, Mapping[str, tuple[float, float]]]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.jobs, *self.requests)


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One line of a price; it applies if every field of `when` has that value (as text)."""

    when: Mapping[str, str]
    amount: Decimal
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a model and its certainty; `amount` is for one `unit`."""

    certainty: Certainty
    currency: str
    unit: str
    amount: Decimal | None
    rules: tuple[PriceRule, ...]
    evidence: Evidence
    note: str = ""
    placeholder: Mapping[str, str] = field(default_factory=dict)  # the value that the docs show instead of a price
    date: str = ""  # the day or month of its page; empty if its source is dated


@dataclass(frozen=True, slots=True)
class Model:
    """A model of a provider."""

    id: str
    aliases: tuple[str, ...]
    output: str
    schema: str
    media: Mapping[str, Any]
    price: Price
    evidence: Evidence
    defaults: Mapping[str, Any] = field(default_factory=dict)
    endpoints: tuple[str, ...] = ()  # as documented; empty if they are not
    routes: Mapping[str, str] = field(default_factory=dict)  # by endpoint, a schema other than `schema`
    copied: tuple[str, ...] = ()  # the names of the model that an added one is a copy of
