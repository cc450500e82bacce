"""The movements of an account's money, job by job: a pure function of its jobs and a moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from mockreel.contract.billing_rules import Money
from mockreel.contract.pricing import Cost
from mockreel.engine.jobs.job import Job

if TYPE_CHECKING:
    from mockreel.engine.billing.balance import RunningBalance

# A held or released amount still belongs to the account; one that is taken or given back changes hands.
Sort = Literal["opening", "added", "removed", "held", "released", "taken", "given-back"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement. `amount` is what it adds to what may be spent; None where the price is unknown and counts nothing.

    `cost` is what the job costs, and how sure that is; an assumed amount has a cost that is unknown.
    """

    at: float
    sort: Sort
    amount: Decimal | None
    job: Job | None = None
    cost: Cost | None = None


def of_purse(running: "RunningBalance", opened: float) -> Iterator[Entry]:
    """What an account began with, and what was added by hand."""
    if running.opening is not None:
        yield Entry(opened, "opening", running.opening)
    for at, amount in running.added:
        yield Entry(at, "removed" if amount < 0 else "added", amount)


def of_job(job: Job, money: Money, unknown: Decimal | None, now: float) -> Iterator[Entry]:
    """What a job has moved so far."""
    due = due_of(job.cost, unknown)
    if money.at_submit:
        yield _less(job.created, "taken", due, job)
    elif money.held:
        yield _less(job.created, "held", due, job)
    if job.ends is None or job.ends > now:
        return
    keeps = money.keeps(job.state(job.ends).name)
    if money.at_submit:
        if not keeps:
            yield Entry(job.ends, "given-back", due, job, job.cost)
        return
    if money.held:
        yield Entry(job.ends, "released", due, job, job.cost)
    if keeps:
        yield _less(job.ends, "taken", due, job)


def due_of(cost: Cost | None, unknown: Decimal | None) -> Decimal | None:
    """What is moved for a cost; None where it is unknown and nothing is assumed."""
    return unknown if cost is None or cost.amount is None else cost.amount


def _less(at: float, sort: Sort, due: Decimal | None, job: Job) -> Entry:
    return Entry(at, sort, None if due is None else -due, job, job.cost)
