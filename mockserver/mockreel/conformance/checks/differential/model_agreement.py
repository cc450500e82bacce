"""A server answers as a model of its contract does, whatever was sent to it in the run."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mockreel.conformance.check import Check, check
from mockreel.conformance.checks.differential.difference_facts import DifferenceFacts
from mockreel.conformance.checks.differential.played_log import Compared, PlayedLog
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract.exchanges.problem import Problem

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

_KEPT = "differential"


@check(
    "model.refusals", "What a model of the contract refuses is refused alike.", level="breaking", uses=(PLAIN,),
)  # fmt: skip
def refuses_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "refusals")


@check(
    "model.replies", "A reply says what a model of the contract says to the same.", level="reads", uses=(PLAIN,),
)  # fmt: skip
def replies_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "replies")


@check(
    "model.updates", "What was changed is shown as a model of the contract shows it.", level="breaking", uses=(PLAIN,),
)  # fmt: skip
def keeps_alike(context: "CheckContext") -> Iterator[Problem]:
    yield from _problems(context, "updates")


def _problems(context: "CheckContext", sort: str) -> Iterator[Problem]:
    if _KEPT not in context.kept:
        context.kept[_KEPT] = _judged(context)
    cases, problems = context.kept[_KEPT]
    context.judged(cases[sort])
    yield from problems[sort].values()


def _judged(context: "CheckContext") -> tuple[Counter[str], defaultdict[str, dict[str, Problem]]]:
    """How many exchanges of each sort were compared; of problems with one fact at one place the smallest."""
    cases: Counter[str] = Counter()
    problems: defaultdict[str, dict[str, Problem]] = defaultdict(dict)
    facts = DifferenceFacts(context)
    with PlayedLog(context) as played:
        for compared in played.exchanges():
            facts.sent(compared)
            sort = _sort(context, compared)
            cases[sort] += 1
            problem = facts.problem(compared)
            if problem is not None:
                key = f"{problem.fact.where} {problem.subject.partition(' ')[2]}"
                problems[sort][key] = min(problems[sort].get(key, problem), problem, key=_size)
    return cases, problems


def _size(problem: Problem) -> int:
    return len(problem.request.body) + len(problem.request.path) if problem.request else 0


def _sort(context: "CheckContext", compared: Compared) -> str:
    operation, detector = compared.request.operation, context.error_detector
    if detector.refused(compared.model) or detector.refused(compared.came):
        return "refusals"
    reads = compared.request.method == "GET" or (operation and operation.id in context.contract.conversation.reads)
    return "replies" if reads or (operation and operation.submits) else "updates"


CHECKS: tuple[Check, ...] = (refuses_alike, replies_alike, keeps_alike)
