"""What is written for a model: its schema document, and its row in `prices.json`."""

import json
from collections.abc import Mapping
from typing import Any

from understudy.build.model_page import Correction, ModelPage, PagePrice, Rule, plain
from understudy.contract.schemas import BASE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
HAND = "hand"


def schema_document(provider: str, page: ModelPage) -> dict[str, Any]:
    """The schema of a model's input, with where it came from."""
    note: dict[str, Any] = {
        "model": page.id,
        "aliases": list(page.aliases),
        "output": page.output,
        "evidence": page.evidence,
        "source": list(page.source),
        "endpoints": list(page.endpoints),
        "media": dict(page.media),
        "corrections": [_correction(change) for change in page.corrections],
    }
    return {"$schema": DIALECT, "$id": f"{BASE}schemas/{provider}/{page.file()}", "x-understudy": note, **page.schema}


def price_row(price: PagePrice) -> dict[str, Any]:
    """A price as `pricing.yaml` has it too; amounts are texts."""
    row: dict[str, Any] = {"certainty": price.certainty, "currency": price.currency, "unit": price.unit}
    if price.rules:
        row["rules"] = [_rule(rule) for rule in price.rules]
    if price.amount is not None:
        row["amount"] = plain(price.amount)
    if price.placeholder:
        row["placeholder"] = {name: plain(amount) for name, amount in sorted(price.placeholder.items())}
    row |= {"evidence": "documented", "source": list(price.source)}
    return row | ({"note": price.note} if price.note else {})


def text(document: Mapping[str, Any]) -> bytes:
    """A document as it is written: one space of indent, UTF-8, a newline at the end."""
    return (json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _rule(rule: Rule) -> dict[str, Any]:
    return {"when": dict(rule.when), "amount": plain(rule.amount), "certainty": rule.certainty}


def _correction(change: Correction) -> dict[str, Any]:
    return {"at": change.at, "was": change.was, "now": change.now, "why": change.why}
