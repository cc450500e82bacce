"""Check a program that receives callbacks: it must take every valid one in time, and none that is forged."""

import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mockreel import __version__
from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.check_context import Scene, Wanted
from mockreel.conformance.handler.handler_requests import (
    Event,
    Handler,
    Sent,
    forged,
    generated,
    late,
    malformed,
    valid,
)
from mockreel.conformance.reports.report import Report
from mockreel.contract import Contract, Evidence
from mockreel.contract.evidence.facts import Fact, Facts
from mockreel.errors import OptionError
from mockreel.simulator.in_process.mock_target import MockTarget

# As many wrong answers as are kept for one question.
MOST_FINDINGS = 10
OURS = Evidence("inferred", ("ours",))


@dataclass(frozen=True)
class Question:
    """One thing that is asked of a handler: what it is sent, and which answers are right."""

    id: str
    says: str
    fact: Fact
    sent: Iterator[Sent]
    judge: Callable[[Sent], bool]


def check_handler(
    url: str, provider: str, *, secret: str | None, seed: int = 0, data: Any = None, watcher: Any = lambda _: None
) -> Report:
    """Send a handler every event of a provider: valid, forged, malformed, twice, late, and generated.

    Raises:
        OptionError: the provider documents no callback, or it signs and no secret is given.
        MockreelError: nobody answers at the URL.
    """
    from mockreel.simulator.simulator import load_contracts  # noqa: PLC0415

    began = time.monotonic()
    contract = load_contracts([provider], data=data)[provider]
    if not contract.callbacks.events:
        raise OptionError("--provider", provider, then=f"{contract.title} documents no callback.")
    if contract.callbacks.signature is not None and not secret:
        raise OptionError("--secret", secret, then=f"{contract.title} signs its callbacks: give the handler's secret.")
    timeout = min(policy.timeout for policy in contract.callbacks.policies.values())
    handler = Handler(url, secret, contract, timeout)
    outcomes = []
    try:
        for outcome in _outcomes(handler, _events(contract, seed), seed):
            outcomes.append(outcome)
            watcher(outcome)
    finally:
        handler.client.close()
    return Report(url, __version__, seed, tuple(outcomes), (), time.monotonic() - began)


def _events(contract: Contract, seed: int) -> list[Event]:
    """Every callback that the stand-in sends: one for each end of each sort of job."""
    target = MockTarget(contract, seed=seed)
    try:
        stories = Scene(contract, target, Wanted(quick=True, seed=seed)).stories()
    finally:
        target.close()
    return [Event(story, arrival.body, arrival.headers) for story in stories for arrival in story.arrivals]


def _outcomes(handler: Handler, events: list[Event], seed: int) -> Iterator[Outcome]:
    for question in _questions(handler, events, seed):
        yield _judged(handler, question)


def _questions(handler: Handler, events: list[Event], seed: int) -> Iterator[Question]:
    policy = next(iter(handler.contract.callbacks.policies.values()))
    facts = Facts(handler.contract)
    answered = f"a callback is answered with {' or '.join(policy.success)} within {policy.timeout:g} s"
    taken = facts.fact(answered, "callbacks.yaml policy", policy.evidence_of("success"))
    yield Question("valid", "A valid callback is taken, in time.", taken, valid(handler, events), _is_taken)
    again = valid(handler, events, "again ")
    yield Question("again", "The same callback is taken a second time.", taken, again, _is_taken)
    yield Question("late", "A callback of a job before the last is taken.", taken, late(handler, events), _is_taken)
    signature = handler.contract.callbacks.signature
    if signature is not None:
        proves = facts.fact(f"{signature.header} proves who sent it", "callbacks.yaml signature", signature.evidence)
        yield Question("forged", "A forged callback is not taken.", proves, forged(handler, events), _is_refused)
    form = facts.fact("a callback has the form of its schema", "openapi.yaml callbacks", OURS)
    broken = malformed(handler, events)
    yield Question("malformed", "A malformed callback is answered with 4xx.", form, broken, _is_client_error)
    drawn = generated(handler, events, seed)
    yield Question("generated", "Whatever the schema allows is taken.", taken, drawn, _is_taken)


def _judged(handler: Handler, question: Question) -> Outcome:
    """Send everything and gather the answers that are wrong."""
    began, cases = time.monotonic(), 0
    found: list[Finding] = []
    for sent in question.sent:
        cases += 1
        if not question.judge(sent) and len(found) < MOST_FINDINGS:
            found.append(_finding(handler, question, sent))
    name, provider = f"handler.{question.id}", handler.contract.provider
    return Outcome(name, question.says, provider, cases, tuple(found), (), "", time.monotonic() - began)


def _finding(handler: Handler, question: Question, sent: Sent) -> Finding:
    """One wrong answer. The signature stays out of the line that asks again, as it comes of the secret."""
    body = shlex.quote(sent.body.decode("utf-8", "replace"))
    curl = f"curl -sS -X POST {shlex.quote(handler.url)} -H 'content-type: application/json' --data-raw {body}"
    name = f"handler.{question.id}"
    return Finding(
        name, handler.contract.provider, sent.what, question.fact, question.says, sent.shown(), curl, doubt=False
    )


def _is_taken(sent: Sent) -> bool:
    return sent.status is not None and 200 <= sent.status < 300


def _is_refused(sent: Sent) -> bool:
    return sent.status is not None and not 200 <= sent.status < 300


def _is_client_error(sent: Sent) -> bool:
    return sent.status is not None and 400 <= sent.status < 500
