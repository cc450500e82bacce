"""Prices as they are listed, and what two operations say of one thing."""

from collections.abc import Iterator
from decimal import Decimal

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount
from mockreel.contract import Model, Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# With --quick so many models are asked for.
FEW = 4
# Two reads of one thing may lie around a change of it.
READS = 3


def _priced(context: CheckContext) -> list[Model]:
    models = [one for one in context.contract.models.values() if context.wants(one) and not one.routes]
    exact = [one for one in models if one.price.certainty == "exact" and one.price.amount is not None]
    plain = [one for one in exact if not one.price.rules]
    return plain[: FEW if context.wanted.quick else None]


@check(
    "price.listed", "What is listed as a model's price is its price.", level="reads",
    known=lambda context: context.contract.conversation.prices is not None and bool(_priced(context)),
)  # fmt: skip
def lists_its_price(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.prices
    assert row is not None
    operation = context.contract.operation(str(row.given["operation"]))
    place = next(part[1:-1] for part in operation.path.split("/") if part.startswith("{"))
    for model in _priced(context):
        request = context.requests.good(operation, params={place: model.id})
        response = context.try_send(request)
        if response is None or context.excused(response, operation):
            continue
        context.judged()
        prices = {amount(value) for value in pointers.values(response.json, row.at[0])}
        currencies = set(pointers.values(response.json, str(row.given["currency"])))
        assert model.price.amount is not None
        if model.price.amount not in prices or currencies != {model.price.currency}:
            fact = context.facts.fact(f"the price of {model.id}", f"models.json {model.id} price", model.price.evidence)
            expected = f"{model.price.amount.normalize():f} {model.price.currency}"
            came = f"{', '.join(map(str, prices))} {', '.join(map(str, currencies))}"
            yield Problem(fact, expected, came, request, f"{operation.id} {model.id}")


@check(
    "model.inputs", "What is listed as a model's input is what it takes.", level="reads",
    known=lambda context: context.contract.conversation.inputs is not None,
)  # fmt: skip
def lists_its_inputs(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.inputs
    assert row is not None
    operation = context.contract.operation(str(row.given["operation"]))
    place = next(part[1:-1] for part in operation.path.split("/") if part.startswith("{"))
    models = [one for one in context.contract.models.values() if context.wants(one) and not one.routes]
    for model in models[: FEW if context.wanted.quick else None]:
        request = context.requests.good(operation, params={place: model.id})
        response = context.try_send(request)
        fields = pointers.value(response.json, row.at[0]) if response is not None else None
        if response is None or context.excused(response, operation) or not isinstance(fields, list):
            continue
        context.judged()
        schema, _ = context.requests.resolver.model(model.schema)
        needed = {pointers.value(one, str(row.given["name"])) for one in fields if _is(one, row.given["required"])}
        offered = pointers.value(response.json, row.given["offered"]["at"])
        if needed != set(schema.get("required", ())) or offered != row.given["offered"]["value"]:
            fact = context.facts.fact(f"the input of {model.id}", f"models.json {model.id}", model.evidence)
            expected = f"{', '.join(schema.get('required', ()))} are required, {row.given['offered']['value']}"
            came = f"{', '.join(map(str, needed)) or 'nothing'} required, {offered}"
            yield Problem(fact, expected, came, request, f"{operation.id} {model.id}")


def _is(entry: object, place: str) -> bool:
    return pointers.value(entry, place) is True


@check(
    "account.agrees", "What two operations say of an account is the same.", level="reads",
    known=lambda context: bool(context.contract.conversation.equals),
)  # fmt: skip
def operations_agree(context: CheckContext) -> Iterator[Problem]:
    for row in context.contract.conversation.equals:
        one = context.contract.operation(str(row.given["operation"]))
        other = context.contract.operation(str(row.given["other"]["operation"]))
        for last in range(READS):
            read = _both(context, one, other)
            if read is None or context.excused(read[1], one) or context.excused(read[2], other):
                break
            request, first, second = read
            shown = amount(pointers.value(first.json, row.at[0]))
            told = amount(pointers.value(second.json, str(row.given["other"]["at"])))
            wanted = _times(shown, row)
            fits = wanted is not None and told is not None and abs(wanted - told) <= Decimal(1) / 100
            if fits or last == READS - 1:
                context.judged()
            if fits:
                break
            if last == READS - 1:
                fact = context.facts.fact(
                    f"{other.id} says what {one.id} says", f"conversation.yaml equals {other.id}", row.evidence
                )
                yield Problem(fact, f"{wanted}", f"{told}: {second.shown()[:200]}", request, other.id)


def _times(value: Decimal | None, row: Places) -> Decimal | None:
    return None if value is None else value * Decimal(str(row.given["other"].get("per", 1)))


def _both(
    context: CheckContext, one: Operation, other: Operation
) -> tuple[SentRequest, ReceivedResponse, ReceivedResponse] | None:
    request = context.requests.good(other)
    first = context.try_send(context.requests.good(one))
    second = context.try_send(request) if first is not None else None
    return (request, first, second) if first is not None and second is not None else None


CHECKS: tuple[Check, ...] = (lists_its_price, lists_its_inputs, operations_agree)
