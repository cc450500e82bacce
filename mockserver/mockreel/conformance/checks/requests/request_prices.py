"""What a submit says that it costs is the price of what it asks for: one request for each of a price's rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from mockreel.conformance.check import Check, check
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.checks.job_records import amount
from mockreel.contract import Model, Operation, pointers
from mockreel.contract.conversation.promises import Places
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.engine.billing.rates import Rates

# So many requests with other prices are made of one model, and of so many models with --quick.
MOST_PRICES, FEW_MODELS = 4, 2


@dataclass(frozen=True, slots=True)
class PricedRequest:
    """A well-formed request of a model whose price is known exactly."""

    model: Model
    request: SentRequest
    amount: Decimal


def request_prices(context: CheckContext, operation: Operation, model: Model) -> Iterator[PricedRequest]:
    """The usual request of a model, then one for each rule of its price, as far as their prices differ."""
    return islice(_of_each_price(context, operation, model), MOST_PRICES)


def _of_each_price(context: CheckContext, operation: Operation, model: Model) -> Iterator[PricedRequest]:
    usual, rates, seen = context.requests.good(operation, model), Rates(context.contract), set[Decimal]()
    for when in ({}, *(rule.when for rule in model.price.rules)):
        request = _with_fields(context, operation, model, usual, when)
        fields: Any = pointers.value(request.json, operation.input)
        cost = rates.cost(model, fields if isinstance(fields, Mapping) else {})
        if cost.certainty != "exact" or cost.amount is None or cost.amount in seen:
            continue
        if context.request_checker.judge(request).row is None:
            seen.add(cost.amount)
            yield PricedRequest(model, request, cost.amount)


def _with_fields(
    context: CheckContext, operation: Operation, model: Model, request: SentRequest, when: Mapping[str, str]
) -> SentRequest:
    """A request with the fields that a rule names, each of the type that the model's schema has."""
    schema, _ = context.requests.resolver.model(context.model_selection.schema(operation, model))
    for name, text in when.items():
        value = _typed(schema.get("properties", {}).get(name, {}), text)
        request = request.with_json(pointers.placed(request.json, f"{operation.input}/{name}", value))
    return request


def _typed(schema: Mapping[str, Any], text: str) -> Any:
    """A value that a rule has as a text, as the field has it: one of its options, or of its type."""
    options = [one for one in schema.get("enum", ()) if str(one).lower() == text.lower()]
    if options:
        return options[0]
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next((one for one in kinds if one != "null"), "string")
    if kind == "boolean":
        return text == "true"
    try:
        return int(text) if kind == "integer" else float(text) if kind == "number" else text
    except ValueError:
        return text


def _told_at_once(context: CheckContext) -> Iterator[tuple[Operation, Places]]:
    """The submits that are answered with what the job costs, and where."""
    for talk, submit in context.submits():
        row = talk.promises.cost
        if row is not None and "header" in row.given and context.model_selection.leads(submit):
            yield submit, row


@check(
    "price.charged", "What a submit says that it costs is the price of what it asks for.", level="jobs",
    known=lambda context: any(True for _ in _told_at_once(context)),
)  # fmt: skip
def costs_what_it_asks_for(context: CheckContext) -> Iterator[Problem]:
    for submit, row in _told_at_once(context):
        known = {one.id: one for one in context.contract.names_at.get(submit.id, {}).values() if context.wants(one)}
        priced = [one for one in known.values() if one.price.certainty == "exact"]
        for model in priced[: FEW_MODELS if context.options.quick else None]:
            usual = list(request_prices(context, submit, model))
            for one in (*usual, *_as_texts(context, submit, usual)):
                response = context.answer(one.request, submit)
                if response is None or context.error_detector.refused(response):
                    continue
                shown = _shown(row, response)
                if shown != one.amount:
                    says = f"the price of {model.id}"
                    fact = context.facts.fact(says, f"models.json {model.id} price", model.price.evidence)
                    expected = f"{one.amount.normalize():f} {model.price.currency}"
                    actual = f"{shown} in {response.shown()}"
                    yield Problem(fact, expected, actual, one.request, f"{submit.id} {model.id}")


def _as_texts(context: CheckContext, submit: Operation, usual: list[PricedRequest]) -> Iterator[PricedRequest]:
    """The last of these requests with each number as a text, where the contract takes one for the other."""
    for one in usual[-1:] if context.contract.wire.get("lenient_numbers") else ():
        fields = pointers.value(one.request.json, submit.input) if submit.input else one.request.json
        texts = {name: str(value) for name, value in fields.items() if type(value) in (int, float)}
        request = one.request
        for name, text in texts.items():
            request = request.with_json(pointers.placed(request.json, f"{submit.input}/{name}", text))
        if texts and context.request_checker.judge(request).row is None:
            yield PricedRequest(one.model, request, one.amount)


def _shown(row: Places, response: ReceivedResponse) -> Decimal | None:
    """What a response says that the job costs, in its body or in a header."""
    own = amount(pointers.value(response.json, row.at[0]))
    return own if own is not None else amount(response.headers.get(str(row.given["header"]).lower()))


CHECKS: tuple[Check, ...] = (costs_what_it_asks_for,)
