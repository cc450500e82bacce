"""What is said of an account in two ways is the same: by two operations, or by a flag and its numbers."""

from collections.abc import Iterator
from decimal import Decimal

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount
from mockreel.contract import Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# A value may change between two reads, also by another client.
READS = 3
CENT = Decimal(1) / 100


@check(
    "account.agrees", "What two operations say of an account is the same.", level="reads",
    known=lambda context: bool(context.contract.conversation.equals),
)  # fmt: skip
def operations_agree(context: CheckContext) -> Iterator[Problem]:
    for row in context.contract.conversation.equals:
        one = context.contract.operation(str(row.given["operation"]))
        other = context.contract.operation(str(row.given["other"]["operation"]))
        for last in range(READS):
            read = _between(context, one, other)
            if read is None:
                break
            before, (request, middle), after = read
            price = amount(pointers.value(middle.json, str(row.given["other"]["at"])))
            bounds = [value for value in (_times(response, row) for response in (before, after)) if value is not None]
            fits = bool(bounds) and price is not None and min(bounds) - CENT <= price <= max(bounds) + CENT
            if fits or last == READS - 1:
                context.judged()
            if fits:
                break
            if last == READS - 1:
                fact = context.facts.fact(
                    f"{other.id} says what {one.id} says", f"conversation.yaml equals {other.id}", row.evidence
                )
                expected = " to ".join(dict.fromkeys(map(str, bounds))) or "an amount"
                yield Problem(fact, expected, f"{price}: {middle.shown()[:200]}", request, other.id)


def _times(response: ReceivedResponse, row: Places) -> Decimal | None:
    value = amount(pointers.value(response.json, row.at[0]))
    return None if value is None else value * Decimal(str(row.given["other"].get("per", 1)))


def _between(
    context: CheckContext, one: Operation, other: Operation
) -> tuple[ReceivedResponse, tuple[SentRequest, ReceivedResponse], ReceivedResponse] | None:
    """The response of `other` between two of `one`: others may spend from the same account meanwhile."""
    requests = [context.requests.good(operation) for operation in (one, other, one)]
    actual = []
    for request, operation in zip(requests, (one, other, one), strict=True):
        response = context.try_send(request)
        if response is None or context.excused(response, operation):
            return None
        actual.append(response)
    return actual[0], (requests[1], actual[1]), actual[2]


@check(
    "account.flags", "A flag that compares two numbers of a response is as they are.", level="reads",
    known=lambda context: bool(context.contract.conversation.flags),
)  # fmt: skip
def flags_are_as_the_numbers(context: CheckContext) -> Iterator[Problem]:
    for row in context.contract.conversation.flags:
        operation = context.contract.operation(str(row.given["operation"]))
        request = context.requests.good(operation)
        response = context.answer(request, operation)
        if response is None:
            continue
        less, than = (amount(pointers.value(response.json, str(row.given[name]))) for name in ("less", "than"))
        shown = pointers.value(response.json, row.at[0])
        if less is not None and than is not None and shown is not (less < than):
            says = f"{row.at[0]} says whether {row.given['less']} is less than {row.given['than']}"
            fact = context.facts.fact(says, "conversation.yaml flags", row.evidence)
            yield Problem(fact, f"{less < than}, as {less} and {than}", f"{shown!r}", request, operation.id)


CHECKS: tuple[Check, ...] = (flags_are_as_the_numbers, operations_agree)
