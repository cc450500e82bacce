"""The models: the list with its filters and sections, and the lookup of one."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha1
from typing import Any

import orjson

from mockreel.contract import Contract, Model, Price
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import JSON_HEADERS, Response, json_response
from mockreel.providers.aimlapi.query_parameters import parameter_values
from mockreel.providers.aimlapi.state import State
from mockreel.providers.templates import Template, fill, prepared
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext


def list_models(context: RequestContext) -> Answer:
    """The models that every filter keeps; not sent again to who has them already."""
    rows = context.provider.contract.wire["catalogue"]
    filters = [(set(parameter_values(context, parameter)), names) for parameter, names in rows["filters"].items()]
    entry, hidden = prepared(rows["entry"]), _hidden(context, rows)
    every = (_remembered(context, model) for model in context.provider.contract.models.values())
    entries = [_entry(entry, words, hidden) for words in every if _matches(filters, words)]
    body = orjson.dumps(fill(rows["list"], {"models": entries}))
    tag = etag_of(body, rows["etag"])
    headers = ((b"etag", tag),)
    if is_known(context.request.header(b"if-none-match"), tag):
        return Response(304, b"", headers)
    return Response(200, body, JSON_HEADERS + headers)


def _remembered(context: RequestContext, model: Model) -> dict[str, Any]:
    """The template values of a model, built once."""
    state: State = context.provider.state
    if model.id not in state.catalogue:
        state.catalogue[model.id] = facts(context.provider.contract, model)
    return state.catalogue[model.id]


def get_model(context: RequestContext) -> Answer:
    """One model by its id or an alias, in any case of letters."""
    id_ = context.params["id"].lower()
    contract = context.provider.contract
    found = next((model for name, model in contract.names.items() if name.lower() == id_), None)
    if found is None:
        raise ErrorResponse("model-not-found", values={"model": context.params["id"]})
    rows = contract.wire["catalogue"]
    entry = _entry(prepared(rows["entry"]), _remembered(context, found), _hidden(context, rows))
    return json_response(200, fill(rows["one"], {"model": entry}))


def facts(contract: Contract, model: Model) -> dict[str, Any]:
    """All template values of a model for the catalogue."""
    rows = contract.wire["catalogue"]
    fields = contract.schemas.document(model.schema)["properties"]
    names = (model.id, *model.aliases)
    owners = (owner for start, owner in rows["developers"].items() if any(name.startswith(start) for name in names))
    inputs, outputs = _words(rows["inputs"], fields), [model.output]
    title = model.id.rpartition("/")[2].replace("-", " ").title()
    return {
        "id": model.id,
        "aliases": list(model.aliases),
        "type": rows["type"],
        "name": title,
        "description": title,
        "url": f"{rows['pages']}/{model.id}",
        "docs_url": rows["docs"],
        "endpoints": [endpoint.partition(" ")[2] for endpoint in _endpoints(contract, model)],
        "developer": next(owners, ""),
        "tags": rows["tags"],
        "pricing": _pricing(model.price, rows["pricing"]),
        "modalities": fill(rows["modalities"], {"inputs": inputs, "outputs": outputs}),
        "capabilities": _words(rows["capabilities"], fields),
        "input": inputs,
        "output": outputs,
    }


def _endpoints(contract: Contract, model: Model) -> list[str]:
    """The routes of a model, the older routes of its vendor first."""
    taken = (one for one in contract.operations if model.id in contract.names_at.get(one.id, ()))
    older = [one.route for one in taken if one.begins]
    return list(dict.fromkeys((*older, *model.endpoints)))


def _words(by_field: Mapping[str, str], fields: Mapping[str, Any]) -> list[str]:
    """The values of a schema's fields, each once."""
    return list(dict.fromkeys(word for name, word in by_field.items() if name in fields))


def _hidden(context: RequestContext, rows: Mapping[str, Any]) -> set[str]:
    """The sections of an entry that were not requested."""
    row = rows["include"]
    requested = parameter_values(context, row["parameter"])
    everything = row["everything"] in requested or "true" in parameter_values(context, row["synonym"])
    return set() if everything else {section for section in rows["sections"] if section not in requested}


def _entry(template: Template, words: Mapping[str, Any], hidden: set[str]) -> Any:
    """A model without the sections that are hidden."""
    return template({word: value for word, value in words.items() if word not in hidden})


def _matches(filters: Sequence[tuple[set[str], list[str]]], words: Mapping[str, Any]) -> bool:
    """Whether a model passes: one value of each parameter that is given must be among its own."""
    return all(not requested or requested & set(_values(words, names)) for requested, names in filters)


def _values(words: Mapping[str, Any], names: list[str]) -> Iterator[str]:
    for name in names:
        value = words[name]
        yield from (text.lower() for text in (value if isinstance(value, list) else [value]))


def _pricing(price: Price, templates: Mapping[str, Any]) -> Any:
    """A price as the catalogue shows it; None where it is unknown."""
    if price.certainty == "unknown":
        return None
    if not price.rules:
        return fill(templates["fixed"], {"price": _number(price.amount), "unit": price.unit})
    dimensions = list(dict.fromkeys(name for rule in price.rules for name in rule.when))
    variants = [
        fill(templates["variant"], {"when": rule.when, "price": _number(rule.amount), "unit": price.unit})
        for rule in price.rules
    ]
    return fill(templates["variants"], {"dimensions": dimensions, "variants": variants})


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def etag_of(body: bytes, form: str) -> bytes:
    """The weak tag of a body."""
    digest = b64encode(sha1(body, usedforsecurity=False).digest()).decode().rstrip("=")
    return form.format(length=len(body), hash=digest).encode()


def is_known(header: bytes | None, tag: bytes) -> bool:
    """Whether an If-None-Match names the tag; weak and strong count alike, as for any GET."""
    tags = [] if header is None else [part.strip().removeprefix(b"W/") for part in header.split(b",")]
    return b"*" in tags or tag.removeprefix(b"W/") in tags
