"""Models as records, with inputs from their schemas and price rows from the contract."""

from collections.abc import Mapping, Sequence
from typing import Any

from mockreel.contract import Model
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.randomness import uuid4
from mockreel.providers.runflow import money
from mockreel.providers.runflow.lists.list_page import listed
from mockreel.providers.runflow.state import model_uuid, state_of
from mockreel.simulator.context import Call
from mockreel.simulator.provider import Part

Record = Mapping[str, Any]


def list_models(call: Call) -> Reply:
    """Every model, with or without a key."""
    models = list(enumerate(call.part.contract.models.values()))
    return listed(
        call,
        "model.json",
        models,
        number=lambda item: item[0],
        render=lambda item: _record(call.part, item[1]),
        newest_first=False,
    )


def get_model(call: Call) -> Reply:
    """One model."""
    return json_reply(200, _record(call.part, _model(call)))


def _model(call: Call) -> Model:
    model = call.part.contract.names.get(call.params["model_id"])
    if model is None:
        raise Refused("unknown-model", values={"model": call.params["model_id"]})
    return model


def _record(part: Part, model: Model) -> Record:
    owner, _, slug = model.id.partition("/")
    schema = part.contract.schemas.document(model.schema)
    return {
        **state_of(part).blank("model.json"),
        **part.contract.wire["model_record"],
        "id": model_uuid(part, model),
        "model_creator_id": uuid4(part.draw("creator", owner)),
        "slug": slug,
        "name": schema.get("title", model.id),
        "category_code": model.output,
        "pricing_note": model.price.note or None,
        "inputs": [_input(part, model, schema, name, index) for index, name in enumerate(schema["properties"])],
        "outputs": [_output(part, model, name, index) for index, name in enumerate(_outputs(part))],
    }


def _input(part: Part, model: Model, schema: Record, name: str, index: int) -> Record:
    field = schema["properties"][name]
    attributes = {key: field[key] for key in ("enum", "minimum", "maximum", "minItems", "maxItems") if key in field}
    return {
        **state_of(part).blank("model-input.json"),
        **_named(part, model, "input", name),
        "variable_type_code": _type(part, field),
        "validator_attrs": attributes or None,
        "is_required": name in schema.get("required", ()),
        "default_value": field.get("default"),
        "sort_order": index,
    }


def _named(part: Part, model: Model, sort: str, name: str) -> Record:
    return {
        "id": uuid4(part.draw(sort, model.id, name)),
        "model_id": model_uuid(part, model),
        "name": name,
        "display_name": name.replace("_", " "),
    }


def _type(part: Part, field: Record) -> str | None:
    words: Mapping[str, str] = part.contract.wire["variable_types"]
    return words.get(field.get("format", "")) or words.get(str(field.get("type")))


def _outputs(part: Part) -> Sequence[str]:
    return list(part.contract.schemas.document("run-output.json")["properties"])


def _output(part: Part, model: Model, name: str, index: int) -> Record:
    return {
        **state_of(part).blank("model-output.json"),
        **_named(part, model, "output", name),
        "variable_type_code": part.contract.wire["variable_types"]["object"],
        "sort_order": index,
    }


def list_model_prices(call: Call) -> Reply:
    """The price rows of a model: the base price, then one for each condition."""
    rows = list(enumerate(_prices(call.part, _model(call))))
    return listed(
        call,
        "model-price.json",
        rows,
        number=lambda row: row[0],
        render=lambda row: row[1],
        newest_first=False,
    )


def _prices(part: Part, model: Model) -> list[Record]:
    words, price = part.contract.wire["price_words"], model.price
    common = {
        **state_of(part).blank("model-price.json"),
        "model_id": model_uuid(part, model),
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
        {**row, "id": uuid4(part.draw("price", model.id, index)), "sort_order": index}
        for index, row in enumerate(found)
    ]
