"""The money of one account: running sums over its jobs, updated to a moment on demand."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from heapq import heappop, heappush
from itertools import takewhile
from typing import TYPE_CHECKING

from mockreel.contract.pricing import Cost

if TYPE_CHECKING:
    from mockreel.contract.billing_rules import Money
    from mockreel.engine.accounts.account import Account
    from mockreel.engine.jobs.job import Job

NOTHING = Decimal(0)
# Of so many jobs it is remembered that they ended last.
RECENT = 100
# Of so many jobs the end is counted when one is forgotten: more than come, so that none waits for ever.
MOST_ENDED = 4


@dataclass(slots=True)
class Tally:
    """The costs of some jobs: how many, the sum of what is known, how many are lower bounds, how many unknown."""

    count: int = 0
    amount: Decimal = NOTHING
    least: int = 0
    unknown: int = 0

    def add(self, cost: Cost | None, times: int = 1) -> None:
        """Count a cost, or with `times` of -1 no longer."""
        self.count += times
        if cost is None or cost.amount is None:
            self.unknown += times
            return
        self.amount += cost.amount * times
        if cost.certainty == "at least":
            self.least += times

    def join(self, other: "Tally") -> None:
        """Count everything that another has counted."""
        self.count += other.count
        self.amount += other.amount
        self.least += other.least
        self.unknown += other.unknown

    def joined(self, other: "Tally") -> "Tally":
        both = Tally()
        both.join(self)
        both.join(other)
        return both

    def total(self, unknown: Decimal | None) -> Decimal:
        """The sum where `unknown` is what counts for an unknown price; None counts nothing."""
        return self.amount + unknown * self.unknown if unknown is not None and self.unknown else self.amount


@dataclass(slots=True, eq=False)
class RunningBalance:
    """What an account began with, what was added by hand, and the costs of its jobs by what became of them.

    The sums are settled: a job is looked at when it is new and when it ends, never in between. `ends` holds the jobs
    under way by the moment of their end; one whose plan was changed has a new turn there, and the old one is void.
    """

    opening: Decimal | None
    limited: bool
    added: list[tuple[float, Decimal]] = field(default_factory=list)
    under_way: Tally = field(default_factory=Tally)
    charged: Tally = field(default_factory=Tally)
    free: Tally = field(default_factory=Tally)  # ended without a charge, or with a refund
    newest: int = 0  # the number of the newest job that was seen
    settled: float = 0.0  # the moment up to which the sums are
    ends: "list[tuple[float, int, int, Job]]" = field(default_factory=list, repr=False)
    turns: dict[int, int] = field(default_factory=dict, repr=False)  # of jobs whose plan was changed
    ended: "deque[Job]" = field(default_factory=lambda: deque(maxlen=RECENT), repr=False)  # the newest
    start: Decimal = field(init=False)  # the opening with everything that was added

    def __post_init__(self) -> None:
        self.start = sum((amount for _, amount in self.added), self.opening or NOTHING)

    def rebuilt(self, jobs: "Iterable[Job]", money: "Money") -> "RunningBalance":
        """The same before any of these jobs was seen; what others cost, which the store has forgotten, stays."""
        self.count_ended(money)
        running = RunningBalance(self.opening, self.limited, list(self.added))
        running.charged.join(self.charged)
        running.free.join(self.free)
        for job in jobs:
            if job.number <= self.newest and job.ends is not None and job.ends <= self.settled:
                running._ended_tally(job, money).add(job.cost, -1)
        return running

    def add_change(self, at: float, amount: Decimal) -> None:
        """Add an amount by hand, or with a negative one take it away."""
        self.opening = self.opening or NOTHING
        self.added.append((at, amount))
        self.start += amount

    def settle(self, account: "Account", money: "Money", now: float) -> None:
        """Bring the sums up to a moment."""
        self.settled = max(self.settled, now)
        jobs = account.jobs
        if jobs and jobs[-1].number > self.newest:
            for job in reversed(list(takewhile(lambda job: job.number > self.newest, reversed(jobs)))):
                self.meet(job)
        self.count_ended(money)

    def settle_some(self, account: "Account", money: "Money", now: float, *, most: int) -> bool:
        """Bring the sums nearer to a moment, by so many jobs; whether they are up to it."""
        jobs = account.jobs
        first = bisect_right(jobs, self.newest, key=lambda job: job.number)
        for job in jobs[first : first + most]:
            self.meet(job)
        if first + most < len(jobs):
            return False
        self.settled = max(self.settled, now)
        self.count_ended(money, most=most)
        return not (self.ends and self.ends[0][0] <= self.settled)

    def release(self, job: "Job", money: "Money", now: float) -> None:
        """See that the oldest job, which is about to be forgotten, is in the sums; few others are looked at for it."""
        self.settled = max(self.settled, now)
        if job.number > self.newest:
            self.meet(job)
        self.count_ended(money, most=MOST_ENDED)

    def count_ended(self, money: "Money", *, most: int | None = None) -> None:
        """Count the jobs that have ended up to the moment of the sums; no more than `most`."""
        ends = self.ends
        while ends and ends[0][0] <= self.settled and most != 0:
            most = None if most is None else most - 1
            _, number, turn, job = heappop(ends)
            if turn == self.turns.get(number, 0):
                self.under_way.add(job.cost, -1)
                self._ended_tally(job, money).add(job.cost)
                self.ended.append(job)

    def meet(self, job: "Job") -> None:
        """Count a job that is new, or whose plan has changed."""
        self.newest = max(self.newest, job.number)
        self.under_way.add(job.cost)
        if job.ends is not None:
            heappush(self.ends, (job.ends, job.number, self.turns.get(job.number, 0), job))

    def part_with(self, job: "Job", money: "Money", now: float) -> None:
        """Count a job no longer; the sums are settled."""
        if job.state(now).terminal:
            self._ended_tally(job, money).add(job.cost, -1)
        else:
            self.under_way.add(job.cost, -1)
        self.turns[job.number] = self.turns.get(job.number, 0) + 1

    def _ended_tally(self, job: "Job", money: "Money") -> Tally:
        """Where the cost of a job belongs that has ended."""
        assert job.ends is not None
        return self.charged if money.keeps(job.state(job.ends).name) else self.free
