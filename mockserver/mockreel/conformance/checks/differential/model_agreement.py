"""A server answers as a model of its contract does, whatever was sent to it in the run."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mockreel.conformance.check import Check, check
from mockreel.conformance.checks.differential.difference_facts import DifferenceFacts
from mockreel.conformance.checks.differential.differential_replay import PlayedLog
from mockreel.conformance.checks.differential.reply_comparison import ComparedExchange
from mockreel.conformance.checks.differential.session import SESSION, Session
from mockreel.conformance.checks.differential.webhook_comparison import webhooks
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable, Skipped

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


def _is_requested(context: "CheckContext") -> bool:
    """Whether the comparison was requested, and the target is not our own mock server, which is what the models are."""
    return context.options.differential and not context.own


_KEPT, _SESSION = "differential", "differential session"


@check(
    "model.session", "Every operation is asked at its bounds, twice, and read again, for what a model says to it.",
    level="breaking", known=_is_requested,
)  # fmt: skip
def asks_a_session(context: "CheckContext") -> Iterator[Problem]:
    """It finds nothing by itself: what came is compared when every job has ended."""
    context.cache[_SESSION] = session = Session(context)
    session.things()
    if session.unsent and SESSION in context.most:
        context.skip("they do not fit the budget; give more with --budget", session.unsent)
    yield from ()


@check(
    "model.refusals", "What a model of the contract refuses is refused alike.", level="breaking", uses=(PLAIN,),
    known=_is_requested,
)  # fmt: skip
def refuses_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "refusals")


@check(
    "model.replies", "A reply says what a model of the contract says to the same.", level="reads", uses=(PLAIN,),
    known=_is_requested,
)  # fmt: skip
def replies_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "replies")


@check(
    "model.updates", "What was changed is shown as a model of the contract shows it.", level="breaking", uses=(PLAIN,),
    known=_is_requested,
)  # fmt: skip
def keeps_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "updates")


@check(
    "model.webhooks", "A webhook says what a model of the contract says of the same job.", level="jobs", uses=(PLAIN,),
    known=lambda context: _is_requested(context) and bool(context.contract.callbacks.events),
)  # fmt: skip
def tells_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "webhooks")


@dataclass
class _Judgement:
    """What came of comparing a log, by the sort of exchange."""

    cases: Counter[str] = field(default_factory=Counter)
    problems: defaultdict[str, dict[str, Problem]] = field(default_factory=lambda: defaultdict(dict))
    check_ids: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    late: int = 0

    def add(self, sort: str, problem: Problem, check_id: str) -> None:
        """Keep a problem; of those with one fact at one place the smallest."""
        place = problem.subject.partition(" ")[2]
        key = place if place.startswith("header ") else f"{problem.fact.where} {place}"
        known = self.problems[sort].get(key)
        if known is None or _size(problem) < _size(known):
            self.problems[sort][key] = problem
            self.check_ids[f"{sort} {key}"] = [check_id]

    def shown_by(self, sort: str) -> tuple[str, ...]:
        """The checks whose requests showed the problems of a sort; none where the jobs of the session were needed."""
        names = [name for key in self.problems[sort] for name in self.check_ids[f"{sort} {key}"]]
        ours = {f"model.{one}" for one in ("refusals", "replies", "updates", "webhooks")}
        return () if ours & set(names) or not all(names) else tuple(dict.fromkeys(names))


def _problems(context: "CheckContext", sort: str) -> Iterator[Problem]:
    if _KEPT not in context.cache:
        with suppress(Skipped):
            _further(context)
        context.cache[_KEPT] = _judgement(context)
    found: _Judgement = context.cache[_KEPT]
    if found.late:
        reason = f"the budget of {context.options.budget:g} s was used up; give more with --budget"
        context.skip(f"{found.late} responses of the run were not compared: {reason}")
    elif not found.cases[sort]:
        raise NotApplicable("no request of the run was of this kind")
    context.judged(found.cases[sort])
    context.shown_by[f"model.{sort}"] = found.shown_by(sort)
    yield from found.problems[sort].values()


def _further(context: "CheckContext") -> None:
    """Ask what needs jobs that have ended; all of it, where one of these checks is run alone."""
    if not context.sends_requests or not context.options.session:
        return
    cases, session = context.cases, context.cache.get(_SESSION)
    if session is None:
        session = Session(context)
        session.things()
    if PLAIN in context.jobs.groups:
        session.jobs()
    context.cases = cases


def _judgement(context: "CheckContext") -> _Judgement:
    """How many exchanges of each sort were compared, and in what they differ."""
    facts, found = DifferenceFacts(context), _Judgement()
    with PlayedLog(context) as played:
        compared = [(_sort(context, one), one) for one in played.exchanges()]
        compared += [("webhooks", one) for one in webhooks(context, played)]
    found.late = played.late
    found.cases.update(sort for sort, _ in compared)
    if played.unplayed and context.sends_requests:
        context.notes.append(_uncompared(played.unplayed))
    if played.strangers and any(one.differences for _, one in compared):
        compared = list(_lasting_differences(context, compared))
    for sort, one in compared:
        facts.sent(one)
        problem = facts.problem(one) if sort != "webhooks" else facts.webhook_problem(one)
        if problem is not None:
            found.add(sort, problem, context.check_ids[one.number] if one.number >= 0 else "")
    return found


def _uncompared(reasons: Counter[str]) -> str:
    """What of a log no model can say anything of, and why."""
    parts = [f"{count} where {reason}" for reason, count in reasons.most_common()]
    return f"responses that were not compared with a simulator of the contract: {', '.join(parts)}"


def _lasting_differences(
    context: "CheckContext", compared: Iterable[tuple[str, ComparedExchange]]
) -> Iterator[tuple[str, ComparedExchange]]:
    """The same with those differences only that are also there where somebody else uses the account of the models.

    The server's account has things that this run has not made: what follows from those is no fault.
    """
    with PlayedLog(context, in_company=True) as played:
        found = {(one.number, each.kind, each.anywhere): each for one in played.exchanges() for each in one.differences}
    for sort, one in compared:
        likely = [
            each
            for each in one.differences
            if sort == "webhooks"
            or ((other := found.get((one.number, each.kind, each.anywhere))) is not None and each.says_as(other))
        ]
        yield sort, replace(one, differences=tuple(likely))


def _size(problem: Problem) -> int:
    return len(problem.request.body) + len(problem.request.path) if problem.request else 0


def _sort(context: "CheckContext", compared: ComparedExchange) -> str:
    operation, detector = compared.request.operation, context.error_detector
    if detector.refused(compared.model) or detector.refused(compared.response):
        return "refusals"
    reads = compared.request.method == "GET" or (operation and operation.id in context.contract.conversation.reads)
    return "replies" if reads or (operation and operation.submits) else "updates"


CHECKS: tuple[Check, ...] = (asks_a_session, refuses_alike, replies_alike, keeps_alike, tells_alike)
