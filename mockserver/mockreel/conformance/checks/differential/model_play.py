"""The contract as a program that can be asked: a simulator whose jobs end when those of the server do."""

import random
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from mockreel.conformance.checks.differential.contract_variant import unstated
from mockreel.contract import Contract, State
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.memory_receiver import Receiver
from mockreel.simulator.in_process.mock_target import MockTarget
from mockreel.webhooks import MemorySender, Outcome, Outgoing

# The course of every job for which no other is asked for.
_OURS = "as the server's"
# What the name of a course ends with that stays in its first state until it is moved.
_HELD, _LONG = "-held", 1e6
_SCENARIO = re.compile(r"(scenario=\"?)([\w-]+)")


@dataclass(frozen=True, slots=True)
class Variation:
    """In what one model differs from another, so that what both say alike is said by the contract."""

    seed: int
    later: float  # by how many seconds its clock is ahead
    pace: float = 1.0
    stretch: float | None = None  # by how much longer its jobs stay in each state; without it they have no end at all
    answers: float = 0.0  # after so many seconds a receiver of webhooks answers
    older: float = 0.0  # by how many seconds longer its jobs took when they end
    balance: Decimal | None = None
    named: str = ""  # what the names of its accounts end with
    otherwise: bool = False  # what nobody has stated is otherwise: prices, texts of errors


VARIATIONS = (
    Variation(seed=11, later=0.0),
    Variation(
        seed=29,
        later=41 * 86_400 + 12_345.678,
        pace=31.013,
        stretch=_LONG,
        answers=0.137,
        older=600.0,
        balance=Decimal("7654321098.76"),
        named="-elsewhere",
        otherwise=True,
    ),
)


# A job that is seen to have ended has done so in the last seconds, in whatever order with others.
JUST = 1.0


class _Unhurried(MemorySender):
    """Sends within the process, and lets time pass until the answer."""

    def __init__(self, receiver: Callable[[Outgoing], int | Outcome] | None, passes: Callable[[], None]) -> None:
        super().__init__(receiver)
        self._passes = passes

    async def send(self, message: Outgoing) -> Outcome:
        outcome = await super().send(message)
        self._passes()
        return outcome


class ModelPlay(MockTarget):
    """One provider in this process, whose jobs end only when they are made to.

    Args:
        start: what the server's clock shows.
        receiver: the receiver of the server's webhooks; what it answers is answered here too.
    """

    def __init__(self, contract: Contract, variation: Variation, *, start: float, receiver: Receiver | None) -> None:
        self._variation = variation
        endless = _endless(unstated(contract) if variation.otherwise else contract, variation.stretch)
        super().__init__(
            endless,
            seed=variation.seed,
            start=start + variation.later,
            balance=variation.balance,
            named=variation.named,
            keep_bodies=False,
            sender=self._unhurried,
        )
        self._usual = contract.scenarios.default
        assert self.receiver is not None
        if receiver is not None:
            self.receiver = replace(self.receiver, _plans=receiver._plans)

    def ask(self, request: SentRequest, *, waits: bool) -> ReceivedResponse | None:
        """The reply; None where it does not come. `waits`: it comes when the job has ended."""
        wished = {name.lower(): value for name, value in request.headers.items()}.get("prefer")
        if waits and wished is None:
            request = replace(request, headers={**request.headers, "prefer": f"scenario={self._usual}"})
        elif wished is not None and not waits:
            headers = {name: value for name, value in request.headers.items() if name.lower() != "prefer"}
            request = replace(request, headers={**headers, "prefer": self._endless_preference(wished)})
        with suppress(MockreelError):
            return self.send(request)
        return None

    def _unhurried(self, honest: MemorySender) -> MemorySender:
        """A sender whose receivers take the time of this variation."""
        return _Unhurried(
            honest.receiver, lambda: self._simulator.clock.advance_to(self.now() + self._variation.answers)
        )

    def _endless_preference(self, wished: str) -> str:
        """A preference for a course that does not end by itself."""
        names = sorted(self._provider.contract.scenarios.jobs, key=len, reverse=True)
        return _SCENARIO.sub(lambda match: f"{match[1]}{match[2]}{_HELD if match[2] in names else ''}", wished)

    def pass_time(self, seconds: float) -> None:
        self.wait(seconds * self._variation.pace)

    def job(self, texts: Iterable[str]) -> Job | None:
        """The job whose id is among these texts."""
        return next((job for text in texts if (job := self._provider.jobs.get(text)) is not None), None)

    def move(self, job: Job, state: State) -> bool:
        """Let a job come into a state, if its lifecycle leads there and nothing else is to be known for it."""
        provider, now = self._provider, self.now()
        here = job.state(now)
        if here.terminal or (state.kind == "failed" and job.plan.failure is None):
            return False
        if _way(provider.contract, here, state) is None:
            return False
        if state.terminal and self._variation.older:
            now = self._age_job(job, now)
        way = _way(provider.contract, job.state(now), state)
        failure = job.plan.failure if state.kind == "failed" else None
        provider.intervene(job, Intervention(now, state, through=way or (), failure=failure))
        self.wait(0.0)
        return True

    def _age_job(self, job: Job, now: float) -> float:
        """Make a job older, which has spent a part of its time in each state; gives the moment at which it ended."""
        draw = random.Random(f"{self._variation.seed} {job.id}")
        job.created -= self._variation.older
        count, age = len(job.plan.begins), now - job.created
        if count > 1:
            job.intervention = None
            ready = age * draw.uniform(0.2, 0.5)
            over = ready + (age - ready) * draw.uniform(1.2, 3.0)
            job.plan = job.plan._replace(begins=(*(ready * at / max(1, count - 2) for at in range(count - 1)), over))
        return now - draw.uniform(0.0, JUST)


def _endless(contract: Contract, stretch: float | None) -> Contract:
    """The contract with a course by default that passes every state but the end, or comes there in a year."""
    scenarios, states = contract.scenarios, contract.lifecycle.states
    endless = [one for one in scenarios.jobs.values() if not states[one.states[-1]].terminal]
    longest = max(endless, key=lambda one: len(one.states), default=scenarios.jobs[scenarios.default])
    course = longest if stretch is None else replace(scenarios.jobs[scenarios.default], stretch=stretch)
    held = {
        f"{name}{_HELD}": replace(one, name=f"{name}{_HELD}", stretch=_LONG) for name, one in scenarios.jobs.items()
    }
    jobs = {**scenarios.jobs, **held, _OURS: replace(course, name=_OURS)}
    return replace(contract, scenarios=replace(scenarios, default=_OURS, jobs=jobs))


def _way(contract: Contract, start: State, end: State) -> tuple[State, ...] | None:
    """The states between two, on the shortest way; None where there is none."""
    lifecycle, seen = contract.lifecycle, {start.name}
    ways: list[tuple[State, ...]] = [(start,)]
    for way in ways:
        for before, name in sorted(lifecycle.transitions):
            if before == way[-1].name and name not in seen:
                seen.add(name)
                found = (*way, lifecycle.states[name])
                if name == end.name:
                    return found[1:-1]
                ways.append(found)
    return None
