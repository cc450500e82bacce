"""Listed prices, and agreement between operations about the same values."""

from collections.abc import Iterator
from decimal import Decimal

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount
from mockreel.contract import Model, Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem

# The number of models with --quick.
FEW = 4
# A value may change between two reads, also by another client.
READS = 3
CENT = Decimal(1) / 100


def _models_with_price(context: CheckContext) -> list[Model]:
    models = [one for one in context.contract.models.values() if context.wants(one) and not one.routes]
    exact = [one for one in models if one.price.certainty == "exact" and one.price.amount is not None]
    plain = [one for one in exact if not one.price.rules]
    return plain[: FEW if context.options.quick else None]


@check(
    "price.listed", "What is listed as a model's price is its price.", level="reads",
    known=lambda context: context.contract.conversation.prices is not None and bool(_models_with_price(context)),
)  # fmt: skip
def lists_its_price(context: CheckContext) -> Iterator[Problem]:
    row = context.contract.conversation.prices
    assert row is not None
    operation = context.contract.operation(str(row.given["operation"]))
    place = next(part[1:-1] for part in operation.path.split("/") if part.startswith("{"))
    for model in _models_with_price(context):
        request = context.requests.good(operation, params={place: model.id})
        response = context.answer(request, operation)
        if response is None:
            continue
        prices = {amount(value) for value in pointers.values(response.json, row.at[0])}
        currencies = set(pointers.values(response.json, str(row.given["currency"])))
        units = set(pointers.values(response.json, str(row.given["unit"]))) if "unit" in row.given else set()
        assert model.price.amount is not None
        if model.price.amount not in prices or currencies != {model.price.currency} or units - {model.price.unit}:
            fact = context.facts.fact(f"the price of {model.id}", f"models.json {model.id} price", model.price.evidence)
            expected = f"{model.price.amount.normalize():f} {model.price.currency} for each {model.price.unit}"
            actual = f"{', '.join(map(str, prices))} {', '.join(map(str, currencies))} {', '.join(map(str, units))}"
            yield Problem(fact, expected, actual, request, f"{operation.id} {model.id}")


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
    for model in models[: FEW if context.options.quick else None]:
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
            actual = f"{', '.join(map(str, needed)) or 'nothing'} required, {offered}"
            yield Problem(fact, expected, actual, request, f"{operation.id} {model.id}")


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


CHECKS: tuple[Check, ...] = (flags_are_as_the_numbers, lists_its_price, lists_its_inputs, operations_agree)
