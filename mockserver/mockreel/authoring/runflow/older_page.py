"""Two pages of one model: the newer wins, and facts of the older alone are added, each with its reason."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jsonschema_rs

from mockreel.authoring.documented_model import Correction, ModelPage, PagePrice, plain


def with_older(newer: ModelPage, older: ModelPage) -> ModelPage:
    """The newer page with the defaults that only the older states, and a note where their prices differ.

    A field that only the older page has is left out, as the newer page removed it.
    """
    source = ", ".join(older.source)
    fields: dict[str, Any] = dict(newer.schema["properties"])
    changes: list[Correction] = []
    for name, field in older.schema["properties"].items():
        if name in fields and _adds_default(fields[name], field):
            fields[name] = {**fields[name], "default": field["default"]}
            changes.append(
                Correction(f"/properties/{name}/default", None, field["default"], f"only {source} states it")
            )
    return replace(
        newer,
        schema={**newer.schema, "properties": fields},
        price=_noted(newer.price, older.price, source),
        source=(*newer.source, *older.source),
        endpoints=(*newer.endpoints, *(path for path in older.endpoints if path not in newer.endpoints)),
        corrections=(*newer.corrections, *changes),
    )


def _adds_default(newer: Mapping[str, Any], older: Mapping[str, Any]) -> bool:
    return "default" in older and "default" not in newer and jsonschema_rs.is_valid(dict(newer), older["default"])


def _noted(newer: PagePrice, older: PagePrice, source: str) -> PagePrice:
    if older.amount is None or (newer.amount, newer.unit) == (older.amount, older.unit):
        return newer
    other = f"{source} says {plain(older.amount)} {older.currency} a {older.unit}"
    return replace(newer, note=f"{newer.note}; {other}" if newer.note else other)
