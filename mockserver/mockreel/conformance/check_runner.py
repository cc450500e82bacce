"""Run checks: the jobs that they need side by side, the other checks meanwhile; collect the outcomes."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from mockreel.conformance.check import Check, Finding, Outcome, broken
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks import EVERY
from mockreel.contract.exchanges.problem import Problem
from mockreel.engine.redaction import redactor_of
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.mock_target import NotApplicable, Skipped

# The most findings of one check: the rest are similar.
MOST_FINDINGS = 20
MOST_REASONS = 5
REPLIES = "reply.documented"
UNPLAYED = "only a mock server that follows `Prefer` can be asked for it, and this target does not say that it does"
REPLIES_SAY = "Every reply, refusals included, has a status, headers and a body that the contract documents."


def run(
    context: CheckContext,
    checks: Iterable[Check] = EVERY,
    *,
    skipped_groups: Mapping[str, str] | None = None,
    meanwhile: Callable[[], Iterator[Outcome]] = lambda: iter(()),
) -> Iterator[Outcome]:
    """The outcome of each check when it is known; the one about every response is the last.

    Args:
        left_out: groups of jobs that are skipped, and why.
        meanwhile: further outcomes that are produced while the jobs run.
    """
    start, left = time.monotonic(), skipped_groups or {}
    known = [check for check in checks if check.known(context)]
    askable = [check for check in known if context.plays or not check.plays]
    for group in dict.fromkeys(group for check in askable for group in check.uses):
        if group not in left:
            context.jobs.begin(group)
    if context.own:  # its time passes only on request, and must not pass unobserved
        context.tasks.finish()
    context.budget.spares = any(check.uses for check in askable)
    yield from _outcomes(context, [check for check in askable if not check.uses], left)
    yield from meanwhile()
    context.tasks.finish(context.budget.deadline)
    context.budget.spares = False
    yield from _outcomes(context, [check for check in askable if check.uses], left)
    context.close()
    yield from (_unplayed(context, check) for check in known if check not in askable)
    if context.budget.requests_sent or askable:
        yield replies_outcome(context, time.monotonic() - start)


def _outcomes(context: CheckContext, checks: Iterable[Check], skipped_groups: Mapping[str, str]) -> Iterator[Outcome]:
    for check in checks:
        try:
            yield run_one(context, check, skipped_groups=skipped_groups)
        except NotApplicable as reason:
            context.notes.append(f"{check.id} does not apply: {reason}")


def _unplayed(context: CheckContext, check: Check) -> Outcome:
    """What no request can bring about at this target: told, and no fault of the run."""
    return Outcome(check.id, check.says, context.contract.provider, 0, (), (UNPLAYED,), "", 0.0, chosen=True)


def run_one(context: CheckContext, check: Check, *, skipped_groups: Mapping[str, str] | None = None) -> Outcome:
    """Run one check; what stops it is part of its outcome."""
    start, context.cases = time.monotonic(), 0
    context.skipped.clear()
    left = [reason for group, reason in (skipped_groups or {}).items() if group in check.uses]
    context.current_check = check.id
    problems, error = _problems(context, check) if not left else ([], "")
    context.current_check = ""
    return Outcome(
        check.id,
        check.says,
        context.contract.provider,
        context.cases,
        findings(context, check.id, problems),
        (*left, *_reasons(context, check)),
        error,
        time.monotonic() - start,
        chosen=bool(left) and context.options.quick,
        during=context.shown_by.get(check.id, ()),
    )


def _problems(context: CheckContext, check: Check) -> tuple[list[Problem], str]:
    """The problems that a check finds, and what broke it."""
    problems: list[Problem] = []
    try:
        context.budget.check_grace()
        for problem in check.ask(context):
            problems.append(problem)
            if len(problems) >= MOST_FINDINGS:
                break
    except NotApplicable:
        raise
    except Skipped as reason:
        context.skip(str(reason))
    except MockreelError as problem:
        return problems, str(problem)
    except Exception as problem:
        return problems, broken(problem)
    return problems, ""


def _reasons(context: CheckContext, check: Check) -> Sequence[str]:
    """Why cases of a check were skipped, the most frequent reason first, each with its number."""
    reasons = [
        f"{count} cases: {reason}" if count > 1 else reason
        for reason, count in context.skipped.most_common(MOST_REASONS)
    ]
    for group in check.uses:
        reasons += list(dict.fromkeys(context.jobs.not_begun.get(group, ())))[:MOST_REASONS]
    return reasons


def replies_outcome(context: CheckContext, seconds: float) -> Outcome:
    """The outcome of checking every response against the contract."""
    found, error = findings(context, REPLIES, context.passing), "; ".join(context.jobs.broken[:MOST_REASONS])
    violating = tuple(name for name, _ in context.during.most_common(MOST_REASONS) if name)
    return Outcome(
        REPLIES,
        REPLIES_SAY,
        context.contract.provider,
        context.budget.requests_sent,
        found,
        (),
        error,
        seconds,
        during=violating,
    )


def findings(context: CheckContext, check: str, problems: Iterable[Problem]) -> tuple[Finding, ...]:
    """Problems as findings; of equal ones only the smallest example is reported."""
    best: dict[tuple[str, str, str], tuple[int, Finding]] = {}
    for problem in problems:
        finding = _finding(context, check, problem)
        size = len(problem.request.body) + len(problem.request.path) if problem.request else 0
        smallest = best.get(finding.key)
        if smallest is None or size < smallest[0]:
            best[finding.key] = size, finding
    return tuple(finding for _, finding in list(best.values())[:MOST_FINDINGS])


def _finding(context: CheckContext, check: str, problem: Problem) -> Finding:
    secrets = (*context.target.keys.secrets(), *context.secrets())
    return Finding(
        check,
        context.contract.provider,
        problem.subject,
        problem.fact,
        problem.expected,
        _without_secrets(context, problem.actual, secrets),
        problem.request.curl(context.target.base_url, secrets=secrets) if problem.request else "",
        doubt=not (context.target.own or problem.fact.firm),
    )


def _without_secrets(context: CheckContext, text: str, secrets: tuple[str, ...]) -> str:
    """A text without the keys of the run, and without what else is a secret."""
    for secret in secrets:
        text = text.replace(secret, "$KEY")
    return redactor_of(context.contract).text(text)
