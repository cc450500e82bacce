"""A server answers as a model of its contract does, whatever was sent to it in the run."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mockreel.conformance.check import Check, check
from mockreel.conformance.checks.differential.difference_facts import DifferenceFacts
from mockreel.conformance.checks.differential.played_log import Compared, PlayedLog
from mockreel.conformance.checks.differential.played_webhooks import webhooks
from mockreel.conformance.checks.differential.session import Session
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable, Skipped

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


def _compared(context: "CheckContext") -> bool:
    """Whether the comparison was requested, and the target is not our own mock server, which is what the models are."""
    return context.wanted.differential and not context.own


_KEPT, _SESSION = "differential", "differential session"


@check(
    "model.session", "Every operation is asked at its bounds, twice, and read again, for what a model says to it.",
    level="breaking", known=_compared,
)  # fmt: skip
def asks_a_session(context: "CheckContext") -> Iterator[Problem]:
    """It finds nothing by itself: what came is compared when every job has ended."""
    context.kept[_SESSION] = session = Session(context)
    session.things()
    yield from ()


@check(
    "model.refusals", "What a model of the contract refuses is refused alike.", level="breaking", uses=(PLAIN,),
    known=_compared,
)  # fmt: skip
def refuses_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "refusals")


@check(
    "model.replies", "A reply says what a model of the contract says to the same.", level="reads", uses=(PLAIN,),
    known=_compared,
)  # fmt: skip
def replies_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "replies")


@check(
    "model.updates", "What was changed is shown as a model of the contract shows it.", level="breaking", uses=(PLAIN,),
    known=_compared,
)  # fmt: skip
def keeps_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "updates")


@check(
    "model.webhooks", "A webhook says what a model of the contract says of the same job.", level="jobs", uses=(PLAIN,),
    known=lambda context: _compared(context) and bool(context.contract.callbacks.events),
)  # fmt: skip
def tells_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "webhooks")


def _problems(context: "CheckContext", sort: str) -> Iterator[Problem]:
    if _KEPT not in context.kept:
        with suppress(Skipped):
            _further(context)
        context.kept[_KEPT] = _judged(context)
    cases, problems = context.kept[_KEPT]
    if not cases[sort]:
        raise NotApplicable("no request of the run was of this kind")
    context.judged(cases[sort])
    yield from problems[sort].values()


def _further(context: "CheckContext") -> None:
    """Ask what needs jobs that have ended; all of it, where one of these checks is run alone."""
    if not context.asks_anew:
        return
    cases, session = context.cases, context.kept.get(_SESSION)
    if session is None:
        session = Session(context)
        session.things()
    session.jobs()
    context.cases = cases


def _judged(context: "CheckContext") -> tuple[Counter[str], defaultdict[str, dict[str, Problem]]]:
    """How many exchanges of each sort were compared; of problems with one fact at one place the smallest."""
    cases: Counter[str] = Counter()
    problems: defaultdict[str, dict[str, Problem]] = defaultdict(dict)
    facts = DifferenceFacts(context)
    with PlayedLog(context) as played:
        compared = [(_sort(context, one), one) for one in played.exchanges()]
        compared += [("webhooks", one) for one in webhooks(context, played)]
    cases.update(sort for sort, _ in compared)
    if played.strangers and any(one.differences for _, one in compared):
        compared = [(sort, one) for sort, one in _confirmed(context, compared)]
    for sort, one in compared:
        facts.sent(one)
        problem = facts.problem(one) if sort != "webhooks" else facts.webhook_problem(one)
        if problem is not None:
            place = problem.subject.partition(" ")[2]
            key = place if place.startswith("header ") else f"{problem.fact.where} {place}"
            problems[sort][key] = min(problems[sort].get(key, problem), problem, key=_size)
    return cases, problems


def _confirmed(context: "CheckContext", compared: Iterable[tuple[str, Compared]]) -> Iterator[tuple[str, Compared]]:
    """The same with those differences only that are also there where somebody else uses the account of the models.

    The server's account has things that this run has not made: what follows from those is no fault.
    """
    with PlayedLog(context, in_company=True) as played:
        found = {(one.number, each.kind, each.anywhere): each for one in played.exchanges() for each in one.differences}
    for sort, one in compared:
        kept = [
            each
            for each in one.differences
            if sort == "webhooks"
            or ((other := found.get((one.number, each.kind, each.anywhere))) is not None and each.says_as(other))
        ]
        yield sort, replace(one, differences=tuple(kept))


def _size(problem: Problem) -> int:
    return len(problem.request.body) + len(problem.request.path) if problem.request else 0


def _sort(context: "CheckContext", compared: Compared) -> str:
    operation, detector = compared.request.operation, context.error_detector
    if detector.refused(compared.model) or detector.refused(compared.came):
        return "refusals"
    reads = compared.request.method == "GET" or (operation and operation.id in context.contract.conversation.reads)
    return "replies" if reads or (operation and operation.submits) else "updates"


CHECKS: tuple[Check, ...] = (asks_a_session, refuses_alike, replies_alike, keeps_alike, tells_alike)
