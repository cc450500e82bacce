"""A request that is sent twice on purpose: with the same key and body it is one, with another body a conflict."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.contract import Operation, pointers
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.simulator.in_process.mock_target import NotApplicable


def repeats(context: CheckContext) -> bool:
    again = context.contract.conversation.again
    return again is not None and bool(heeding(context))


def heeding(context: CheckContext) -> list[Operation]:
    """The operations that heed the header, under the chosen reading."""
    again, row = context.contract.conversation.again, context.contract.wire.get("idempotency", {})
    names = row.get("operations", again.given.get("operations", ()) if again else ())
    return [context.contract.operation(name) for name in names]


def _fact(context: CheckContext, says: str) -> Fact:
    again = context.contract.conversation.again
    assert again is not None
    return context.facts.fact(says, "conversation.yaml again", again.evidence)


def keyed(context: CheckContext, operation: Operation, key: str) -> SentRequest:
    again = context.contract.conversation.again
    assert again is not None
    good = context.requests.good(operation)
    return replace(good, headers={**good.headers, again.at[0]: f"{key}-{context.options.seed}-{context.stamp}"})


@check("idempotency.same", "The same request with the same key is one.", level="jobs", known=repeats)
def is_one(context: CheckContext) -> Iterator[Problem]:
    again = context.contract.conversation.again
    assert again is not None
    for operation in heeding(context):
        request = keyed(context, operation, f"same-{operation.id}")
        before, after = context.try_send(request), context.try_send(request)
        if before is None or after is None or context.excused(before, operation) or context.excused(after, operation):
            continue
        context.judged()
        place = str(again.given["same"])
        if pointers.value(before.json, place) != pointers.value(after.json, place) or before.status != after.status:
            actual = f"{pointers.value(before.json, place)}, then {after.shown()[:200]}"
            yield Problem(
                _fact(context, f"{again.at[0]} makes a request one"), "the same job", actual, request, operation.id
            )


@check("idempotency.other", "Another request with the same key is refused.", level="jobs", known=repeats)
def is_a_conflict(context: CheckContext) -> Iterator[Problem]:
    again = context.contract.conversation.again
    assert again is not None
    if all(context.request_checker.judge(keyed(context, one, "")).row is not None for one in heeding(context)):
        raise NotApplicable("the contract has no example of a body that is well-formed under this reading")
    row = context.contract.errors[str(again.given["conflict"])]
    for operation in heeding(context):
        request = keyed(context, operation, f"other-{operation.id}")
        other = request.with_json({**request.json, "metadata": {"another": "body"}})
        if context.request_checker.judge(request).row is not None:
            continue
        before, after = context.try_send(request), context.try_send(other)
        if before is None or after is None or context.excused(before, operation) or context.excused(after, operation):
            continue
        context.judged()
        if not context.error_detector.is_row(after, row, operation):
            status, code = context.error_detector.expected(row, operation)
            yield Problem(context.facts.row(row.name), f"{status} {code}", after.shown(), other, operation.id)


CHECKS: tuple[Check, ...] = (is_one, is_a_conflict)
