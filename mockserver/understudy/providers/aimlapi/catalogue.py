"""The models: the list with its filters and sections, and the lookup of one."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import sha1
from typing import Any

import orjson

from understudy.call import Answer, Call, Refused
from understudy.contract import Contract, Model, Price
from understudy.messages import JSON_HEADERS, Reply, json_reply
from understudy.providers.aimlapi.queries import listed
from understudy.providers.aimlapi.wire import fill


def list_models(call: Call) -> Answer:
    """The models that every filter keeps; not sent again to who has them already."""
    rows = call.part.contract.wire["catalogue"]
    every = [facts(call.part.contract, model) for model in call.part.contract.models.values()]
    kept = [words for words in every if _kept(call, rows["filters"], words)]
    body = orjson.dumps(fill(rows["list"], {"models": [_entry(call, words) for words in kept]}))
    tag = _etag(body, rows["etag"])
    headers = ((b"etag", tag),)
    if _known(call.request.header(b"if-none-match"), tag):
        return Reply(304, b"", headers)
    return Reply(200, body, JSON_HEADERS + headers)


def get_model(call: Call) -> Answer:
    """One model by its id or an alias, in any case of letters."""
    wanted = call.params["id"].lower()
    contract = call.part.contract
    found = next((model for name, model in contract.names.items() if name.lower() == wanted), None)
    if found is None:
        raise Refused("model-not-found", values={"model": call.params["id"]})
    return json_reply(200, fill(contract.wire["catalogue"]["one"], {"model": _entry(call, facts(contract, found))}))


def facts(contract: Contract, model: Model) -> dict[str, Any]:
    """Everything that the catalogue can say of a model, by template word."""
    rows = contract.wire["catalogue"]
    fields = contract.schemas.document(model.schema)["properties"]
    names = (model.id, *model.aliases)
    owners = (owner for start, owner in rows["developers"].items() if any(name.startswith(start) for name in names))
    inputs, outputs = _words(rows["inputs"], fields), [model.output]
    return {
        "id": model.id,
        "aliases": list(model.aliases),
        "type": rows["type"],
        "name": model.id.rpartition("/")[2].replace("-", " ").title(),
        "developer": next(owners, ""),
        "tags": rows["tags"],
        "pricing": _pricing(model.price, rows["pricing"]),
        "modalities": fill(rows["modalities"], {"inputs": inputs, "outputs": outputs}),
        "capabilities": _words(rows["capabilities"], fields),
        "input": inputs,
        "output": outputs,
    }


def _words(by_field: Mapping[str, str], fields: Mapping[str, Any]) -> list[str]:
    """What the fields of a schema stand for, each word once."""
    return list(dict.fromkeys(word for name, word in by_field.items() if name in fields))


def _entry(call: Call, words: Mapping[str, Any]) -> Any:
    """A model with the sections that were asked for."""
    rows = call.part.contract.wire["catalogue"]
    row = rows["include"]
    asked = listed(call, row["parameter"])
    everything = row["everything"] in asked or "true" in listed(call, row["synonym"])
    hidden = () if everything else {section for section in rows["sections"] if section not in asked}
    return fill(rows["entry"], {word: value for word, value in words.items() if word not in hidden})


def _kept(call: Call, filters: Mapping[str, list[str]], words: Mapping[str, Any]) -> bool:
    """Whether a model passes: one value of each parameter that is given must be among its own."""
    for parameter, names in filters.items():
        asked = listed(call, parameter)
        if asked and not set(asked) & set(_values(words, names)):
            return False
    return True


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


def _etag(body: bytes, form: str) -> bytes:
    digest = b64encode(sha1(body, usedforsecurity=False).digest()).decode().rstrip("=")
    return form.format(length=len(body), hash=digest).encode()


def _known(header: bytes | None, tag: bytes) -> bool:
    """Whether an If-None-Match names the tag; weak and strong count alike, as for any GET."""
    tags = [] if header is None else [part.strip().removeprefix(b"W/") for part in header.split(b",")]
    return b"*" in tags or tag.removeprefix(b"W/") in tags
