"""Read Runflow's model pages: newer ones as text, older ones as one-line Markdown or Markdown tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from mockreel.authoring.corrections import cast, settle_default
from mockreel.authoring.docs_folder import Docs
from mockreel.authoring.documented_model import Correction, ModelPage, PageError
from mockreel.authoring.runflow.field_row import FieldRow, read_fields
from mockreel.authoring.runflow.older_page import with_older
from mockreel.authoring.runflow.page_call import envelope, example_body, result
from mockreel.authoring.runflow.page_price import priced
from mockreel.contract.data.parser import Cursor

_FACT = re.compile(r"\s*(?:[-*•]\s+)?\**(?P<key>Endpoint|Model ID|Base price|Note)\**:\s*(?P<value>.+?)\s*\Z")
_ENDPOINT = re.compile(r"(?:(?P<method>[A-Z]+) )?(?:https?://[^/\s]+)?(?P<path>/\S+)\Z")
_PRICE = re.compile(r"\$(?P<amount>\d+(?:\.\d+)?)\s*/\s*(?P<unit>[a-z]+)\Z")
_BREAKS = re.compile(r" (?=#{1,4} |- \*\*|```)")
_MEDIA = ("image", "video", "audio", "file")
_SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    **{kind: {"type": kind} for kind in ("string", "integer", "number", "boolean", "object", "array")},
    "float": {"type": "number"},
    "json": {"type": "object"},
    **{kind: {"type": "string", "format": "uri", "x-mockreel": {"media": kind}} for kind in _MEDIA},
}


@dataclass(frozen=True, slots=True)
class _RowSettings:
    """Settings for every page of the row: the paths that name a model, the kind of output, the currency."""

    paths: tuple[str, ...]
    output: Any
    currency: str


def read_runflow(row: Cursor, docs: Docs) -> Iterator[ModelPage]:
    """The models of the pages in a `runflow-page` row, the newest page of each model first."""
    reading = _reading(row)
    newest: dict[str, ModelPage] = {}
    for number, item in enumerate(row.at("pages").value):
        page = Cursor(f"{row.where} /pages/{number}", item)
        name = page.at("file").text()
        if docs.passes_over(name, served=page.get("served", True)):
            continue
        with docs.part(name):
            model = read_page(docs.text(name), name, page.at("source").text(), reading)
            newest[model.id] = with_older(newest[model.id], model) if model.id in newest else model
    yield from newest.values()


def page_of(row: Cursor, path: Path) -> ModelPage:
    """A page in any folder, read like the pages of a row; its source is its file name."""
    docs = Docs(path.parent)
    return read_page(docs.text(path.name), path.name, path.stem, _reading(row))


def _reading(row: Cursor) -> _RowSettings:
    return _RowSettings(row.at("paths").texts(), row.at("output").text(), row.at("currency").text())


def read_page(text: str, page: str, source: str, reading: _RowSettings) -> ModelPage:
    """One page.

    Raises:
        PageError: a required part is missing or cannot be parsed; the error names the page and the place.
    """
    lines = _lines(text)
    facts = _facts(lines)
    endpoint, model = _endpoint(facts, page, reading.paths)
    rows = read_fields(lines, page)
    fields = {row.name: _field(row) for row in rows}
    schema = {
        "type": "object",
        "properties": {name: field for name, (field, _) in fields.items()},
        "required": [row.name for row in rows if row.required],
    }
    amount, unit = _price(facts, page)
    body = example_body(text)
    place = envelope(body, list(fields), lines)
    return ModelPage(
        id=model,
        output=reading.output,
        schema=schema,
        price=priced(amount, unit, facts.get("Note", ""), schema, currency=reading.currency, source=source),
        source=(source,),
        endpoints=(endpoint,),
        corrections=tuple(change for _, changes in fields.values() for change in changes),
        envelope=place,
        result=result(lines),
        example=_input(body, place),
    )


def _input(body: Mapping[str, Any] | None, place: str | None) -> Mapping[str, Any] | None:
    """The model's input in an example body."""
    if body is None or place is None:
        return None
    found = body[place[1:]] if place else body
    return found if isinstance(found, Mapping) else None


def reading(paths: Sequence[str], *, output: str = "video", currency: str = "USD") -> _RowSettings:
    """The settings that `read_page` needs."""
    return _RowSettings(tuple(paths), output, currency)


def _lines(text: str) -> list[str]:
    """The lines of the page; a one-line rendering is split where Markdown begins a block."""
    lines = text.splitlines()
    return lines if len(lines) > 1 else _BREAKS.sub("\n", text).splitlines()


def _facts(lines: Sequence[str]) -> dict[str, str]:
    """The labelled facts at the head of a page; the first value of each label."""
    facts: dict[str, str] = {}
    for line in lines:
        if found := _FACT.match(line):
            facts.setdefault(found["key"], found["value"].strip("`").rstrip("."))
    return facts


def _endpoint(facts: Mapping[str, str], page: str, paths: Sequence[str]) -> tuple[str, str]:
    stated = facts.get("Endpoint")
    found = _ENDPOINT.match(stated) if stated else None
    if found is None:
        raise PageError(page, f"{stated!r} is not an endpoint", expected="a line `Endpoint: POST /…`")
    models = [model for path in paths if (model := _model(found["path"], path))]
    model = facts.get("Model ID", models[0] if models else None)
    if model is None or model not in models:
        raise PageError(
            f"{page} Endpoint",
            f"{found['path']!r} does not name the model {model or ''}".rstrip(),
            expected="one of " + ", ".join(paths),
        )
    return f"{found['method'] or 'POST'} {found['path']}", model


def _model(path: str, template: str) -> str | None:
    before, _, after = template.partition("{model}")
    matches = path.startswith(before) and path.endswith(after) and len(path) > len(before) + len(after)
    return path[len(before) : len(path) - len(after)] if matches else None


def _price(facts: Mapping[str, str], page: str) -> tuple[Decimal, str]:
    stated = facts.get("Base price")
    found = _PRICE.match(stated) if stated else None
    if found is None:
        raise PageError(f"{page} Base price", f"{stated!r} is not a price", expected="an amount such as $0.03/second")
    return Decimal(found["amount"]), found["unit"]


def _field(row: FieldRow) -> tuple[dict[str, Any], tuple[Correction, ...]]:
    kind = row.kind.removesuffix(" | null")
    base = dict(_type(kind.removesuffix("[]"), row.where))
    if kind.endswith("[]"):
        base = {"type": "array", "items": base}
    if row.allowed:
        base["enum"] = [_value(value, base, row.where) for value in row.allowed]
    if kind != row.kind:
        base["type"] = [base["type"], "null"]
        base |= {"enum": [*base["enum"], None]} if "enum" in base else {}
    at = f"/properties/{row.name}"
    is_media = kind.removesuffix("[]") in _MEDIA
    changes = (Correction(at, row.kind, base["type"], "the page's own type word, for an address"),) if is_media else ()
    if row.default is None:
        return base, changes
    stated = cast(row.default, kind)
    settled, more = settle_default({**base, "default": stated}, at)
    return settled, (*changes, *more)


def _type(kind: str, where: str) -> Mapping[str, Any]:
    if kind not in _SCHEMAS:
        raise PageError(where, f"the type {kind!r} is not known", expected="one of " + ", ".join(_SCHEMAS))
    return _SCHEMAS[kind]


def _value(text: str, schema: Mapping[str, Any], where: str) -> Any:
    value = cast(text, schema["type"])
    if isinstance(value, str) and schema["type"] in ("integer", "number", "boolean"):
        raise PageError(where, f"the allowed value {text!r} is not of type {schema['type']}")
    return value
