"""What RunningHub's registry, its catalogue of August, its price list and its list fields state that can be sent.

Of each endpoint the required fields, and with them each default, each option, and each pair of values that has a price.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clients.documented_sample import AUDIO, IMAGE, TEXT, VIDEO, DocumentedSample

Row = Mapping[str, Any]
MEDIA = {"IMAGE": IMAGE, "VIDEO": VIDEO, "AUDIO": AUDIO}


def registry_samples(docs: Path) -> Iterator[DocumentedSample]:
    """Every sample of the registry, the catalogue, the prices and the fields that are sent as a list."""
    registry, catalogue = (_rows(docs, name) for name in ("model-registry.public.json", "catalogue-2026-08-01.json"))
    for file, rows in (registry, catalogue):
        for row in rows:
            for what, more in (("required fields", {}), *_shown(row["params"])):
                yield _sample(file, row, what, more)
    known = {row["endpoint"]: row for _, rows in (catalogue, registry) for row in rows}
    prices = json.loads((docs / "runninghub/pricing.public.json").read_text("utf-8"))["pricing"]
    for price in prices:
        for rule in price.get("rules") or ():
            if price["endpoint"] in known and isinstance(rule.get("when"), dict):
                paid = _meant(known[price["endpoint"]], rule["when"])
                what = f"price of {json.dumps(rule['when'])}"
                yield _sample("runninghub/pricing.public.json", known[price["endpoint"]], what, paid)
    yield from _as_lists(docs, known)


def _as_lists(docs: Path, known: Mapping[str, Row]) -> Iterator[DocumentedSample]:
    """The fields that the vendor's own nodes send as a list: each of their options in one."""
    file = "runninghub/list-fields-2026-05.json"
    fields = json.loads((docs / file).read_text("utf-8"))["fields"]
    for endpoint, names in fields.items():
        for param in known[endpoint]["params"]:
            for value in _options(param) if _key(param) in names else ():
                what = f"{_key(param)} as a list: {json.dumps([value])}"
                yield _sample(file, known[endpoint], what, {_key(param): [value]})


def _meant(row: Row, when: Row) -> Row:
    """The fields of a price, which writes each value as text, and an empty one for a field that is left out."""
    kinds = {_key(param): param["type"] for param in row["params"]}
    texts = {key: value for key, value in when.items() if _said(value)}
    plain = ("BOOLEAN", "INT", "FLOAT")
    return {key: json.loads(str(value)) if kinds.get(key) in plain else value for key, value in texts.items()}


def _rows(docs: Path, name: str) -> tuple[str, list[Row]]:
    document = json.loads((docs / "runninghub" / name).read_text("utf-8"))
    return f"runninghub/{name}", document.get("models") or document["endpoints"]


def _sample(file: str, row: Row, what: str, more: Row) -> DocumentedSample:
    params = {_key(param): param for param in row["params"]}
    least = {key: _value(param) for key, param in params.items() if param.get("required")}
    body = {**least, **more}
    misfits = (_misfit(params.get(key), key, value) for key, value in body.items())
    return DocumentedSample(
        document=file,
        what=f"{row['endpoint']}, {what}",
        provider="runninghub",
        path=f"/openapi/v2/{row['endpoint']}",
        body=body,
        misfit=next(filter(None, misfits), ""),
    )


def _shown(params: list[Row]) -> Iterator[tuple[str, Row]]:
    for param in params:
        for value in filter(_said, (_default(param), *_options(param))):
            yield f"{_key(param)}: {json.dumps(value)}", {_key(param): _listed(param, value)}


def _said(value: Any) -> bool:
    return value not in (None, "")


def _key(param: Row) -> str:
    return str(param.get("fieldKey") or param["key"])


def _default(param: Row) -> Any:
    return param.get("defaultValue", param.get("default"))


def _options(param: Row) -> list[Any]:
    return [one["value"] if isinstance(one, dict) else one for one in param.get("options") or ()]


def _listed(param: Row, value: Any) -> Any:
    several = param.get("multiple") or param.get("multipleInputs")
    return [value] if several and not isinstance(value, list) else value


def _value(param: Row) -> Any:
    """The value that stands for a required field."""
    kind, options, default = param["type"], _options(param), _default(param)
    if _said(default):
        return _listed(param, default)
    if kind in MEDIA:
        return _listed(param, MEDIA[kind])
    if options:
        return _listed(param, options[0])
    if kind in ("INT", "FLOAT"):
        return param.get("min", 1)
    return kind == "BOOLEAN" or TEXT[: param.get("maxLength") or len(TEXT)]


def _misfit(param: Row | None, key: str, value: Any) -> str:
    """Why a value is none that the field's own row allows."""
    if param is None:
        return f"{key}: no field of the endpoint"
    options = _options(param)
    if options and not set(map(str, value if isinstance(value, list) else [value])) <= set(map(str, options)):
        return f"{key}: {value!r} is none of {options}"
    if param["type"] in ("INT", "FLOAT") and not isinstance(value, (int, float)):
        return f"{key}: {value!r} is no number"
    if isinstance(value, (int, float)) and not param.get("min", value) <= value <= param.get("max", value):
        return f"{key}: {value!r} is outside of {param.get('min')} to {param.get('max')}"
    return ""
