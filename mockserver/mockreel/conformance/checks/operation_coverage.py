"""Every operation is there, every model is known to it, and what a model costs is what is quoted for it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount
from mockreel.conformance.checks.requests.request_prices import request_prices
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Model, Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# The number of models with --quick.
FEW = 5


@check("operation.answers", "An operation that only reads answers a well-formed request.", level="reads")
def reads_are_answered(context: CheckContext) -> Iterator[Problem]:
    for operation in context.contract.operations:
        if operation.method != "GET" and operation.id not in context.contract.conversation.reads:
            continue
        for request in _complete(context, operation):
            response = context.answer(request, operation)
            if response is None:
                continue
            if context.error_detector.refused(response):
                fact = context.facts.operation(f"{operation.id} answers", operation)
                yield Problem(fact, "an answer that is no refusal", response.shown(), request, operation.id)
    for request in _exemplary(context):  # what the example names may not be there, but its form is as it must be
        response = context.answer(request, request.operation)
        row = context.contract.errors["invalid-body"]
        if response is None or request.operation is None or not context.error_detector.refused(response):
            continue
        fact = context.facts.operation(f"{request.operation.id} takes a well-formed body", request.operation)
        if context.error_detector.is_row(response, row, request.operation) and (context.own or fact.firm):
            yield Problem(fact, "no word about the body", response.shown(), request, request.operation.id)


def _exemplary(context: CheckContext) -> Iterator[SentRequest]:
    """The examples of the contract for reads that name something; those of jobs are sent for jobs of the run."""
    polls = {talk.poll for talk in context.contract.conversation.jobs.values()}
    for operation in context.contract.operations:
        named = (operation.body == "json" and operation.body_required) or any(one.required for one in operation.query)
        reads = operation.method == "GET" or operation.id in context.contract.conversation.reads
        if reads and named and operation.model is None and operation.id not in polls and "{" not in operation.path:
            request = context.requests.good(operation)
            if context.request_checker.judge(request).row is None:
                yield request


def _complete(context: CheckContext, operation: Operation) -> Iterator[SentRequest]:
    """Valid requests that need no existing job or object."""
    places = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    models = [model for model in context.contract.models.values() if not model.routes][
        : FEW if context.options.quick else None
    ]
    if operation.model is not None or (operation.body == "json" and operation.body_required):
        return
    if not places:
        request = context.requests.good(operation)
        if context.request_checker.judge(request).row is None and not any(one.required for one in operation.query):
            yield request
    elif len(places) == 1 and places[0] in operation.many and context.contract.names_at:
        yield from (context.requests.good(operation, params={places[0]: model.id}) for model in models)


@check(
    "model.known",
    "Every model is known where the contract has it.",
    level="breaking",
    known=lambda context: bool(context.contract.models),
)
def models_are_known(context: CheckContext) -> Iterator[Problem]:
    """Sent with an incomplete body, so that no job begins."""
    for operation, model in _each_model(context):
        request = _lacking(context, operation, model)
        if request is None:
            continue
        response = context.answer(request, operation)
        if response is None:
            continue
        if not context.error_detector.refused(response) or _is_unknown(context, operation, response):
            fact = context.facts.fact(f"{model.id} is a model", f"models.json {model.id}", model.evidence)
            yield Problem(fact, "a refusal of the body", response.shown(), request, f"{operation.id} {model.id}")


def _is_unknown(context: CheckContext, operation: Operation, response: ReceivedResponse) -> bool:
    """Whether an error response means an unknown model, and nothing else."""
    rows = [context.contract.errors[name] for name in ("unknown-model", "unknown-path")]
    meant = [row for row in rows if context.error_detector.is_row(response, row, operation)]
    body = context.contract.errors["invalid-body"]
    return bool(meant) and not context.error_detector.is_row(response, body, operation)


def _each_model(context: CheckContext) -> Iterator[tuple[Operation, Model]]:
    """Each model once, at the first operation that takes it."""
    seen: set[str] = set()
    for operation in context.contract.operations:
        if operation.model is None or operation.body != "json" or context.waits_for_the_end(operation):
            continue
        for model in context.contract.names_at[operation.id].values():
            if model.id not in seen and not (context.options.quick and len(seen) >= FEW) and context.wants(model):
                seen.add(model.id)
                yield operation, model


def _lacking(context: CheckContext, operation: Operation, model: Model) -> SentRequest | None:
    """A request that lacks the last of the fields that a model must have; None where it must have none."""
    schema, base = context.requests.resolver.model(context.model_selection.schema(operation, model))
    for variant in context.requests.samples.forbidden(schema, base):
        request = context.requests.with_input(operation, model, variant.value)
        if variant.kind == "is missing" and context.request_checker.judge(request).row is not None:
            return request
    return None


@check(
    "price.quoted", "What is quoted for a model is its price.", level="reads",
    known=lambda context: context.contract.conversation.quote is not None,
)  # fmt: skip
def quotes_its_price(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.quote
    assert row is not None
    operation = context.contract.operation(str(row.given["operation"]))
    models = [model for model in context.contract.names_at[operation.id].values() if context.wants(model)]
    unique = sorted({model.id: model for model in models}.values(), key=lambda one: not one.price.rules)
    quotes = (one for model in unique for one in request_prices(context, operation, model))
    for one in islice(quotes, FEW if context.options.quick else None):
        model, request, amount_expected = one.model, one.request, one.amount
        response = context.answer(request, operation)
        if response is None:
            continue
        if amount(pointers.value(response.json, row.at[0])) != amount_expected:
            fact = context.facts.fact(f"the price of {model.id}", f"models.json {model.id} price", model.price.evidence)
            expected = f"{amount_expected.normalize():f} {model.price.currency} at {row.at[0]}"
            yield Problem(fact, expected, response.shown(), request, f"{operation.id} {model.id}")
        for place, expected in _misquoted(row, model, amount_expected, response.json):
            fact = context.facts.fact(f"{place} says what is quoted", "conversation.yaml quote", row.evidence)
            yield Problem(fact, f"{expected} at {place}", response.shown(), request, f"{operation.id} {model.id}")


def _misquoted(row: Places, model: Model, expected: Decimal, document: Any) -> Iterator[tuple[str, str]]:
    """The places of a quote that state another currency or price, each with the right one."""
    currency = row.given.get("currency")
    if currency and pointers.value(document, currency) not in (None, model.price.currency):
        yield str(currency), str(model.price.currency)
    for place in row.given.get("texts", ()):
        text = pointers.value(document, place)
        if text is not None and not any(_is_rounded(Decimal(one), expected) for one in _NUMBER.findall(str(text))):
            yield place, f"{expected.normalize():f}"


def _is_rounded(shown: Decimal, price: Decimal) -> bool:
    """Whether a number is a price, rounded to no less than a hundredth."""
    exponent = min(int(shown.as_tuple().exponent), -2)
    return abs(shown - price) <= Decimal(1).scaleb(exponent) / 2


_NUMBER = re.compile(r"\d+(?:\.\d+)?")
READING, CHANGING = ("GET",), ("GET", "PATCH", "DELETE")


def _leads(context: CheckContext, operation: Operation, methods: tuple[str, ...]) -> bool:
    """Whether an operation has a link to one of these methods."""
    names = {str(row.get("operationId")) for row in context.links.of(operation)}
    return any(one.id in names and one.method in methods for one in context.contract.operations)


def _makers(context: CheckContext) -> list[Operation]:
    """The operations that create an object other than a job, with links to it."""
    reads = context.contract.conversation.reads
    return [
        one
        for one in context.contract.operations
        if one.method == "POST" and not one.submits and one.id not in reads and _leads(context, one, CHANGING)
    ]


@check(
    "link.leads", "What a job's reply leads to is there.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(_leads(context, submit, READING) for _, submit in context.submits()),
)  # fmt: skip
def links_of_jobs_lead_on(context: CheckContext) -> Iterator[Problem]:
    for trace in context.jobs.traces():
        if trace.ended and trace.scenario is None:
            yield from _follow_links(context, trace.submit, trace.request, trace.response, READING)


@check(
    "link.made", "What was made can be read, changed and removed where a link leads.", level="jobs",
    known=lambda context: bool(_makers(context)),
)  # fmt: skip
def links_of_things_lead_on(context: CheckContext) -> Iterator[Problem]:
    for operation in _makers(context):
        request = context.maker_request(operation)
        if operation.body == "form" or context.request_checker.judge(request).row is not None:
            continue
        response = context.answer(request, operation)
        if response is None:
            continue
        if context.error_detector.refused(response):
            fact = context.facts.operation(f"{operation.id} answers", operation)
            yield Problem(fact, "an answer that is no refusal", response.shown(), request, operation.id)
        else:
            yield from _follow_links(context, operation, request, response, CHANGING)


def _follow_links(
    context: CheckContext,
    operation: Operation,
    request: SentRequest,
    response: ReceivedResponse,
    methods: tuple[str, ...],
) -> Iterator[Problem]:
    """Follow the links of a response that are of these methods, in their order."""
    rows = [str(row.get("operationId")) for row in context.links.of(operation)]
    found = [
        link for name in dict.fromkeys(rows) if (link := context.links.find(operation, response, name)) is not None
    ]
    for link in sorted(found, key=lambda one: methods.index(one.to.method) if one.to.method in methods else -1):
        if link.to.method not in methods or (link.to.admin and "admin" not in context.target.keys.of):
            continue
        further = context.links.follow(link, request, response)
        further = replace(further, who="admin") if link.to.admin else further
        reply = context.answer(further, link.to)
        if reply is None:
            continue
        if context.error_detector.refused(reply):
            fact = context.facts.operation(f"{link.to.id} answers what {operation.id} has made", link.to)
            yield Problem(fact, "an answer that is no refusal", reply.shown(), further, link.to.id)


CHECKS: tuple[Check, ...] = (
    reads_are_answered,
    models_are_known,
    quotes_its_price,
    links_of_jobs_lead_on,
    links_of_things_lead_on,
)
