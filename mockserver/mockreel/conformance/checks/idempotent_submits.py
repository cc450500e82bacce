"""A request that is sent twice on purpose: with the same key and body it is one, with another body a conflict."""

from collections.abc import Iterator
from dataclasses import replace

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.list_reader import entries_of, queried
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Pair
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


@check(
    "idempotency.once", "A request that is sent twice with the same key begins one job.", level="jobs",
    known=lambda context: repeats(context) and any(True for _ in _listed(context)),
)  # fmt: skip
def begins_one_job(context: CheckContext) -> Iterator[Problem]:
    again = context.contract.conversation.again
    assert again is not None
    for operation, pair, name in _listed(context):
        key = f"once-{operation.id}"
        request = keyed(context, operation, key)
        mark = request.headers[again.at[0]]
        request = request.with_json(pointers.placed(request.json, pair.one, mark))
        before, after = context.try_send(request), context.try_send(request)
        if before is None or after is None or context.excused(before, operation) or context.excused(after, operation):
            continue
        paged = context.contract.conversation.lists[name]
        every = queried(context, context.contract.operation(name), {})
        response = context.answer(every, every.operation)
        entries = entries_of(paged, response) if response is not None else []
        begun = [one for one in entries if pointers.value(one, pair.other) == mark]
        if len(begun) > 1:
            ids = ", ".join(str(pointers.value(one, paged.id)) for one in begun)
            fact = _fact(context, f"{again.at[0]} makes a request one")
            yield Problem(fact, f"one job with {mark} at {pair.other}", ids, request, operation.id)


def _listed(context: CheckContext) -> Iterator[tuple[Operation, Pair, str]]:
    """The submits that heed the header and carry a text by which a list of jobs shows each: its places, the list."""
    lists = context.contract.conversation.lists
    for operation in heeding(context):
        talk = context.contract.conversation.of(operation.id)
        for pair in talk.promises.repeats if talk is not None else ():
            carried = talk is not None and isinstance(talk.promises.carries.get(pair.one.removeprefix("/")), str)
            for name, paged in lists.items():
                if carried and paged.jobs and paged.id and pair.other in paged.agrees:
                    yield operation, pair, name


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


CHECKS: tuple[Check, ...] = (is_one, begins_one_job, is_a_conflict)
