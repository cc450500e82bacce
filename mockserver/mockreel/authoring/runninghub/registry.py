"""Read RunningHub's lists of endpoints: one schema for each, with its price and its page."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import Correction, ModelPage, PageError, PagePrice, number
from mockreel.authoring.runninghub.endpoint_page import confirm, read_endpoint_page
from mockreel.authoring.runninghub.parameter import param_schema
from mockreel.authoring.runninghub.price_list import Costs, read_prices
from mockreel.authoring.runninghub_catalogue import EndpointEntry, listed_fields, need, read_listing, read_listings
from mockreel.contract.data.parser import Cursor

_OUTPUTS = {"video": "video", "image": "image", "audio": "audio", "3d": "3d", "string": "text"}
_NAME = re.compile(r"[!-~]+\Z")


def read_runninghub(row: Cursor, docs: Docs) -> Iterator[ModelPage]:
    """The endpoints that the `include` of a `runninghub-registry` row names, in the order of the lists."""
    listed = row.at("prices")
    prices = listed.at("source").text()
    include = row.at("include").texts()
    models = {model.id: model for model in _models(row, docs)}
    costs: Costs = {}
    with docs.part("price"):
        costs = read_prices(docs.json(listed.at("file").text()), listed.at("file").text(), prices, docs)
    pages = dict(_confirmed(row, docs, models))
    for id_, model in models.items():
        if any(fnmatchcase(id_, pattern) for pattern in include):
            cost = costs.get(id_)
            price = cost(model.schema) if cost else model.price
            yield replace(model, price=price, source=(*model.source, *pages.get(id_, ())))


def read_runninghub_list(row: Cursor, path: Path) -> Iterator[ModelPage]:
    """The endpoints of one list in any folder, a registry or a catalogue, without prices."""
    for listed in read_listing(Docs(path.parent).json(path.name), path.name, path.stem).values():
        yield _model(listed, _unpriced(row), lists=_Lists())


def _models(row: Cursor, docs: Docs) -> Iterator[ModelPage]:
    lists = _lists(row, docs)
    media: dict[str, Any] = row.get("media", {})
    path = row.at("path").text()
    for listed in read_listings(row, docs):
        with docs.part(str(listed.entry["endpoint"])):
            model = _model(listed, _unpriced(row), lists=lists)
            endpoint = f"POST {path.replace('{model}', model.id)}"
            copies = {
                f"{endpoint} {' '.join(one.source)}": _model(one, _unpriced(row), lists=lists).schema
                for one in listed.lists
            }
            yield _with_media(replace(model, endpoints=(endpoint,), copies=copies), media.get(model.id, {}))


def _unpriced(row: Cursor) -> PagePrice:
    source = row.at("prices").at("source").texts()
    return PagePrice("unknown", row.at("currency").text(), "request", source, note="the price list has no row for it")


@dataclass(frozen=True, slots=True)
class _Lists:
    """The names of fields that are sent as a list, at every endpoint."""

    fields: frozenset[str] = frozenset()
    source: tuple[str, ...] = ()


def _lists(row: Cursor, docs: Docs) -> _Lists:
    at = row.maybe("lists")
    if at is None:
        return _Lists()
    name = at.at("file").text()
    with docs.part(name):
        fields = frozenset(key for _, key in listed_fields(docs.json(name), name))
        return _Lists(fields, (at.at("source").text(),))
    return _Lists()


def _model(listed: EndpointEntry, unpriced: PagePrice, *, lists: _Lists) -> ModelPage:
    entry, where = listed.entry, listed.where
    id_ = need(entry, "endpoint", str, where)
    output = need(entry, "output_type", str, where)
    if output not in _OUTPUTS:
        raise PageError(where, f"the output type {output!r} is not known", expected="one of " + ", ".join(_OUTPUTS))
    params = need(entry, "params", list, where)
    fields = {
        need(param, "fieldKey", str, f"{where} /params/{n}"): param_schema(
            param, f"{where} /params/{n}", as_list=param.get("fieldKey") in lists.fields
        )
        for n, param in enumerate(params)
    }
    if len(fields) != len(params):
        raise PageError(where, "two params share a fieldKey", expected="one row for each field")
    title = entry.get("name_en", "")
    return ModelPage(
        id=id_,
        output=_OUTPUTS[output],  # type: ignore[arg-type]  # the values of the table are its words
        schema={
            **({"title": title} if _NAME.match(title) else {}),
            **({"deprecated": True} if "deprecated" in id_.lower() else {}),
            "type": "object",
            "properties": {key: schema for key, (schema, _) in fields.items()},
            "required": [param["fieldKey"] for param in params if param["required"]],
        },
        price=unpriced,
        source=(*listed.source, *(lists.source if lists.fields & fields.keys() else ())),
        corrections=(*(change for _, changes in fields.values() for change in changes), *listed.corrections),
        note=listed.note,
    )


def _with_media(model: ModelPage, stated: Mapping[str, Any]) -> ModelPage:
    media = {key: number(value) for key, value in stated.items() if key != "why"}
    why = stated.get("why", "decided here")
    changes = (Correction(f"/x-mockreel/media/{key}", None, value, why) for key, value in media.items())
    return replace(model, media=media, corrections=(*model.corrections, *changes))


def _confirmed(row: Cursor, docs: Docs, models: Mapping[str, ModelPage]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The source of every endpoint page, checked against the registry."""
    pages = row.maybe("pages")
    template = row.at("path").text()
    for index, item in enumerate(pages.value if pages else ()):
        at = Cursor(f"{row.where} /pages/{index}", item)
        name = at.at("file").text()
        if docs.passes_over(name, served=at.get("served", True)):
            continue
        with docs.part(name):
            page = read_endpoint_page(docs.text(name), name)
            yield confirm(page, models, template, name), at.at("source").texts()
