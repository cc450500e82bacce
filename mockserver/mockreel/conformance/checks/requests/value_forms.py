"""A value that may be written in several ways is taken in each of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.jobs.job_groups import PLAIN
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem


def _two_ways(context: CheckContext, operation: Operation) -> list[str]:
    """The fields of a body that take a number as a text or as a number."""
    if operation.request_schema is None or operation.model is not None or operation.body != "json":
        return []
    schema, _ = context.requests.resolver.followed(operation.request_schema, "")
    fields: Mapping[str, Any] = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    kinds = {name: field.get("type") for name, field in fields.items() if isinstance(field, Mapping)}
    return [name for name, kind in kinds.items() if isinstance(kind, list) and {"string", "integer"} <= {*kind}]


def _reads(context: CheckContext, operation: Operation) -> bool:
    known = operation.method == "GET" or operation.id in context.contract.conversation.reads
    return known and bool(_two_ways(context, operation))


def _of_jobs(context: CheckContext) -> Iterator[tuple[Operation, SentRequest]]:
    """The reads that the links of a job lead to, each of one job that has ended."""
    seen = set[str]()
    for trace in (one for one in context.jobs.traces() if one.ended):
        for name in dict.fromkeys(str(row.get("operationId")) for row in context.links.of(trace.submit)):
            link = context.links.find(trace.submit, trace.response, name) if name not in seen else None
            if link is not None and _reads(context, link.to):
                seen.add(name)
                yield link.to, context.links.follow(link, trace.request, trace.response)


@check(
    "body.forms", "A number that may be sent as a text or as a number is taken as either.", level="jobs",
    uses=(PLAIN,), known=lambda context: any(_reads(context, one) for one in context.contract.operations),
)  # fmt: skip
def is_taken_either_way(context: CheckContext) -> Iterator[Problem]:
    for operation, request in _of_jobs(context):
        body, usual = request.json, context.answer(request, operation)
        for name in _two_ways(context, operation) if isinstance(body, dict) and usual is not None else ():
            text = str(body.get(name, ""))
            if not text.isdecimal() or text != str(int(text)):
                continue
            other = request.with_json({**body, name: int(text) if isinstance(body[name], str) else text})
            response = context.answer(other, operation)
            refused = context.error_detector.refused
            if response is not None and usual is not None and refused(response) and not refused(usual):
                fact = context.facts.operation(f"{operation.id} takes {name} as a text or a number", operation)
                yield Problem(fact, "the same answer either way", response.shown(), other, operation.id)


CHECKS: tuple[Check, ...] = (is_taken_either_way,)
