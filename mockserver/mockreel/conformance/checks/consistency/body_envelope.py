"""What a submit accepts beside the model's input, and that nothing else is accepted as JSON."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem

# Values of other types than most fields have.
_OTHERS: tuple[object, ...] = ("not this", 17, ["not this"], {"not": "this"}, True)
_SOMETHING = "mockreel_unknown"


def _submits(context: CheckContext) -> Iterator[Operation]:
    for talk in context.contract.conversation.jobs.values():
        for name in talk.submits:
            operation = context.contract.operation(name)
            if operation.body == "json" and operation.request_schema:
                yield operation


def _beside(context: CheckContext, operation: Operation) -> Iterator[tuple[str, SentRequest]]:
    """Bodies with one field beside the input of another type, or with a field that is not known."""
    schema, _ = context.requests.resolver.followed(operation.request_schema)
    own = {operation.input.strip("/").partition("/")[0], operation.model.name if operation.model else ""}
    good = context.requests.good(operation)
    if not isinstance(good.json, dict):
        return
    for name in [*schema.get("properties", {}), _SOMETHING]:
        for value in _OTHERS if name not in own else ():
            yield f"{name} is {value!r}", good.with_json({**good.json, name: value})


@check("body.beside", "What a submit takes beside its input is of its form.", level="breaking")
def fields_beside_the_input(context: CheckContext) -> Iterator[Problem]:
    for operation in _submits(context):
        for what, request in _beside(context, operation):
            row = context.request_checker.judge(request).row
            if row is None:
                continue
            response = context.answer(request, operation)
            if response is None:
                continue
            if not context.error_detector.is_row(response, context.contract.errors[row], operation):
                status, code = context.error_detector.expected(context.contract.errors[row], operation)
                expected = f"{status} {code}, as {what}"
                yield Problem(context.facts.row(row), expected, response.shown(), request, operation.id)


@check("body.media", "A body that is called no JSON is not taken for it.", level="breaking")
def other_media(context: CheckContext) -> Iterator[Problem]:
    for operation in _submits(context):
        good = context.requests.good(operation)
        request = replace(good, headers={**good.headers, "content-type": "text/plain"})
        row = context.request_checker.judge(request).row
        response = context.try_send(request) if row is not None else None
        if row is None or response is None or context.excused(response, operation):
            continue
        context.judged()
        if not context.error_detector.is_row(response, context.contract.errors[row], operation):
            status, code = context.error_detector.expected(context.contract.errors[row], operation)
            yield Problem(context.facts.row(row), f"{status} {code}", response.shown(), request, operation.id)


def _nullable(context: CheckContext) -> bool:
    return any(_with_nulls(context, operation) is not None for operation in _submits(context))


def _with_nulls(context: CheckContext, operation: Operation) -> SentRequest | None:
    """A body with every field beside the input as null; None where the contract does not allow that."""
    schema, _ = context.requests.resolver.followed(operation.request_schema)
    good = context.requests.good(operation)
    names = [name for name in schema.get("properties", {}) if isinstance(good.json, dict) and name not in good.json]
    request = good.with_json({**good.json, **dict.fromkeys(names)}) if names else None
    return request if request is not None and context.request_checker.judge(request).row is None else None


@check("body.null", "A field beside the input that may be null is taken as null.", level="jobs", known=_nullable)
def nulls_are_taken(context: CheckContext) -> Iterator[Problem]:
    for operation in _submits(context):
        if (request := _with_nulls(context, operation)) is None:
            continue
        response = context.answer(request, operation)
        if response is None:
            continue
        if context.error_detector.refused(response):
            fact = context.facts.operation(f"{operation.id} takes null for what may be null", operation)
            yield Problem(fact, "taken", response.shown(), request, operation.id)


CHECKS: tuple[Check, ...] = (fields_beside_the_input, other_media, nulls_are_taken)
