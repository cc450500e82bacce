"""The ledger of one provider: what each account has, who may begin a job, and what jobs have cost."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import chain
from threading import RLock
from typing import Any

from mockreel.contract import Contract, Model, State
from mockreel.contract.billing_rules import Needs
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.pricing import Cost
from mockreel.engine.accounts.account import Account
from mockreel.engine.billing.account_status import AccountStatus
from mockreel.engine.billing.balance import NOTHING, RECENT, RunningBalance, Tally
from mockreel.engine.billing.cost_summary import CostSummary, of_tallies, plain
from mockreel.engine.billing.ledger_entries import Entry, due_of, of_job, of_purse
from mockreel.engine.billing.rates import Rates
from mockreel.engine.jobs.job import Job
from mockreel.errors import OptionError

# Shares of a price are rounded to this.
SMALLEST = Decimal("0.000001")

# So many jobs are counted in a few milliseconds.
SOME = 500
# A submit of an account with a limit counts no more, as long as that is enough to decide.
FEW = 50


class Ledger:
    """The accounts of one provider, billed by the rows of its contract. Sums are settled on demand.

    Args:
        contract: its `money` defines when an amount is held, charged and released.
        opened: when the simulator began.
        accounts: returns all accounts.
        assumed: the price of a job without a known one; the contract's if None.
        changed: called after every change by hand.
    """

    def __init__(
        self,
        contract: Contract,
        *,
        opened: float,
        accounts: Callable[[], Iterable[Account]],
        assumed: Decimal | None = None,
        changed: Callable[[Account, float], None] | None = None,
    ) -> None:
        self.opened = opened
        self._accounts = accounts
        self._own_assumption = assumed
        self._changed = changed
        self._lock = RLock()
        self.money = contract.money
        self.read(contract)

    def read(self, contract: Contract) -> None:
        """Keep the accounts by another contract from now on: the jobs that there are are counted again by its rows."""
        rates = Rates(contract)
        with self._lock:
            if contract.money != self.money:
                self._count_again()
            self.money, self.currency, self._rates = contract.money, contract.money.currency, rates
            self.assumed = self.money.unknown if self._own_assumption is None else self._own_assumption

    def _count_again(self) -> None:
        for account in self._accounts():
            if account.running is not None:
                account.running = account.running.rebuilt(account.jobs, self.money)

    # What jobs cost ----------------------------------------------------------------------------------------------

    def cost(self, model: Model | None, fields: Mapping[str, Any]) -> Cost:
        """What one job costs, and how sure that is; equal costs are one object."""
        return self._rates.cost(model, fields)

    def amount_due(self, cost: Cost | None) -> Decimal | None:
        """What is moved for a cost; None where it is unknown, and nothing is assumed."""
        return due_of(cost, self.assumed)

    def charged(self, job: Job, now: float) -> Decimal | None:
        """What a job has cost: nothing where all was given back; None while that is open, or its price unknown."""
        state = job.state(now)
        if not state.terminal:
            return self.amount_due(job.cost) if self.money.at_submit else None
        return self.amount_due(job.cost) if self.money.keeps(state.name) else NOTHING

    # What accounts have ------------------------------------------------------------------------------------------

    def balance(self, account: Account, now: float) -> Decimal | None:
        """The balance that the provider reports; None if an account without a limit shows none."""
        return self.status(account, now).shown

    def status(self, account: Account, now: float) -> AccountStatus:
        with self._lock:
            running = self._settled(account, now)
            held, charged = self._moved(running)
            left = running.start - held - charged
            silent = running.opening is None
            counted = (running.charged, running.under_way) if self._counts_open else (running.charged,)
            return AccountStatus(
                self.currency,
                running.limited,
                running.opening,
                running.start - (running.opening or NOTHING),
                held,
                charged,
                None if silent else left,
                None if silent else self._reported_balance(running),
                sum(tally.unknown for tally in counted),
                self.assumed,
                sum(tally.least for tally in counted),
                running.under_way.count,
            )

    @property
    def _counts_open(self) -> bool:
        """Whether the price of a running job is held or charged."""
        return self.money.held or self.money.at_submit

    def _moved(self, running: RunningBalance) -> tuple[Decimal, Decimal]:
        """What is held, and what is charged."""
        charged = running.charged.total(self.assumed)
        if not self._counts_open:
            return NOTHING, charged
        under_way = running.under_way.total(self.assumed)
        return (NOTHING, charged + under_way) if self.money.at_submit else (under_way, charged)

    def release(self, job: Job, now: float) -> None:
        """Count a job that is about to be forgotten, the oldest of its account, without settling all others."""
        with self._lock:
            self._running(job.account).release(job, self.money, now)

    def _settled(self, account: Account, now: float) -> RunningBalance:
        running = self._running(account)
        running.settle(account, self.money, now)
        return running

    def settling(self, account: Account, now: float) -> Iterator[None]:
        """Settle an account's jobs up to a moment, in steps, so that later queries read few."""
        done = False
        while not done:
            with self._lock:
                done = self._running(account).settle_some(account, self.money, now, most=SOME)
            yield

    def _running(self, account: Account) -> RunningBalance:
        running = account.running
        if running is None:
            limited = account.balance is not None
            running = account.running = RunningBalance(account.balance if limited else self.money.opening, limited)
        return running

    def entries(self, account: Account, now: float) -> list[Entry]:
        """Every movement of an account's money so far, oldest first; their amounts sum up to what is left.

        A job that the store has forgotten is in the sums, and no longer here.
        """
        return self._entries(account, list(account.jobs), now)

    def newest(self, account: Account, now: float, *, most: int = 20) -> list[Entry]:
        """The newest movements, newest first, however many jobs there are; at most 100."""
        most = min(most, RECENT)
        self.status(account, now)
        running, jobs = account.running, account.jobs[-most:]
        assert running is not None
        some = {job.number: job for job in (*running.ended, *jobs)}
        return self._entries(account, some.values(), now)[::-1][:most]

    def _entries(self, account: Account, jobs: Iterable[Job], now: float) -> list[Entry]:
        return sorted([*self.set_by_hand(account, now), *self.moved(jobs, now)], key=lambda entry: entry.at)

    def set_by_hand(self, account: Account, now: float) -> list[Entry]:
        """The initial balance of an account, and what was added or removed."""
        with self._lock:
            return list(of_purse(self._settled(account, now), self.opened))

    def moved(self, jobs: Iterable[Job], now: float) -> Iterator[Entry]:
        """The movements of some jobs, one job after the other."""
        return chain.from_iterable(of_job(job, self.money, self.assumed, now) for job in jobs)

    def cost_avoided(self, now: float) -> CostSummary:
        """What the jobs of all accounts would have cost."""
        under_way, charged, free = Tally(), Tally(), Tally()
        with self._lock:
            for account in list(self._accounts()):
                running = self._settled(account, now)
                under_way.join(running.under_way)
                charged.join(running.charged)
                free.join(running.free)
        return of_tallies(self.currency, under_way=under_way, charged=charged, free=free, price_assumed=self.assumed)

    # Who may begin -----------------------------------------------------------------------------------------------

    def admit(self, account: Account, cost: Cost, now: float) -> None:
        """Admit a job; an account without a limit always may start one.

        Raises:
            ErrorResponse: the balance is too low, as in the provider's row.
        """
        if self.is_limited(account):
            self._admit(account, self.amount_due(cost), self.money.needs, now)

    def is_limited(self, account: Account) -> bool:
        """Whether an account is refused when too little is left."""
        return account.balance is not None if account.running is None else account.running.limited

    def is_empty(self, account: Account, now: float) -> bool:
        """Whether an account that has a limit has nothing left."""
        status = self.status(account, now)
        return status.limited and status.left is not None and status.left <= 0

    def admit_all(self, account: Account, costs: Sequence[Cost], now: float) -> None:
        """Admit all jobs of a batch, or none.

        Raises:
            ErrorResponse: the balance is too low for them.
        """
        if self.is_limited(account):
            dues = (self.amount_due(cost) for cost in costs)
            self._admit(account, sum((due for due in dues if due is not None), NOTHING), self.money.batch, now)

    def _admit(self, account: Account, due: Decimal | None, needs: Needs, now: float) -> None:
        if needs == "nothing":
            return
        with self._lock:
            if self._suffices(account, due, needs, now):
                return
            running = self._settled(account, now)
            held, charged = self._moved(running)
            left = running.start - held - charged
        if left <= 0 or (needs == "price" and due is not None and due > left):
            raise ErrorResponse(self.money.error)

    def _suffices(self, account: Account, due: Decimal | None, needs: Needs, now: float) -> bool:
        """Whether there is enough even if every job that is not settled yet is charged; it settles some of them.

        So a submit takes no longer when many jobs have ended since the last one.
        """
        running = self._running(account)
        running.settle_some(account, self.money, now, most=FEW)
        if account.jobs and running.newest < account.jobs[-1].number:
            return False
        least = running.start - running.charged.total(self.assumed) - running.under_way.total(self.assumed)
        return least > 0 and not (needs == "price" and due is not None and due > least)

    # Changes by hand ---------------------------------------------------------------------------------------------

    def set_balance(self, account: Account, amount: Decimal | None, now: float) -> None:
        """Set the reported balance to this amount from now on; None removes the limit.

        Raises:
            OptionError: it is negative, and the provider allows no overdraft.
        """
        with self._lock:
            running = self._settled(account, now)
            if amount is not None:
                self._add(running, amount - self._reported_balance(running), now)
            running.limited = amount is not None
        self._notify(account, now)

    def top_up(self, account: Account, amount: Decimal, now: float) -> None:
        """Add to what an account has, or with a negative amount take from it.

        Raises:
            OptionError: less than nothing would be left, where the provider allows no overdraft.
        """
        with self._lock:
            self._add(self._settled(account, now), amount, now)
        self._notify(account, now)

    def _add(self, running: RunningBalance, amount: Decimal, now: float) -> None:
        held, charged = self._moved(running)
        if amount < 0 and not self.money.overdraft and running.start - held - charged + amount < 0:
            then = f"It may not be overdrawn, and {plain(held)} {self.currency} are held for jobs under way."
            raise OptionError(
                "balance", plain(self._reported_balance(running) + amount), ["an amount from 0 up"], then=then
            )
        running.add_change(now, amount)

    def _reported_balance(self, running: RunningBalance) -> Decimal:
        """The reported balance of an account with a limit."""
        held, charged = self._moved(running)
        return running.start - charged if self.money.shows_held else running.start - charged - held

    def _notify(self, account: Account, now: float) -> None:
        if self._changed is not None:
            self._changed(account, now)

    def cost_of_end(self, job: Job, state: State, now: float) -> Cost | None:
        """What a job costs that is ended now: where only the work is paid, its share of the planned time."""
        cost, end = job.cost, job.plan.end
        if state.name not in self.money.worked or cost is None or cost.amount is None or end is None:
            return cost
        begins = job.plan.begins[-2] if len(job.plan.begins) > 1 else 0.0
        share = max(0.0, now - job.created - begins) / (end - begins) if end > begins else 0.0
        amount = (cost.amount * Decimal(str(min(share, 1.0)))).quantize(SMALLEST)
        return Cost(amount.normalize() if amount else NOTHING, cost.currency, cost.certainty)

    @contextmanager
    def changing(self, job: Job, now: float) -> Iterator[None]:
        """Around a change of a job's plan: its costs are counted by the new one afterwards."""
        with self._lock:
            if job.account.running is None:
                yield
                return
            running = self._settled(job.account, now)
            running.part_with(job, self.money, now)
            try:
                yield
            finally:
                running.meet(job)
