"""A page's base price and its note: which prices are exact, and which are a minimum."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mockreel.authoring.documented_model import PagePrice, Rule

_SIZE = re.compile(r"\d+[pk]\Z", re.IGNORECASE)
_LENGTH = re.compile(r"\d+s\Z")
_SILENT = re.compile(r"\b(?:without|no) audio\b|\bsilent\b", re.IGNORECASE)
_SOUND = re.compile(r"\bwith audio\b", re.IGNORECASE)
_UNITS = {"seconds": "second", "sec": "second", "s": "second", "requests": "request", "images": "image"}


def priced(
    amount: Decimal, unit: str, note: str, schema: Mapping[str, Any], *, currency: str, source: str
) -> PagePrice:
    """The price of a model from its page.

    A base price is exact if no option that usually changes a price (size, sound, length) exists, and for the choice
    that the note names; otherwise it is the minimum.
    """
    unit = _UNITS.get(unit, unit)
    fields = schema["properties"]
    movers = {name for name, field in fields.items() if _moves(name, field, unit)}
    pinned = {name: value for name, field in fields.items() if (value := _pinned(name, field, note)) is not None}
    if not movers:
        return PagePrice("exact", currency, unit, (source,), amount=amount)
    whole = bool(pinned) and movers <= set(pinned)
    return PagePrice(
        "at least",
        currency,
        unit,
        (source,),
        amount=amount,
        rules=(Rule(pinned, amount),) if whole else (),
        note=_remark(pinned, movers - set(pinned)),
    )


def _moves(name: str, field: Mapping[str, Any], unit: str) -> bool:
    texts = [value for value in field.get("enum", []) if isinstance(value, str)]
    sized = any(_SIZE.match(value) for value in texts)
    long = unit != "second" and any(_LENGTH.match(value) for value in texts)
    return sized or long or (field.get("type") == "boolean" and "audio" in name)


def _pinned(name: str, field: Mapping[str, Any], note: str) -> Any:
    """The value of a field that the note names, or None."""
    if field.get("type") == "boolean" and "audio" in name:
        return False if _SILENT.search(note) else True if _SOUND.search(note) else None
    words = re.findall(r"[\w:.]+", note)
    return next((v for v in field.get("enum", []) if isinstance(v, str) and _SIZE.match(v) and v in words), None)


def _remark(pinned: Mapping[str, Any], open_: set[str]) -> str:
    choice = ", ".join(f"{name}={str(value).lower()}" for name, value in pinned.items())
    stated = f"the page states it for {choice}" if choice else "the page states a base price"
    return f"{stated}; not said what {', '.join(sorted(open_))} adds" if open_ else f"{stated} only"
