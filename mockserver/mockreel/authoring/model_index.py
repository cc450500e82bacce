"""`models.json`: every model of a provider with its schema, price, defaults and evidence in one place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockreel.contract.data.data_files import read_document
from mockreel.contract.data.parser import Cursor
from mockreel.contract.data.parser import price as checked
from mockreel.errors import DataError

Document = Mapping[str, Any]
_OPTIONAL = ("aliases", "media")
# The keys that are kept of a replaced price.
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
        where: the name of the contract in messages.

    Raises:
        DataError: a schema lacks `x-mockreel`, two describe one model, or a price is missing, doubled or of no model.
    """
    rows: dict[str, Any] = {}
    routes: dict[str, dict[str, str]] = {}
    for file, schema in schemas.items():
        extension = Cursor(file, schema).at("x-mockreel")
        model = extension.at("model").text()
        if route := extension.maybe("route"):
            routes.setdefault(model, {})[route.text()] = file
            continue
        if model in rows:
            raise DataError(file, f"{model!r} already has the schema {rows[model]['schema']}")
        rows[model] = _row(file, schema, extension)
    for model, files in routes.items():
        if model not in rows:
            raise DataError(next(iter(files.values())), f"{model!r} has no schema of its own beside it")
        rows[model]["routes"] = files
    written = _by_id(pricing.get("models") or {}, rows, where)
    for model, row in rows.items():
        row["price"] = _price(model, built.get(model), written.get(model), where)
    return dict(sorted(rows.items()))


def _row(file: str, schema: Document, extension: Cursor) -> dict[str, Any]:
    fields = schema.get("properties", {})
    return {
        "schema": file,
        "output": extension.at("output").text(),
        "aliases": list(extension.get("aliases", [])),
        "endpoints": list(extension.get("endpoints", [])),
        "media": dict(extension.get("media", {})),
        "defaults": {name: field["default"] for name, field in fields.items() if "default" in field},
        "price": None,
        "evidence": extension.at("evidence").text(),
        "source": list(extension.at("source").texts()),
    }


def _by_id(prices: Document, rows: Document, where: str) -> dict[str, Any]:
    """The handwritten prices by model id; a price may be written under an alias."""
    names = {alias: model for model, row in rows.items() for alias in row["aliases"]} | {model: model for model in rows}
    strange = [name for name in prices if name not in names]
    if strange:
        raise DataError(
            f"{where}/pricing.yaml /models",
            f"{strange[0]!r} is not a model",
            expected="an id or alias of a model with a schema",
            then="Write its schema, or remove the price.",
        )
    return {names[name]: price for name, price in prices.items()}


def _price(model: str, built: Any, written: Any, where: str) -> Any:
    """The price of a model: the known one, or the one with the later date.

    The earlier price is kept with it.
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
    """A handwritten price with a later date than the page's price, which is kept with it.

    Raises:
        DataError: its date is not later.
    """
    if not written.get("date", "") > built.get("date", "") > "":
        raise DataError(where, "a page also states this price", then="Remove it here, or give it a later date.")
    return {**written, "earlier": {key: built[key] for key in _EARLIER if key in built}}
