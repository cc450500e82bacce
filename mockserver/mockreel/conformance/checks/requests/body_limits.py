"""What an operation takes beside a model's input has limits: what lies just beyond one is refused."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.requests.object_requests import requests_of
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.contract.exchanges.request_builder import placed

# A query parameter that no document names.
_SOMETHING = "mockreel_unknown"


def _takes_fields(operation: Operation) -> bool:
    return operation.body == "json" and bool(operation.request_schema)


def _beyond(context: CheckContext, operation: Operation, request: SentRequest) -> Iterator[tuple[str, SentRequest]]:
    """The request with one field of its body beyond a limit; what a model's own schema says is asked elsewhere."""
    schema, base = context.requests.resolver.followed(operation.request_schema)
    own = {operation.input.strip("/").partition("/")[0], *(place.name for place in operation.key)}
    body = request.json if isinstance(request.json, dict) else {}
    for name, field in schema.get("properties", {}).items():
        for what, value in context.requests.samples.beyond(field, base, like=body.get(name)) if name not in own else ():
            yield f"{name} {what}", request.with_json(placed(body, f"/{name}", value))
    for name in schema.get("required", ()):
        if name not in own and name in body:
            yield f"{name} is missing", request.with_json({key: value for key, value in body.items() if key != name})


@check(
    "body.limits", "A body with a field beyond what its operation allows is refused, whatever the operation.",
    level="jobs", uses=(PLAIN,), known=lambda context: any(map(_takes_fields, context.contract.operations)),
)  # fmt: skip
def beyond_is_refused(context: CheckContext) -> Iterator[Problem]:
    for operation, request in requests_of(context, _takes_fields):
        for what, wrong in _beyond(context, operation, request):
            row = context.request_checker.judge(wrong).row
            response = context.try_send(wrong) if row is not None else None
            if row is None or response is None or context.excused(response, operation):
                continue
            context.judged()
            if not context.error_detector.is_row(response, context.contract.errors[row], operation):
                status, code = context.error_detector.expected(context.contract.errors[row], operation)
                expected = f"{status} {code}, as {what}"
                if not context.error_detector.refused(response):
                    fact = context.facts.operation(f"{operation.id} takes what its schema allows", operation)
                else:
                    fact = context.facts.row(row)
                yield Problem(fact, expected, response.shown(), wrong, operation.id)


def _wrong_queries(
    context: CheckContext, operation: Operation, request: SentRequest
) -> Iterator[tuple[str, SentRequest]]:
    """The request with a parameter that is no option of it, or with one that is not known."""
    keys = {place.name for place in operation.key}
    for parameter in operation.query:
        schema, _ = context.requests.resolver.followed(parameter.schema)
        if (
            parameter.name not in keys
            and isinstance(schema, Mapping)
            and ("enum" in schema or "format" in schema or _is_number(schema))
        ):
            yield f"{parameter.name} is no option", _with_query(request, f"{parameter.name}=mockreel-no-option")
    if operation.raw["x-mockreel"].get("query") == "closed":
        for beside in (request, *_with_an_option(request, operation, keys)):
            yield f"{_SOMETHING} is not known", _with_query(beside, f"{_SOMETHING}=1")


def _with_an_option(request: SentRequest, operation: Operation, keys: Collection[str]) -> Iterator[SentRequest]:
    """The request with a parameter that the operation knows: another beside it is as unknown as alone."""
    for parameter in operation.query:
        if parameter.name not in keys and "format" not in parameter.schema:
            value = [*parameter.schema.get("enum", ()), "1" if _is_number(parameter.schema) else "mockreel"][0]
            yield _with_query(request, f"{parameter.name}={value}")
            return


def _is_number(schema: Mapping[str, Any]) -> bool:
    kinds = schema.get("type", ())
    return {"integer", "number"} & set([kinds] if isinstance(kinds, str) else kinds) != set()


def _with_query(request: SentRequest, pair: str) -> SentRequest:
    name = pair.partition("=")[0]
    parts = [part for part in request.query.split("&") if part and part.partition("=")[0] != name]
    return SentRequest(
        request.method,
        request.path,
        "&".join([*parts, pair]),
        request.headers,
        request.body,
        request.operation,
        request.who,
    )


@check(
    "query.limits", "A query with a parameter that is none of its options is refused.", level="jobs", uses=(PLAIN,),
    known=lambda context: any(
        any(True for _ in _wrong_queries(context, one, context.requests.good(one)))
        for one in context.contract.operations
        if one.method == "GET"
    ),
)  # fmt: skip
def no_option_is_refused(context: CheckContext) -> Iterator[Problem]:
    for operation, request in requests_of(context, lambda one: bool(one.query) and one.method == "GET"):
        for what, wrong in _wrong_queries(context, operation, request):
            row = context.request_checker.judge(wrong).row or (
                "invalid-query" if operation.raw["x-mockreel"].get("query") == "closed" else None
            )
            response = context.try_send(wrong) if row is not None else None
            if row is None or response is None or context.excused(response, operation):
                continue
            context.judged()
            if not context.error_detector.is_row(response, context.contract.errors[row], operation):
                status, code = context.error_detector.expected(context.contract.errors[row], operation)
                fact = context.facts.operation(f"{operation.id} takes what its parameters allow", operation)
                yield Problem(fact, f"{status} {code}, as {what}", response.shown(), wrong, operation.id)


CHECKS: tuple[Check, ...] = (beyond_is_refused, no_option_is_refused)
