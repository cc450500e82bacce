"""Judge one exchange: a forbidden request must be rejected, an allowed one accepted, and nothing may fail."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol
from urllib.parse import parse_qsl

from mockreel.contract import Contract, ErrorRow
from mockreel.contract.evidence.facts import Fact, Facts
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_check import Verdict

# Errors for malformed requests; a well-formed request never gets them.
_MALFORMED = (
    "invalid-body", "invalid-query", "malformed-json", "wrong-content-type", "unknown-path", "wrong-method",
    "no-key", "wrong-key", "internal-error",
)  # fmt: skip


class RequestJudge(Protocol):
    """Judges whether a request is allowed; it may cache verdicts."""

    def judge(self, request: SentRequest) -> Verdict: ...


class ExchangeContext(Protocol):
    """The context of a judgement: the contract, and whether the server is our own mock server."""

    @property
    def contract(self) -> Contract: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def error_detector(self) -> ErrorDetector: ...
    @property
    def request_checker(self) -> RequestJudge: ...
    @property
    def own(self) -> bool: ...


def judge(context: ExchangeContext, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
    """The problems of an exchange, other than the form of the response."""
    if request.operation is None:
        yield from _unknown_path(context, request, response)
        return
    verdict = context.request_checker.judge(request)
    refused = context.error_detector.refused(response)
    if context.error_detector.is_row(response, context.contract.errors["internal-error"], request.operation):
        yield Problem(
            fact_of(context, request, verdict), "no internal error", response.shown(), request, request.operation.id
        )
    elif verdict.row is not None and not refused:
        outcome = f"accepted, although {'; '.join(verdict.violations[:3])}: {response.shown()}"
        yield Problem(
            fact_of(context, request, verdict),
            "an error response, as the contract forbids it",
            outcome,
            request,
            _subject(request, verdict),
        )
    elif verdict.row is None and refused:
        yield from _rejected_without_reason(context, request, response, verdict)


def _unknown_path(context: ExchangeContext, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
    """A path or a method that the contract does not have must be rejected."""
    found = context.contract.router.find(request.path)
    row = "wrong-method" if found is not None else "unknown-path"
    if request.method not in ("HEAD", "OPTIONS") and not context.error_detector.refused(response):
        yield Problem(
            context.facts.row(row),
            "an error response",
            response.shown(),
            request,
            f"{request.method} {request.path}"[:80],
        )


def _rejected_without_reason(
    context: ExchangeContext, request: SentRequest, response: ReceivedResponse, verdict: Verdict
) -> Iterator[Problem]:
    """An allowed request may be rejected only for a reason other than its form."""
    rows = [
        row
        for row in context.contract.errors.values()
        if context.error_detector.is_row(response, row, request.operation)
    ]
    if not rows:
        yield Problem(
            fact_of(context, request, verdict),
            "an error response that errors.yaml has",
            response.shown(),
            request,
            _subject(request, verdict),
        )
        return
    own = context.own
    candidates = [row for row in rows if not own or _has_text(row, response)] or rows
    if all(row.name in _MALFORMED for row in candidates) and not _beyond(context, request):
        yield Problem(
            fact_of(context, request, verdict),
            "accepted, as the contract allows it",
            response.shown(),
            request,
            _subject(request, verdict),
        )


def _beyond(context: ExchangeContext, request: SentRequest) -> bool:
    """Whether a part of the request has rules that its schema cannot express."""
    assert request.operation is not None
    beyond = context.contract.conversation.beyond
    return request.operation.id in beyond or any(
        name in beyond for name, _ in parse_qsl(request.query, keep_blank_values=True)
    )


def _has_text(row: ErrorRow, response: ReceivedResponse) -> bool:
    """Whether a response has the text of a definition; several may share a status and a code."""
    return bool(_pattern(row.message).search(response.body.decode("utf-8", "replace").replace('\\"', '"')))


@cache
def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(part) for part in re.split(r"\{\w+\}", message)), re.DOTALL)


def _subject(request: SentRequest, verdict: Verdict) -> str:
    assert request.operation is not None
    return f"{request.operation.id} {verdict.model.id}" if verdict.model else request.operation.id


def fact_of(context: ExchangeContext, request: SentRequest, verdict: Verdict) -> Fact:
    """The fact that a request is judged by: the input schema of its model, or its operation."""
    assert request.operation is not None
    if verdict.model is not None:
        says = f"the input schema of {verdict.model.id}"
        return context.facts.fact(says, f"models.json {verdict.model.id}", verdict.model.evidence)
    return context.facts.operation(f"what {request.operation.id} accepts", request.operation)
