"""What an honest server showed in one run of all checks, judged again by another contract: nothing is run again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from conformance.saboteurs.saboteur import honest_contract

from mockreel.conformance.check import Check, Outcome
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run, run_one
from mockreel.conformance.checks import EVERY
from mockreel.conformance.other_readings import _other_traces, _Remembering
from mockreel.contract import Contract
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.header_check import HeaderRules, header_problems
from mockreel.contract.exchanges.response_check import ResponseChecker, response_problems
from mockreel.simulator.in_process.mock_target import MockTarget, NotApplicable


@dataclass(frozen=True)
class HonestRun:
    """The context of the run, the checks that judge it again as they did at first, and those that must ask anew."""

    context: CheckContext
    again: tuple[Check, ...]
    anew: tuple[Check, ...]

    def first_check(self, false: Contract) -> tuple[str, ...]:
        """The first check that finds a fault by another contract."""
        found = (one.check for one in _outcomes(self.context, false, self.again) if one.findings)
        return tuple(found)[:1]

    def forbids(self, false: Contract) -> bool:
        """Whether some response breaks another contract."""
        checker, facts, headers = ResponseChecker(false), Facts(false), HeaderRules(false)
        for request, response in self.context.log:
            sent = replace(request, operation=false.operation(request.operation.id)) if request.operation else request
            if any(True for _ in response_problems(checker, facts, sent, response)):
                return True
            if any(True for _ in header_problems(headers, checker, facts, sent, response)):
                return True
        return False


@cache
def honest_run(provider: str) -> HonestRun:
    """A quick run of all checks."""
    contract = honest_contract(provider)
    context = CheckContext(contract, MockTarget(contract), CheckOptions(quick=True))
    list(run(context))
    context.target.close()
    again = EVERY
    while trips := {one.check for one in _outcomes(context, contract, again) if one.verdict != "holds"}:
        again = tuple(check for check in again if check.id not in trips)  # which asks in another order than before
    return HonestRun(context, again, tuple(check for check in EVERY if check not in again))


def _outcomes(context: CheckContext, contract: Contract, checks: Sequence[Check]) -> Iterator[Outcome]:
    other = CheckContext(contract, _Remembering(context.target, context.log), context.options)
    other.adopt(context, {name: _other_traces(traces, other) for name, traces in context.jobs.groups.items()})
    for check in checks:
        if check.known(other):
            try:
                yield run_one(other, check)
            except NotApplicable:
                continue
