"""Whatever happens, no money appears or gets lost: Hypothesis chooses submits, ends, waits and changes by hand."""

import asyncio
import contextlib
from decimal import Decimal
from functools import cache

import pytest
from engine.billing.spender import COSTS, Spender
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from support.caller import START
from support.depth import examples

from mockreel.contract import Contract
from mockreel.engine.billing.ledger import SMALLEST
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Job
from mockreel.errors import Conflict, OptionError
from mockreel.simulator.jobs import interventions
from mockreel.simulator.simulator import build_simulator, load_contracts
from mockreel.webhooks import MemorySender

# A provider with a reading of it, and what its accounts begin with: enough for a few jobs.
PLAYED = (
    ("runflow", "", "0.50"),
    ("aimlapi", "", "0.20"),
    ("aimlapi", "charge-time=submit", "0.20"),
    ("runninghub", "", "4"),
)
NUMBERS = st.integers(0, 99)
AMOUNTS = st.decimals("-2", "5", places=2)


@cache
def _contract(provider: str, reading: str) -> Contract:
    readings = dict([reading.split("=")]) if reading else {}
    return load_contracts([provider], readings=readings)[provider]


class Balances(RuleBasedStateMachine):
    """Two accounts of one provider."""

    played = PLAYED[0]

    def __init__(self) -> None:
        super().__init__()
        self.contract = _contract(*self.played[:2])
        self.name = self.contract.provider
        self.simulator = build_simulator(
            {self.name: self.contract},
            clock=Clock(start=START, held=True),
            accept_any_key=True,
            sender=MemorySender(),
            budget=self.played[2],
        )
        self.provider = self.simulator.provider(self.name)
        self.spenders = [Spender(self.provider, key) for key in ("rf_live_one", "rf_live_two")]
        self.added = [Decimal(0), Decimal(0)]
        self.worked: dict[str, Decimal] = {}  # of jobs that ended by hand, which share of their work was done

    @rule(who=st.integers(0, 1), scenario=NUMBERS)
    def submit(self, who: int, scenario: int) -> None:
        """It is rejected exactly if the balance is not enough by the provider's rule."""
        spender, names = self.spenders[who], list(self.contract.scenarios.jobs)
        left = self.left(who)
        needs = COSTS[self.name] if self.contract.money.needs == "price" else Decimal(0)
        assert spender.refused(names[scenario % len(names)]) == (left <= 0 or left < needs)

    @rule(who=st.integers(0, 1), job=NUMBERS, end=st.sampled_from(["complete", "fail", "cancel"]))
    def end(self, who: int, job: int, end: str) -> None:
        """By hand, where its lifecycle allows it."""
        jobs = self.spenders[who].account.jobs
        if jobs:
            chosen = jobs[job % len(jobs)]
            worked = self._worked(chosen)
            with contextlib.suppress(Conflict):
                getattr(interventions, end)(self.provider, chosen)
                self.worked[chosen.id] = worked

    @rule(seconds=st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 100.0]))
    def wait(self, seconds: float) -> None:
        asyncio.run(self._advance(seconds))

    async def _advance(self, seconds: float) -> None:
        await self.simulator.advance(seconds)
        await self.simulator.scheduler.stop()

    @rule(who=st.integers(0, 1), amount=AMOUNTS, sets=st.booleans())
    def change(self, who: int, amount: Decimal, sets: bool) -> None:
        """A top-up, or the balance itself."""
        spender, ledger = self.spenders[who], self.provider.ledger
        before = self.left(who), ledger.balance(spender.account, spender.now) or Decimal(0)
        step = amount - before[1] if sets else amount
        try:
            (ledger.set_balance if sets else ledger.top_up)(spender.account, amount, spender.now)
            self.added[who] += step
        except OptionError:
            assert not self.contract.money.overdraft
            assert before[0] + step < 0

    def left(self, who: int) -> Decimal:
        """What may be spent, counted from the jobs, one by one."""
        owed = (self._owed(job) for job in self.spenders[who].account.jobs)
        return Decimal(self.played[2]) + self.added[who] - sum(owed, Decimal(0))

    def _owed(self, job: Job) -> Decimal:
        """What a job holds or is charged, from its state alone."""
        money, state = self.contract.money, job.state(self.provider.clock.now())
        if state.terminal:
            return self._cost(job)
        return COSTS[self.name] if money.held or "submit" in money.charged else Decimal(0)

    def _cost(self, job: Job) -> Decimal:
        """What a job costs as it is: nothing, its work until it was ended by hand, or all of it."""
        money, state = self.contract.money, job.state(self.provider.clock.now())
        if state.name in money.released:
            return Decimal(0)
        share = self.worked.get(job.id, Decimal(1)) if state.name in money.worked else Decimal(1)
        return (COSTS[self.name] * share).quantize(SMALLEST)

    def _worked(self, job: Job) -> Decimal:
        """The share that is done of the work of a job, which goes from the last state before its end to that.

        Of what would never end all of it counts as done.
        """
        if job.plan.end is None:
            return Decimal(1)
        begin, end = [0.0, *job.plan.begins][-2:]
        done = (self.provider.clock.now() - job.created - begin) / (end - begin) if end > begin else 0.0
        return Decimal(str(min(1.0, max(0.0, done))))

    @invariant()
    def nothing_appears_or_gets_lost(self) -> None:
        """For each account, the opening is the sum of what is left, held and charged, and of its entries."""
        for who, spender in enumerate(self.spenders):
            ledger, account = self.provider.ledger, spender.account
            status = ledger.status(account, spender.now)
            assert status.left == self.left(who)
            assert status.opening == Decimal(self.played[2])
            assert status.opening + status.added == status.left + status.held + status.charged
            assert sum(entry.amount or 0 for entry in ledger.entries(account, spender.now)) == status.left
            assert status.held >= 0 <= status.charged
            assert self.contract.money.overdraft or status.left >= 0

    @invariant()
    def the_provider_tells_it(self) -> None:
        """Its balance endpoint says what the ledger does."""
        for spender in self.spenders:
            assert spender.balance() == self.provider.ledger.balance(spender.account, spender.now)

    @invariant()
    def what_was_not_spent_is_what_was_taken_and_is_under_way(self) -> None:
        """Over both accounts; a placeholder is no price."""
        now, jobs = self.provider.clock.now(), list(self.provider.jobs)
        counted = [job for job in jobs if job.state(now).name not in self.contract.money.released]
        found = self.provider.ledger.cost_avoided(now)
        if self.contract.money.unknown is None:
            assert sum(found.sums.values()) == sum(map(self._cost, counted))
        else:
            assert (found.unknown, found.sums) == (len(counted), {})
        assert found.free == len(jobs) - len(counted)


@pytest.mark.parametrize("played", PLAYED, ids=["-".join(filter(None, one[:2])) for one in PLAYED])
def test_no_money_appears_or_gets_lost(played: tuple[str, str, str]) -> None:
    """Every provider, and the reading that charges otherwise."""
    machine = type("Played", (Balances,), {"played": played})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples(40), stateful_step_count=30))
