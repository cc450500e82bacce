"""Jobs: what was requested, by whom, when, and what will become of it; and the store that holds them."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mockreel.contract import Failure, Model, State
from mockreel.contract.pricing import Cost
from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.lifecycle import Plan


@dataclass(frozen=True, slots=True)
class Intervention:
    """What changed a plan later: from `at` (seconds since the epoch) the job is in `state`.

    `through` are the states passed at that moment on the way there, `fields` the result's fields in place of the
    plan's.
    """

    at: float
    state: State
    failure: Failure | None = None
    reason: str = ""
    through: tuple[State, ...] = ()
    fields: Mapping[str, Any] | None = None


@dataclass(slots=True, eq=False)
class Job:
    """One job. `request` is the body as it was accepted, in exact bytes; the parsed input is never stored."""

    id: str
    number: int
    account: Account
    model: Model | None
    created: float
    plan: Plan
    request: bytes
    kind: str  # which operation began it: what a provider's package calls its sort of job
    callback_url: str | None = None
    intervention: Intervention | None = None
    extra: Any = None  # what the provider's package keeps for it
    cost: Cost | None = None  # what it costs if it is paid for; equal costs are one object

    @property
    def ends(self) -> float | None:
        """The moment at which it becomes terminal; None for a job that never does."""
        if self.intervention is not None and self.intervention.state.terminal:
            return self.intervention.at
        end = self.plan.end
        return None if end is None else self.created + end

    def state(self, now: float) -> State:
        if self.intervention is not None and now >= self.intervention.at:
            return self.intervention.state
        return self.plan.states[self.plan.at(now, created=self.created)]

    def stays_until(self, now: float) -> float:
        """Until when it is in the state that holds at `now`, if nothing changes its plan."""
        if self.intervention is not None:
            return self.intervention.at if now < self.intervention.at else float("inf")
        after = self.plan.at(now, created=self.created) + 1
        return self.created + self.plan.begins[after] if after < len(self.plan.begins) else float("inf")

    def failure(self, now: float) -> Failure | None:
        """Why it failed; None unless it has."""
        if self.state(now).kind != "failed":
            return None
        return self.intervention.failure if self.intervention else self.plan.failure

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of the result that its scenario sets."""
        changed = self.intervention.fields if self.intervention is not None else None
        return self.plan.fields if changed is None else changed

    def began(self, now: float) -> float | None:
        """When it left its first state, or was created in one in which it is worked on; None while neither is so."""
        waits = len(self.plan.begins) > 1 and not self.plan.states[0].works
        first = self.created + self.plan.begins[1] if waits else self.created
        if self.intervention is not None:
            first = min(first, self.intervention.at)
        return first if now >= first else None

    def passed(self, now: float) -> tuple[tuple[State, float], ...]:
        """Every state that it has entered, with the moment."""
        cut = self.intervention.at if self.intervention else float("inf")
        steps = [
            (state, self.created + begin)
            for state, begin in zip(self.plan.states, self.plan.begins, strict=True)
            if self.created + begin <= now and self.created + begin <= cut
        ]
        if self.intervention is not None and cut <= now:
            steps += [(state, cut) for state in (*self.intervention.through, self.intervention.state)]
        return tuple(steps)


class JobStore(Protocol):
    """The store of jobs; memory by default."""

    def add(self, job: Job) -> None: ...

    def adopt(self, others: "MemoryJobs") -> None: ...

    def containers(self) -> Iterator[Any]: ...

    def get(self, id: str) -> Job | None: ...  # noqa: A002  (what providers call it)

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Job]: ...

    def __reversed__(self) -> Iterator[Job]: ...


class MemoryJobs:
    """Jobs in memory, oldest first.

    Beyond `limit` jobs, or `most_bytes` of requests, the oldest are dropped, after `forgetting` was called.

    Args:
        jobs: the first ones, by id; their number is not limited.
    """

    def __init__(
        self,
        jobs: dict[str, Job] | None = None,
        *,
        limit: int = 1_000_000,
        most_bytes: int = 512 * 1024 * 1024,
        forgetting: Callable[[Job], None] | None = None,
    ) -> None:
        self._jobs: dict[str, Job] = {} if jobs is None else jobs
        self._order: deque[str] = deque(self._jobs)  # a dict finds its first item slowly after deletions
        self._limit = limit
        self._most_bytes = most_bytes
        self._bytes = 0
        self._forgetting = forgetting
        for job in self._jobs.values():
            self._bytes += len(job.request)
            job.account.jobs.append(job)

    def adopt(self, others: "MemoryJobs") -> None:
        """Have the jobs of another store in place of its own, at once; of too many the oldest are dropped."""
        self._jobs, self._order, self._bytes = others._jobs, others._order, others._bytes
        self._drop()

    def containers(self) -> Iterator[Any]:
        """What the jobs are in, for who takes them out one by one when the store is no longer used."""
        yield from (self._jobs, self._order)

    def add(self, job: Job) -> None:
        self._jobs[job.id] = job
        self._order.append(job.id)
        self._bytes += len(job.request)
        job.account.jobs.append(job)
        self._drop()

    def _drop(self) -> None:
        while len(self._jobs) > self._limit or (self._bytes > self._most_bytes and len(self._jobs) > 1):
            self._forget(self._order.popleft())

    def get(self, id: str) -> Job | None:  # noqa: A002
        return self._jobs.get(id)

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def __reversed__(self) -> Iterator[Job]:
        return reversed(self._jobs.values())

    def _forget(self, oldest: str) -> None:
        job = self._jobs.pop(oldest)
        self._bytes -= len(job.request)
        if self._forgetting is not None:
            self._forgetting(job)
        job.account.jobs.remove(job)
