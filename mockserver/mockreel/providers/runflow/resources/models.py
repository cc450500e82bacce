"""Models as records, with inputs from their schemas and price rows from the contract."""

from collections.abc import Mapping, Sequence
from typing import Any

from mockreel.contract import Model
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.randomness import uuid4
from mockreel.providers.runflow import money
from mockreel.providers.runflow.lists.list_page import list_response
from mockreel.providers.runflow.state import model_uuid, state_of
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

Record = Mapping[str, Any]


def list_models(context: RequestContext) -> Answer:
    """Every model, with or without a key."""
    models = list(enumerate(context.provider.contract.models.values()))
    return list_response(
        context,
        "model.json",
        models,
        number=lambda item: item[0],
        render=lambda item: _record(context.provider, item[1]),
        newest_first=False,
    )


def get_model(context: RequestContext) -> Response:
    return json_response(200, _record(context.provider, _model(context)))


def _model(context: RequestContext) -> Model:
    model = context.provider.contract.names.get(context.params["model_id"])
    if model is None:
        raise ErrorResponse("unknown-model", values={"model": context.params["model_id"]})
    return model


def _record(provider: Provider, model: Model) -> Record:
    known = state_of(provider).model_records
    if model.id not in known:
        known[model.id] = _made_record(provider, model)
    return known[model.id]


def _made_record(provider: Provider, model: Model) -> dict[str, Any]:
    owner, _, slug = model.id.partition("/")
    schema = provider.contract.schemas.document(model.schema)
    return {
        **state_of(provider).blank("model.json"),
        **provider.contract.wire["model_record"],
        "id": model_uuid(provider, model),
        "model_creator_id": uuid4(provider.draw("creator", owner)),
        "slug": slug,
        "name": schema.get("title", model.id),
        "category_code": model.output,
        "pricing_note": model.price.note or None,
        "inputs": [_input(provider, model, schema, name, index) for index, name in enumerate(schema["properties"])],
        "outputs": [_output(provider, model, name, index) for index, name in enumerate(_outputs(provider))],
    }


def _input(provider: Provider, model: Model, schema: Record, name: str, index: int) -> Record:
    field = schema["properties"][name]
    attributes = {key: field[key] for key in ("enum", "minimum", "maximum", "minItems", "maxItems") if key in field}
    return {
        **state_of(provider).blank("model-input.json"),
        **_named_record(provider, model, "input", name),
        "variable_type_code": _type(provider, field),
        "validator_attrs": attributes or None,
        "is_required": name in schema.get("required", ()),
        "default_value": field.get("default"),
        "sort_order": index,
    }


def _named_record(provider: Provider, model: Model, sort: str, name: str) -> Record:
    return {
        "id": uuid4(provider.draw(sort, model.id, name)),
        "model_id": model_uuid(provider, model),
        "name": name,
        "display_name": name.replace("_", " "),
    }


def _type(provider: Provider, field: Record) -> str | None:
    words: Mapping[str, str] = provider.contract.wire["variable_types"]
    return words.get(field.get("format", "")) or words.get(str(field.get("type")))


def _outputs(provider: Provider) -> Sequence[str]:
    return list(provider.contract.schemas.document("run-output.json")["properties"])


def _output(provider: Provider, model: Model, name: str, index: int) -> Record:
    return {
        **state_of(provider).blank("model-output.json"),
        **_named_record(provider, model, "output", name),
        "variable_type_code": provider.contract.wire["variable_types"]["object"],
        "sort_order": index,
    }


def list_model_prices(context: RequestContext) -> Answer:
    """The price rows of a model: the base price, then one for each condition."""
    rows = list(enumerate(_prices(context.provider, _model(context))))
    return list_response(
        context,
        "model-price.json",
        rows,
        number=lambda row: row[0],
        render=lambda row: row[1],
        newest_first=False,
    )


def _prices(provider: Provider, model: Model) -> list[Record]:
    words, price = provider.contract.wire["price_words"], model.price
    common = {
        **state_of(provider).blank("model-price.json"),
        "model_id": model_uuid(provider, model),
        "pricing_model_code": words["model"],
        "currency_code": price.currency,
        "unit_code": price.unit or None,
    }
    base = {"rule_effect_code": words["base"], "price": money.amount(price.amount), "description": price.note or None}
    found = [{**common, **base}]
    for rule in price.rules:
        named = ", ".join(f"{name}={value}" for name, value in rule.when.items())
        own = {"rule_effect_code": words["rule"], "match_value": named, "price": money.amount(rule.amount)}
        found.append({**common, **own})
    return [
        {**row, "id": uuid4(provider.draw("price", model.id, index)), "sort_order": index}
        for index, row in enumerate(found)
    ]
