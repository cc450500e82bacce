"""`models.json`: every model of a provider with its schema, price, defaults and evidence in one place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockreel.contract.data.data_files import read_document
from mockreel.contract.data.parser import Cursor
from mockreel.contract.data.parser import price as checked
from mockreel.errors import DataError

Document = Mapping[str, Any]
_STATED = ("aliases", "media")
# What is kept of a price that a later one has taken the place of.
_EARLIER = ("certainty", "unit", "amount", "rules", "date", "source")


def read_schemas(folder: Path) -> dict[str, Document]:
    """The model schemas below a provider's folder, by their path in it."""
    found = sorted((folder / "models").rglob("*.json"))
    return {path.relative_to(folder).as_posix(): read_document(path) for path in found}


def model_index(schemas: Mapping[str, Document], built: Document, pricing: Document, *, where: str) -> dict[str, Any]:
    """The rows of `models.json`, in the order of ids.

    Args:
        schemas: the model schemas by file.
        built: `prices.json`.
        pricing: `pricing.yaml`, whose `models` hold the prices that no page states.
        where: how to speak of the contract.

    Raises:
        DataError: a schema lacks its `x-mockreel`, two give one model, or a price is missing, doubled or of no model.
    """
    rows: dict[str, Any] = {}
    routes: dict[str, dict[str, str]] = {}
    for file, schema in schemas.items():
        own = Cursor(file, schema).at("x-mockreel")
        model = own.at("model").text()
        if route := own.maybe("route"):
            routes.setdefault(model, {})[route.text()] = file
            continue
        if model in rows:
            raise DataError(file, f"{model!r} has a schema already, {rows[model]['schema']}")
        rows[model] = _row(file, schema, own)
    for model, files in routes.items():
        if model not in rows:
            raise DataError(next(iter(files.values())), f"{model!r} has no schema of its own beside it")
        rows[model]["routes"] = files
    written = _by_id(pricing.get("models") or {}, rows, where)
    for model, row in rows.items():
        row["price"] = _price(model, built.get(model), written.get(model), where)
    return dict(sorted(rows.items()))


def _row(file: str, schema: Document, own: Cursor) -> dict[str, Any]:
    fields = schema.get("properties", {})
    return {
        "schema": file,
        "output": own.at("output").text(),
        "aliases": list(own.get("aliases", [])),
        "endpoints": list(own.get("endpoints", [])),
        "media": dict(own.get("media", {})),
        "defaults": {name: field["default"] for name, field in fields.items() if "default" in field},
        "price": None,
        "evidence": own.at("evidence").text(),
        "source": list(own.at("source").texts()),
    }


def _by_id(prices: Document, rows: Document, where: str) -> dict[str, Any]:
    """The written prices by the model's own id; a price may be written under an alias."""
    names = {alias: model for model, row in rows.items() for alias in row["aliases"]} | {model: model for model in rows}
    strange = [name for name in prices if name not in names]
    if strange:
        raise DataError(
            f"{where}/pricing.yaml /models",
            f"{strange[0]!r} is not a model",
            expected="an id or alias of a model with a schema",
            then="Write its schema, or take the price out.",
        )
    return {names[name]: price for name, price in prices.items()}


def _price(model: str, built: Any, written: Any, where: str) -> Any:
    """The price of a model: the one that says more, where a page leaves it unknown, or the one of a later day.

    The earlier one of two is kept with it.
    """
    stated = [price for price in (built, written) if price is not None]
    if not stated:
        raise DataError(
            f"{where}/pricing.yaml /models",
            f"{model!r} has no price",
            expected="a row; {certainty: unknown, …} where nothing states it",
        )
    known = [price for price in stated if price.get("certainty") != "unknown"]
    found = _later(*known, where=f"{where}/pricing.yaml /models/{model}") if len(known) > 1 else (known or stated)[0]
    checked(Cursor(f"{where} price of {model}", found))
    return found


def _later(built: Document, written: Document, *, where: str) -> Document:
    """A written price that is of a later day than the one that a page states, which is kept with it.

    Raises:
        DataError: it is not.
    """
    if not written.get("date", "") > built.get("date", "") > "":
        raise DataError(
            where, "a page states the price too", then="Take it out there, or say that it is of a later day."
        )
    return {**written, "earlier": {key: built[key] for key in _EARLIER if key in built}}
