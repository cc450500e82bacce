"""Run checks on a scene, one after the other, and gather what came of each."""

import time
from collections.abc import Iterable, Iterator

from mockreel.conformance.check import Check, Finding, Outcome
from mockreel.conformance.check_context import Scene
from mockreel.conformance.checks import EVERY
from mockreel.contract.exchanges.problem import Problem
from mockreel.engine.redaction import redactor_of
from mockreel.errors import MockreelError
from mockreel.simulator.in_process.mock_target import LeftOut

# As many findings of one check as are kept: the rest are more of the same.
MOST_FINDINGS = 20
MOST_REASONS = 5
REPLIES = "reply.documented"
REPLIES_SAY = "Every reply, refusals included, has a status, a content type and a body that the contract documents."


def run(scene: Scene, checks: Iterable[Check] = EVERY) -> Iterator[Outcome]:
    """The outcome of each check, as it is known; the one about every reply is the last."""
    began = time.monotonic()
    for check in checks:
        yield run_one(scene, check)
    yield replies_outcome(scene, time.monotonic() - began)


def run_one(scene: Scene, check: Check) -> Outcome:
    """Run one check; what stops it is part of its outcome."""
    began, scene.cases = time.monotonic(), 0
    scene.skipped.clear()
    problems: list[Problem] = []
    left_out, broke = "", ""
    try:
        for problem in check.ask(scene):
            problems.append(problem)
            if len(problems) >= MOST_FINDINGS:
                break
    except LeftOut as reason:
        left_out = str(reason)
    except MockreelError as problem:
        broke = str(problem)
    return Outcome(
        check.id,
        check.says,
        scene.contract.provider,
        scene.cases,
        findings(scene, check.id, problems),
        (*((left_out,) if left_out else ()), *list(scene.skipped)[:MOST_REASONS]),
        broke,
        time.monotonic() - began,
    )


def replies_outcome(scene: Scene, seconds: float) -> Outcome:
    """What came of holding every reply against the contract."""
    found = findings(scene, REPLIES, scene.passing)
    return Outcome(REPLIES, REPLIES_SAY, scene.contract.provider, scene.passed, found, (), "", seconds)


def findings(scene: Scene, check: str, problems: Iterable[Problem]) -> tuple[Finding, ...]:
    """Problems as findings; of the same one only the smallest example is kept."""
    best: dict[tuple[str, str, str], tuple[int, Finding]] = {}
    for problem in problems:
        finding = _finding(scene, check, problem)
        size = len(problem.ask.body) + len(problem.ask.path) if problem.ask else 0
        kept = best.get(finding.key)
        if kept is None or size < kept[0]:
            best[finding.key] = size, finding
    return tuple(finding for _, finding in list(best.values())[:MOST_FINDINGS])


def _finding(scene: Scene, check: str, problem: Problem) -> Finding:
    secrets = (*scene.target.keys.secrets(), *scene.secrets())
    return Finding(
        check,
        scene.contract.provider,
        problem.subject,
        problem.fact,
        problem.expected,
        _hidden(scene, problem.came, secrets),
        problem.ask.curl(scene.target.base_url, secrets=secrets) if problem.ask else "",
        doubt=not (scene.target.own or problem.fact.firm),
    )


def _hidden(scene: Scene, text: str, secrets: tuple[str, ...]) -> str:
    """A text without the keys of the run, and without what else is a secret."""
    for secret in secrets:
        text = text.replace(secret, "$KEY")
    return redactor_of(scene.contract).text(text)
