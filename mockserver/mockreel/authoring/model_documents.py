"""The written documents of a model: its schema, and its row in `prices.json`."""

import json
from collections.abc import Mapping
from typing import Any

from mockreel.authoring.documented_model import Correction, ModelPage, PagePrice, Route, Rule, plain
from mockreel.contract.schemas import BASE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
HAND = "hand"


def schema_documents(provider: str, page: ModelPage) -> dict[str, dict[str, Any]]:
    """The schemas of a model, by file: its own, and one for each endpoint that differs."""
    routes = {route.file(page.id): _route_document(provider, page, route) for route in page.routes}
    return {page.file(): schema_document(provider, page), **routes}


def schema_document(provider: str, page: ModelPage) -> dict[str, Any]:
    """The schema of a model's input, with its sources."""
    note: dict[str, Any] = {
        "model": page.id,
        "aliases": list(page.aliases),
        "output": page.output,
        "evidence": page.evidence,
        "source": list(page.source),
        **({"documents": list(page.documents)} if page.documents else {}),
        "endpoints": list(page.endpoints),
        **({} if page.envelope is None else {"envelope": page.envelope}),
        **({"result": list(page.result)} if page.result else {}),
        "media": dict(page.media),
        **({"note": page.note} if page.note else {}),
        "corrections": [_correction(change) for change in page.corrections],
    }
    return {"$schema": DIALECT, "$id": f"{BASE}schemas/{provider}/{page.file()}", "x-mockreel": note, **page.schema}


def _route_document(provider: str, page: ModelPage, route: Route) -> dict[str, Any]:
    note: dict[str, Any] = {
        "model": page.id,
        "route": route.endpoint,
        "evidence": page.evidence,
        "source": list(page.source),
        "corrections": [_correction(change) for change in route.corrections],
    }
    id_ = f"{BASE}schemas/{provider}/{route.file(page.id)}"
    return {"$schema": DIALECT, "$id": id_, "x-mockreel": note, **route.schema}


def price_row(price: PagePrice) -> dict[str, Any]:
    """A price in the form of `pricing.yaml`; amounts are texts."""
    row: dict[str, Any] = {"certainty": price.certainty, "currency": price.currency, "unit": price.unit}
    if price.rules:
        row["rules"] = [_rule(rule) for rule in price.rules]
    if price.amount is not None:
        row["amount"] = plain(price.amount)
    if price.placeholder:
        row["placeholder"] = {name: plain(amount) for name, amount in sorted(price.placeholder.items())}
    row |= {"date": price.date} if price.date else {}
    row |= {"evidence": "documented", "source": list(price.source)}
    return row | ({"note": price.note} if price.note else {})


def text(document: Mapping[str, Any]) -> bytes:
    """A document as JSON: one space of indent, UTF-8, a final newline."""
    return (json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def rows(document: Mapping[str, Any], *, depth: int = 1) -> bytes:
    """A large document as JSON, with a line for each entry at `depth`, so that diffs are small."""
    return (_lines(document, depth) + "\n").encode()


def _lines(value: Any, depth: int) -> str:
    if depth == 0 or not value or not isinstance(value, Mapping):
        return _compact(value)
    return "{\n" + ",\n".join(f"{_compact(key)}:{_lines(part, depth - 1)}" for key, part in value.items()) + "\n}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _rule(rule: Rule) -> dict[str, Any]:
    return {"when": dict(rule.when), "amount": plain(rule.amount), "certainty": rule.certainty}


def _correction(change: Correction) -> dict[str, Any]:
    return {"at": change.at, "was": change.was, "now": change.now, "why": change.why}
