"""The contract as a program that can be asked: a simulator whose jobs end when those of the server do."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from mockreel.contract import Contract, State
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.memory_receiver import Receiver
from mockreel.simulator.in_process.mock_target import MockTarget


@dataclass(frozen=True, slots=True)
class Variation:
    """In what one model differs from another, so that what both say alike is said by the contract."""

    seed: int
    later: float  # by how many seconds its clock is ahead
    pace: float = 1.0
    stretch: float | None = None  # by how much longer its jobs stay in each state; without it they have no end at all
    older: float = 0.0  # by how many seconds longer its jobs took when they end
    balance: Decimal | None = None


VARIATIONS = (
    Variation(seed=11, later=0.0),
    Variation(
        seed=29,
        later=41 * 86_400 + 12_345.678,
        pace=1.013,
        stretch=1e6,
        older=7.0,
        balance=Decimal("7654321098.76"),
    ),
)


# The course of every job for which no other is asked for.
_OURS = "as the server's"


class ModelPlay(MockTarget):
    """One provider in this process, whose jobs end only when they are made to.

    Args:
        start: what the server's clock shows.
        heard: the receiver of the server's webhooks; what it answers is answered here too.
    """

    def __init__(self, contract: Contract, variation: Variation, *, start: float, heard: Receiver | None) -> None:
        self._variation = variation
        endless = _endless(contract, variation.stretch)
        super().__init__(
            endless, seed=variation.seed, start=start + variation.later, balance=variation.balance, keep_bodies=False
        )
        self._usual = contract.scenarios.default
        assert self.receiver is not None
        if heard is not None:
            self.receiver = replace(self.receiver, _plans=heard._plans)

    def ask(self, request: SentRequest, *, waits: bool) -> ReceivedResponse | None:
        """The reply; None where it does not come. `waits`: it comes when the job has ended."""
        if waits and not any(name.lower() == "prefer" for name in request.headers):
            request = replace(request, headers={**request.headers, "prefer": f"scenario={self._usual}"})
        with suppress(MockreelError):
            return self.send(request)
        return None

    def pass_time(self, seconds: float) -> None:
        self.wait(seconds * self._variation.pace)

    def job(self, texts: Iterable[str]) -> Job | None:
        """The job whose id is among these texts."""
        return next((job for text in texts if (job := self._provider.jobs.get(text)) is not None), None)

    def move(self, job: Job, state: State) -> bool:
        """Let a job come into a state, if its lifecycle leads there and nothing else is to be known for it."""
        provider, here = self._provider, job.state(self.now())
        way = _way(provider.contract, here, state)
        if here.terminal or way is None or state.kind not in ("pending", "succeeded", "cancelled"):
            return False
        if state.terminal:
            job.created -= self._variation.older
        now = self.now()
        provider.intervene(job, Intervention(now, state, through=way))
        self.wait(0.0)
        return True


def _endless(contract: Contract, stretch: float | None) -> Contract:
    """The contract with a course by default that passes every state but the end, or comes there in a year."""
    scenarios, states = contract.scenarios, contract.lifecycle.states
    endless = [one for one in scenarios.jobs.values() if not states[one.states[-1]].terminal]
    longest = max(endless, key=lambda one: len(one.states), default=scenarios.jobs[scenarios.default])
    course = longest if stretch is None else replace(scenarios.jobs[scenarios.default], stretch=stretch)
    jobs = {**scenarios.jobs, _OURS: replace(course, name=_OURS)}
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
