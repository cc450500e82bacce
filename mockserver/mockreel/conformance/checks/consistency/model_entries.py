"""What is listed of a model: its price is its price, and its input is what it takes."""

from collections.abc import Iterator

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount
from mockreel.contract import Model, pointers
from mockreel.contract.exchanges.problem import Problem

# The number of models with --quick.
FEW = 4


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


CHECKS: tuple[Check, ...] = (lists_its_price, lists_its_inputs)
