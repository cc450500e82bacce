"""Check a handler: send everything that the budget allows, and report wrong responses."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from mockreel import __version__
from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.handler.handler_cases import HandlerCase, HandlerCases, HandlerPlan
from mockreel.conformance.handler.handler_endpoint import (
    Answer,
    Delivery,
    Endpoint,
    NoTime,
    handler_client,
    posting,
)
from mockreel.conformance.reports.report import Report
from mockreel.contract import Contract
from mockreel.engine.redaction.url_redaction import masked_url
from mockreel.errors import OptionError
from mockreel.webhooks.receiver_address import check_receiver_address

# The most wrong responses reported for one case; of one kind, such as a changed digit, only the first.
MOST_FINDINGS = 10


def check_handler(
    url: str, provider: str, plan: HandlerPlan | None = None, *, watcher: Callable[[Outcome], Any] = lambda _: None
) -> Report:
    """Send a handler every webhook of a provider: valid, again, late, forged, malformed, with other values.

    Args:
        watcher: receives each outcome when it is known.

    Raises:
        OptionError: the URL is none, the provider documents no webhook, it signs and no secret is given, or `ca` has no
            certificate.
        MockreelError: the URL is unreachable, its certificate is not trusted, or the job could not be announced first.
    """
    from mockreel.simulator.simulator import load_contracts  # noqa: PLC0415

    plan = plan or HandlerPlan()
    start = time.monotonic()
    contract = load_contracts([provider], data=plan.data)[provider]
    check_receiver_address("handler", url)
    if isinstance(plan.before, str):
        check_receiver_address("before", plan.before)
    _check(contract, plan)
    cases = HandlerCases(contract, plan)
    before = posting(plan.before, plan.ca) if isinstance(plan.before, str) else plan.before
    client = handler_client(plan.ca)
    endpoint = Endpoint(url, plan.secret or "", contract.callbacks.signature, plan.budget, before, client)
    outcomes, notes = [], list(_notes(cases))
    try:
        for case in cases.all():
            if not case.deliveries:  # there is no such question to this provider
                continue
            if case.extra and endpoint.pace.slow:
                notes.append(f"handler.{case.id}, as the handler takes {endpoint.pace.usual:.1f} s for an answer")
                continue
            outcomes.append(_outcome(endpoint, contract, case))
            watcher(outcomes[-1])
    finally:
        endpoint.close()
    return Report(masked_url(url), __version__, plan.seed, tuple(outcomes), tuple(notes), time.monotonic() - start)


def _notes(cases: "HandlerCases") -> Iterator[str]:
    if cases.skip_reasons:
        yield f"webhooks of jobs that {', '.join(cases.skip_reasons)} began; name them with --operation"


def _check(contract: Contract, plan: HandlerPlan) -> None:
    if not contract.callbacks.events:
        raise OptionError("--provider", contract.provider, then=f"{contract.title} documents no webhook.")
    if contract.callbacks.signature is not None and not plan.secret:
        then = f"{contract.title} signs its webhooks: give the secret that the handler verifies with."
        raise OptionError("--secret", plan.secret or None, then=then)


def _outcome(endpoint: Endpoint, contract: Contract, case: HandlerCase) -> Outcome:
    """Send everything and gather the answers that are wrong."""
    start, cases = time.monotonic(), 0
    left: tuple[str, ...] = ()
    wrong: dict[str, Answer] = {}
    planned = [delivery for _, delivery in case.deliveries]
    jobs = [webhook.job(contract.provider) for webhook, _ in case.deliveries]
    for answer in endpoint.send_all(planned, jobs):
        if isinstance(answer, NoTime):
            left = (f"{len(planned) - cases} of {len(planned)} requests were not sent: {answer}",)
            break
        cases += 1
        if not case.right(answer):
            wrong.setdefault(_kind(answer.delivery), answer)
    found = tuple(_finding(endpoint, contract, case, one) for one in list(wrong.values())[:MOST_FINDINGS])
    seconds = time.monotonic() - start
    return Outcome(f"handler.{case.id}", case.says, contract.provider, cases, found, left, "", seconds)


def _kind(delivery: Delivery) -> str:
    """What makes two requests the same to a reader: the kind of forgery, whatever digit it changes."""
    return re.sub("[0-9]+", "#", delivery.what)


def _finding(endpoint: Endpoint, contract: Contract, case: HandlerCase, answer: Answer) -> Finding:
    name, delivery = f"handler.{case.id}", answer.delivery
    return Finding(
        name,
        contract.provider,
        delivery.what,
        case.fact,
        case.says,
        answer.shown(),
        endpoint.curl(delivery),
        doubt=not case.fact.firm,
    )
