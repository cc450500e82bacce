"""Well-formed requests about things that exist: what needs none, what a job's links lead to, what was made for it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.consistency.accounts.account_access import makers
from mockreel.contract import Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.request_builder import UNKNOWN_ID


def requests_of(
    context: CheckContext, condition: Callable[[Operation], bool]
) -> Iterator[tuple[Operation, SentRequest]]:
    """A well-formed request for each wanted operation that can be reached; what was made for it is removed again."""
    seen: set[str] = set()
    for operation, request in (*_without_need(context), *_of_jobs(context)):
        if condition(operation) and operation.id not in seen:
            seen.add(operation.id)
            yield operation, request
    for maker in makers(context):
        links = {str(row.get("operationId")) for row in context.links.of(maker)}
        further = [context.contract.operation(name) for name in links]
        if any(condition(one) and one.id not in seen and one.method != "DELETE" for one in further):
            yield from _of_things(context, maker, condition, seen)


def _without_need(context: CheckContext) -> Iterator[tuple[Operation, SentRequest]]:
    """What can be asked without anything that was there before."""
    for operation in context.contract.operations:
        request = context.requests.good(operation)
        if (
            UNKNOWN_ID not in request.path
            and operation.body in ("json", "none")
            and (not operation.admin or "admin" in context.target.keys.of)
            and context.request_checker.judge(request).row is None
        ):
            yield operation, _by_who_may(operation, request)


def _by_who_may(operation: Operation, request: SentRequest) -> SentRequest:
    return replace(request, who="admin") if operation.admin else request


def _of_jobs(context: CheckContext) -> Iterator[tuple[Operation, SentRequest]]:
    """What the links of a job lead to, whose end was seen."""
    for trace in context.jobs.traces():
        if trace.ended and trace.scenario is None:
            yield from _link_requests(context, trace.submit, trace.request, trace.response)


def _link_requests(
    context: CheckContext, operation: Operation, request: SentRequest, response: ReceivedResponse
) -> Iterator[tuple[Operation, SentRequest]]:
    for name in dict.fromkeys(str(row.get("operationId")) for row in context.links.of(operation)):
        link = context.links.find(operation, response, name)
        if link is not None and (not link.to.admin or "admin" in context.target.keys.of):
            yield link.to, _by_who_may(link.to, context.links.follow(link, request, response))


def _of_things(
    context: CheckContext, maker: Operation, condition: Callable[[Operation], bool], seen: set[str]
) -> Iterator[tuple[Operation, SentRequest]]:
    request = context.maker_request(maker)
    if context.request_checker.judge(request).row is not None:
        return
    made = context.try_send(request)
    if made is None or context.excused(made, maker) or context.error_detector.refused(made):
        return
    found = list(_link_requests(context, maker, request, made))
    for operation, further in found:
        if condition(operation) and operation.id not in seen and operation.method != "DELETE":
            seen.add(operation.id)
            yield operation, further
    for operation, further in found:
        if operation.method == "DELETE":
            context.try_send(further)
