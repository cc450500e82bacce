"""What an account has and owes. Its entries follow from its jobs; only the sum is kept, and settled when asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import takewhile

from understudy.accounts import Account
from understudy.call import Call
from understudy.jobs import Job
from understudy.part import Part
from understudy.providers.aimlapi.tariff import Usage

_SHELF = "ledger"


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of money; `sort` names its row among the wire facts of the ledger."""

    at: float
    sort: str
    usage: Usage
    model: str | None = None
    job: str | None = None


@dataclass(slots=True)
class Sums:
    """The running sums of one account: what finished jobs cost, what open ones will."""

    start: Decimal
    charged: Decimal = Decimal(0)
    held: Decimal = Decimal(0)
    open: list[Job] = field(default_factory=list)
    newest: int = 0  # the number of the newest job that was seen

    def settle(self, account: Account, now: float) -> None:
        """Bring the sums up to a moment; only jobs that were open then are looked at."""
        fresh = list(takewhile(lambda job: job.number > self.newest, reversed(account.jobs)))
        self.newest = max((job.number for job in fresh), default=self.newest)
        jobs, self.open, self.held = [*self.open, *fresh], [], Decimal(0)
        for job in jobs:
            state = job.state(now)
            if not state.terminal:
                self.open.append(job)
                self.held += job.extra.usd
            elif state.kind == "succeeded":
                self.charged += job.extra.usd


def may_begin(call: Call) -> bool:
    """Whether an account may begin another job: one without a limit always, else while something is left."""
    if call.account.balance is None:
        return True
    sums = settled(call.part, call.account, call.now)
    return sums.start - sums.charged - sums.held > 0


def balance(part: Part, account: Account, now: float) -> Decimal:
    """What the account has, as it is told: without holds, unless a charge is written at submit."""
    sums = settled(part, account, now)
    return sums.start - sums.charged - (sums.held if _at_submit(part) else 0)


def settled(part: Part, account: Account, now: float) -> Sums:
    """The account's sums at a moment."""
    sums: Sums = account.shelf.setdefault(_SHELF, Sums(_start(part, account)))
    sums.settle(account, now)
    return sums


def entries(part: Part, account: Account, now: float) -> list[Entry]:
    """Every movement of an account's money, newest first."""
    start = part.state.tariff.usage(_start(part, account))
    found = [Entry(part.state.started, "start", start)]
    for job in account.jobs:
        found.extend(_of_job(job, now, at_submit=_at_submit(part)))
    return sorted(found, key=lambda entry: entry.at)[::-1]


def _of_job(job: Job, now: float, *, at_submit: bool) -> Iterator[Entry]:
    model, kind = job.model.id if job.model else None, job.state(now).kind
    if at_submit:
        yield Entry(job.created, "charge", job.extra, model, job.id)
    if job.ends is not None and at_submit and kind == "failed":
        yield Entry(job.ends, "refund", job.extra, model, job.id)
    if job.ends is not None and not at_submit and kind == "succeeded":
        yield Entry(job.ends, "charge", job.extra, model, job.id)


def _at_submit(part: Part) -> bool:
    return bool(part.contract.wire["charge"] == "submit")


def _start(part: Part, account: Account) -> Decimal:
    """What an account began with: its listed balance, or the contract's."""
    given = account.balance
    return Decimal(part.contract.wire["ledger"]["start"]["usd"]) if given is None else given
