"""Judge one generated exchange: forbidden must be refused, allowed must be taken, nothing may break."""

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

# Rows that say that a request was badly made; a well-made one never gets them.
_BADLY_MADE = (
    "invalid-body", "invalid-query", "malformed-json", "wrong-content-type", "unknown-path", "wrong-method",
    "no-key", "wrong-key", "internal-error",
)  # fmt: skip


class Judges(Protocol):
    """What says if a request is allowed; a verdict on one that was asked about before may be remembered."""

    def judge(self, request: SentRequest) -> Verdict: ...


class ExchangeContext(Protocol):
    """What judging needs: the contract, and whether who is judged is our own mock server."""

    @property
    def contract(self) -> Contract: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def error_detector(self) -> ErrorDetector: ...
    @property
    def request_checker(self) -> Judges: ...
    @property
    def own(self) -> bool: ...


def judge(context: ExchangeContext, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
    """What the contract does not allow about an exchange, beside the form of the response."""
    if request.operation is None:
        yield from _nowhere(context, request, response)
        return
    verdict = context.request_checker.judge(request)
    refused = context.error_detector.refused(response)
    if context.error_detector.is_row(response, context.contract.errors["internal-error"], request.operation):
        yield Problem(
            fact_of(context, request, verdict), "no internal error", response.shown(), request, request.operation.id
        )
    elif verdict.row is not None and not refused:
        came = f"taken, although {'; '.join(verdict.violations[:3])}: {response.shown()}"
        yield Problem(
            fact_of(context, request, verdict),
            "refused, as the contract forbids it",
            came,
            request,
            _subject(request, verdict),
        )
    elif verdict.row is None and refused:
        yield from _needlessly(context, request, response, verdict)


def _nowhere(context: ExchangeContext, request: SentRequest, response: ReceivedResponse) -> Iterator[Problem]:
    """A path or a method that the contract does not have must be refused."""
    found = context.contract.router.find(request.path)
    row = "wrong-method" if found is not None else "unknown-path"
    if request.method not in ("HEAD", "OPTIONS") and not context.error_detector.refused(response):
        yield Problem(
            context.facts.row(row), "refused", response.shown(), request, f"{request.method} {request.path}"[:80]
        )


def _needlessly(
    context: ExchangeContext, request: SentRequest, response: ReceivedResponse, verdict: Verdict
) -> Iterator[Problem]:
    """A request that the contract allows was refused: only for a reason that has nothing to do with its form."""
    rows = [
        row
        for row in context.contract.errors.values()
        if context.error_detector.is_row(response, row, request.operation)
    ]
    if not rows:
        yield Problem(
            fact_of(context, request, verdict),
            "a refusal that errors.yaml has",
            response.shown(),
            request,
            _subject(request, verdict),
        )
        return
    own = context.own
    meant = [row for row in rows if not own or _says(row, response)] or rows
    if all(row.name in _BADLY_MADE for row in meant) and not _beyond(context, request):
        yield Problem(
            fact_of(context, request, verdict),
            "taken, as the contract allows it",
            response.shown(),
            request,
            _subject(request, verdict),
        )


def _beyond(context: ExchangeContext, request: SentRequest) -> bool:
    """Whether something in the request has rules that its schema cannot say."""
    assert request.operation is not None
    known = context.contract.conversation.beyond
    return request.operation.id in known or any(
        name in known for name, _ in parse_qsl(request.query, keep_blank_values=True)
    )


def _says(row: ErrorRow, response: ReceivedResponse) -> bool:
    """Whether the row's own text is in the response: several rows may share a status and a code."""
    return bool(_pattern(row.message).search(response.body.decode("utf-8", "replace").replace('\\"', '"')))


@cache
def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(part) for part in re.split(r"\{\w+\}", message)), re.DOTALL)


def _subject(request: SentRequest, verdict: Verdict) -> str:
    assert request.operation is not None
    return f"{request.operation.id} {verdict.model.id}" if verdict.model else request.operation.id


def fact_of(context: ExchangeContext, request: SentRequest, verdict: Verdict) -> Fact:
    """What a request is held to: the input schema of its model, where it has one, or its operation."""
    assert request.operation is not None
    if verdict.model is not None:
        says = f"the input schema of {verdict.model.id}"
        return context.facts.fact(says, f"models.json {verdict.model.id}", verdict.model.evidence)
    return context.facts.operation(f"what {request.operation.id} takes", request.operation)
