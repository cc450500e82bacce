"""Read RunningHub's model registry: one schema for each endpoint, with the price list and the pages beside it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import Correction, ModelPage, PageError, PagePrice, number
from mockreel.authoring.runninghub.endpoint_page import confirm, read_endpoint_page
from mockreel.authoring.runninghub.parameter import param_schema
from mockreel.authoring.runninghub.price_list import Costs, read_prices
from mockreel.contract.data.parser import Cursor

_OUTPUTS = {"video": "video", "image": "image", "audio": "audio", "3d": "3d", "string": "text"}
_NAME = re.compile(r"[!-~]+\Z")


def read_runninghub(row: Cursor, docs: Docs) -> Iterator[ModelPage]:
    """The endpoints of a `runninghub-registry` row that its `include` names, in the order of the registry."""
    registry = row.at("registry")
    name = registry.at("file").text()
    listed = row.at("prices")
    prices = listed.at("source").text()
    include = row.at("include").texts()
    models: dict[str, ModelPage] = {}
    with docs.part(name):
        models = {model.id: model for model in _models(docs.json(name), name, row, docs)}
    costs: Costs = {}
    with docs.part("price"):
        costs = read_prices(docs.json(listed.at("file").text()), listed.at("file").text(), prices, docs)
    pages = dict(_confirmed(row, docs, models))
    for id_, model in models.items():
        if any(fnmatchcase(id_, pattern) for pattern in include):
            cost = costs.get(id_)
            price = cost(model.schema) if cost else model.price
            yield replace(model, price=price, source=(*model.source, *pages.get(id_, ())))


def _models(document: Any, name: str, row: Cursor, docs: Docs) -> Iterator[ModelPage]:
    source = row.at("registry").at("source").text()
    unpriced = PagePrice(
        "unknown",
        row.at("currency").text(),
        "request",
        row.at("prices").at("source").texts(),
        note="the price list has no row for it",
    )
    media: dict[str, Any] = row.get("media", {})
    path = row.at("path").text()
    for place, entry in enumerate(_list(document, "models", name)):
        where = f"{name} /models/{place}"
        with docs.part(_named(entry)):
            model = _model(entry, where, source, unpriced)
            endpoint = f"POST {path.replace('{model}', model.id)}"
            yield _with_media(replace(model, endpoints=(endpoint,)), media.get(model.id, {}))


def _named(entry: Any) -> str:
    """What an entry says that it is called; empty where it says nothing."""
    name = entry.get("endpoint") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else ""


def _model(entry: Any, where: str, source: str, unpriced: PagePrice) -> ModelPage:
    id_ = need(entry, "endpoint", str, where)
    where = f"{where} ({id_})"
    output = need(entry, "output_type", str, where)
    if output not in _OUTPUTS:
        raise PageError(where, f"the output type {output!r} is not known", expected="one of " + ", ".join(_OUTPUTS))
    params = need(entry, "params", list, where)
    fields = {
        need(param, "fieldKey", str, f"{where} /params/{n}"): param_schema(param, f"{where} /params/{n}")
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
        source=(source,),
        corrections=tuple(change for _, changes in fields.values() for change in changes),
    )


def _with_media(model: ModelPage, stated: Mapping[str, Any]) -> ModelPage:
    media = {key: number(value) for key, value in stated.items() if key != "why"}
    why = stated.get("why", "decided here")
    changes = (Correction(f"/x-mockreel/media/{key}", None, value, why) for key, value in media.items())
    return replace(model, media=media, corrections=(*model.corrections, *changes))


def _confirmed(row: Cursor, docs: Docs, models: Mapping[str, ModelPage]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The source of every endpoint page that says the same as the registry."""
    pages = row.maybe("pages")
    template = row.at("path").text()
    for place, item in enumerate(pages.value if pages else ()):
        at = Cursor(f"{row.where} /pages/{place}", item)
        name = at.at("file").text()
        if docs.passes_over(name, served=at.get("served", True)):
            continue
        with docs.part(name):
            page = read_endpoint_page(docs.text(name), name)
            yield confirm(page, models, template, name), at.at("source").texts()


def _list(document: Any, key: str, name: str) -> list[Any]:
    if not isinstance(document, Mapping) or not isinstance(document.get(key), list):
        raise PageError(name, f"no list under {key!r}", expected=f'{{"{key}": […]}}')
    found: list[Any] = document[key]
    return found


def need(entry: Any, key: str, kind: type[Any], where: str) -> Any:
    """A value that an entry must have.

    Raises:
        PageError: it is missing, or of another type.
    """
    value = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(value, kind):
        raise PageError(where, f"{key!r} is {value!r}", expected=kind.__name__)
    return value
