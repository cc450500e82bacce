"""The plan of a run before it begins: requests, jobs, webhooks, minutes and money, and what does not fit."""

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal

from mockreel.conformance.check import Check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import ANSWERS, forecast
from mockreel.conformance.planned_costs import PlannedCosts, group_requests
from mockreel.conformance.spending_guard import SpendingGuard
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.engine.billing.ledger_entries import due_of
from mockreel.simulator.in_process.memory_receiver import Receiver
from mockreel.simulator.in_process.mock_target import Skipped, Target

# This part of the budget is for questions that wait for nothing.
PROMPT = 0.7
# What a body check keeps at least, however short the budget is.
LEAST = 10
# Checks that look for the jobs of the run in lists, on at most as many pages as there are other requests.
PAGED = ("list.complete", "list.record", "list.charges")
# Checks with many similar cases: a part of them is checked if not all fit.
MANY = ("body.taken", "body.refused", "model.session")


@dataclass
class Announcement:
    """The plan of one run at one provider."""

    provider: str
    checks: int = 0
    requests: int = 0
    jobs: int = 0
    webhooks: int = 0
    pages: int = 0  # of lists, which are read until they have shown the jobs of the run
    seconds: float = 0.0
    money: dict[str, Decimal] = field(default_factory=dict)
    unpriced: int = 0
    skipped_groups: dict[str, str] = field(default_factory=dict)  # groups of jobs that do not fit, with the reason
    most: dict[str, int] = field(default_factory=dict)  # how many cases of a check fit

    def sentence(self) -> str:
        """The plan in one line. What a check asks only after an answer cannot be counted before."""
        parts = [f"{self.checks} checks", f"{self.requests:,} requests or more", f"{self.jobs} jobs"]
        parts += [f"{self.webhooks} webhooks"] if self.webhooks else []
        parts += [f"up to {self.pages:,} pages of lists"] if self.pages else []
        parts += [f"up to {self.seconds:.0f} s"] if self.seconds else []
        return ", ".join(parts) + (f", {self._costs()}" if self.money or self.unpriced else "")

    def _costs(self) -> str:
        sums = [f"{amount.normalize():f} {currency}" for currency, amount in self.money.items()]
        unsure = f"{self.unpriced} jobs without an exact price" if self.unpriced else ""
        return f"{' and '.join(sums)} with {unsure}" if sums and unsure else " and ".join(sums) or unsure


class _Counting:
    """A target that counts what would be sent and answers nothing."""

    receiver: Receiver | None = None

    def __init__(self, honest: Target) -> None:
        self.own, self.base_url, self.keys = honest.own, honest.base_url, honest.keys
        self.plays = getattr(honest, "plays", False)
        self.guard = _guard_of(honest)
        self.asks: list[SentRequest] = []

    def send(self, request: SentRequest) -> ReceivedResponse:
        if self.guard is not None:
            self.guard.admit(request)
        self.asks.append(request)
        raise Skipped("this request is only counted")

    def fetch(self, url: str, *, span: str | None = None) -> ReceivedResponse:
        raise Skipped(f"{url} is only counted")

    def now(self) -> float:
        return 0.0

    def wait(self, seconds: float) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


def _guard_of(target: Target) -> SpendingGuard | None:
    """A copy of what admits the requests to a target that may bill, as it is before the run."""
    guard = getattr(target, "guard", None)
    return replace(guard, spent=dict(guard.spent)) if isinstance(guard, SpendingGuard) else None


def _admitted(target: Target, requests: Iterable[SentRequest]) -> list[SentRequest]:
    """The requests that may be sent to a target."""
    guard = _guard_of(target)
    return [request for request in requests if guard is None or _admits(guard, request)]


def _admits(guard: SpendingGuard, request: SentRequest) -> bool:
    try:
        guard.admit(request)
    except Skipped:
        return False
    return True


def announce(context: CheckContext, checks: Iterable[Check], *, latency: float = 0.0) -> Announcement:
    """The plan of these checks in a context, as it fits the budget; `latency` is what one request takes."""
    selected = [check for check in checks if check.known(context) and (context.plays or not check.plays)]
    found = Announcement(context.contract.provider, checks=len(selected))
    asks = {check.id: _planned_requests(context, check) for check in selected if not check.uses}
    for check in selected:
        _price(found, context, _admitted(context.target, check.begins(context)))
    _fit(found, context, {name: len(some) for name, some in asks.items()}, latency)
    for name, some in asks.items():
        fitting = some[: found.most.get(name, len(some))]
        found.requests += len(fitting)
        _price(found, context, fitting)
    for group in dict.fromkeys(group for check in selected for group in check.uses):
        _add_group(found, context, group)
    searched = any(paged.jobs for paged in context.contract.conversation.lists.values())
    found.pages = found.requests if searched and any(check.id in PAGED for check in selected) else 0
    return found


def _planned_requests(context: CheckContext, check: Check) -> list[SentRequest]:
    """The requests that a check would send, refused ones left out."""
    target = _Counting(context.target)
    counting = CheckContext(context.contract, target, context.options)
    counting.model_selection = context.model_selection
    with suppress(Skipped):
        for _ in check.ask(counting):
            pass
    return target.asks


def _fit(found: Announcement, context: CheckContext, counts: Mapping[str, int], latency: float) -> None:
    """Cut the checks with many cases where not all of them fit."""
    if context.own or not latency:
        return
    room = context.options.budget * PROMPT / latency
    many = {name: count for name, count in counts.items() if name in MANY}
    left = room - (sum(counts.values()) - sum(many.values()))
    if sum(many.values()) > left > -math.inf:
        share = max(0.0, left) / sum(many.values())
        found.most = {name: max(min(LEAST, count), int(count * share)) for name, count in many.items()}
    found.seconds = min(
        context.options.budget, sum(found.most.get(name, count) for name, count in counts.items()) * latency
    )


def _add_group(found: Announcement, context: CheckContext, group: str) -> None:
    cost = forecast(context, group)
    if (
        group in ANSWERS
        and not context.own
        and cost.least > (context.budget.deadline or math.inf) - context.target.now()
    ):
        how = "--quick leaves it out" if context.options.quick else "the budget has no room for it"
        found.skipped_groups[group] = (
            f"{how}: it takes {cost.least:.0f} s; give --budget {math.ceil(cost.least * 1.3):.0f}"
        )
        return
    requests = _admitted(context.target, group_requests(context, group))
    found.webhooks += cost.callbacks
    found.requests += len(requests) * (1 + _LOOKS)
    found.seconds = 0.0 if context.own else min(context.options.budget, max(found.seconds, cost.seconds))
    _price(found, context, requests)


_LOOKS = 10


def _price(found: Announcement, context: CheckContext, requests: Iterable[SentRequest]) -> None:
    """Count the jobs of requests, and at a target that may bill what they cost."""
    guard, prices, money = _guard_of(context.target), PlannedCosts(context.contract), context.contract.money
    for cost in (one for request in requests for one in prices.of(request)):
        found.jobs += 1
        if guard is None:
            continue
        amount = due_of(cost, money.unknown)
        found.unpriced += cost.certainty != "exact"
        if amount is not None:
            found.money[money.currency] = found.money.get(money.currency, Decimal(0)) + amount
