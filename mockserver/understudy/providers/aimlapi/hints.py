"""One violation in the provider's words: an issue for its list, and a line of text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from understudy.providers.aimlapi.wire import fill
from understudy.validation import Violation

# What JSON calls the sorts of its values.
_KINDS = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Hint:
    """The issue as the newer envelope lists it, and its message as the older one appends it."""

    issue: Any
    message: str


def hint(wire: Mapping[str, Any], violation: Violation) -> Hint:
    """The hint for a violation, by the wire facts `hints` and `kind_words`."""
    row = wire["hints"].get(violation.keyword, wire["hints"]["other"])
    words = _words(violation, wire["kind_words"])
    message = row["message"].format_map(words)
    issue = {f"${name}": value for name, value in words.items()} | {"$message": message, "$path": _path(violation)}
    return Hint(fill(row["issue"], issue), message)


def _words(violation: Violation, style: Mapping[str, str]) -> dict[str, Any]:
    quote, limit = style["quote"], violation.limit
    options = list(dict.fromkeys(map(_text, limit))) if isinstance(limit, list) else []
    quoted = [f"{quote}{option}{quote}" for option in options]
    types = [style.get(option, option) for option in options]
    return {
        "options": options,
        "quoted": ", ".join(quoted),
        "expected": style["joint"].join(types if violation.keyword == "type" else quoted),
        "limit": limit,
        "received": _text(violation.value),
        "kind": _KINDS.get(type(violation.value), "null"),
    }


def _path(violation: Violation) -> list[str | int]:
    """Where it is, in the message itself: a query parameter by its name alone."""
    return list(violation.path[1:] if violation.path[:1] == ("query",) else violation.path)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
