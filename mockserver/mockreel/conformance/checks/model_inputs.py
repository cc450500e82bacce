"""Bodies that a model's schema allows are accepted, bodies that it forbids are rejected."""

import random
from collections.abc import Iterable, Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import Model, Operation
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.sample_values import Variant


def _judged_variants(
    context: CheckContext, check_id: str, *, allowed: bool
) -> Iterator[tuple[str, Operation, Model, SentRequest]]:
    """Every variant that the contract's own validator judges as it should be judged, as many as fit the budget."""
    every = list(_every(context, allowed=allowed))
    most = context.most.get(check_id)
    if most is not None and most < len(every):
        context.skip("they do not fit the budget; give more with --budget", len(every) - most)
        sample = sorted(random.Random(f"{context.options.seed} {check_id}").sample(range(len(every)), most))
        every = [every[number] for number in sample]
    yield from every


def _every(context: CheckContext, *, allowed: bool) -> Iterator[tuple[str, Operation, Model, SentRequest]]:
    for operation in context.contract.operations:
        for model in context.model_selection.at(operation):
            if model is None or operation.body != "json" or context.waits_for_the_end(operation):
                continue
            if allowed and _unpriced(context, operation, model):
                continue
            schema, base = context.requests.resolver.model(context.model_selection.schema(operation, model))
            variants = context.requests.samples.allowed if allowed else context.requests.samples.forbidden
            for variant in _selection(context, variants(schema, base)):
                request = context.requests.with_input(operation, model, variant.value)
                if (context.request_checker.judge(request).row is None) == allowed:
                    yield variant.what, operation, model, request


def _unpriced(context: CheckContext, operation: Operation, model: Model) -> bool:
    """Whether an operation quotes prices, and the model has none that it could quote."""
    quote = context.contract.conversation.quote
    return quote is not None and quote.given["operation"] == operation.id and model.price.amount is None


def _selection(context: CheckContext, variants: Iterable[Variant]) -> Iterable[Variant]:
    """All of them; with `quick` one of each kind."""
    if not context.options.quick:
        return variants
    return {variant.kind: variant for variant in variants}.values()


def _fact(context: CheckContext, model: Model) -> Fact:
    return context.facts.fact(f"the input schema of {model.id}", f"models.json {model.id}", model.evidence)


@check("body.taken", "A body that the model's schema allows is taken.", level="jobs")
def allowed_is_taken(context: CheckContext) -> Iterator[Problem]:
    for what, operation, model, request in _judged_variants(context, "body.taken", allowed=True):
        response = context.answer(request, operation)
        if response is None:
            continue
        if context.error_detector.refused(response):
            subject = f"{operation.id} {model.id}"
            yield Problem(_fact(context, model), f"taken, though {what}", response.shown(), request, subject)


@check("body.refused", "A body that the model's schema forbids is refused.", level="breaking")
def forbidden_is_refused(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.errors["invalid-body"]
    for what, operation, model, request in _judged_variants(context, "body.refused", allowed=False):
        response = context.answer(request, operation)
        if response is None:
            continue
        subject = f"{operation.id} {model.id}"
        if not context.error_detector.refused(response):
            yield Problem(_fact(context, model), f"refused, as {what}", response.shown(), request, subject)
        elif not context.error_detector.is_row(response, row, operation):
            status, code = context.error_detector.expected(row, operation)
            yield Problem(
                context.facts.row(row.name), f"{status} {code}, as {what}", response.shown(), request, subject
            )


CHECKS: tuple[Check, ...] = (allowed_is_taken, forbidden_is_refused)
