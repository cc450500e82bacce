"""One violation in the provider's words: an issue for its list, and a line of text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mockreel.contract.validation import Violation, Violations
from mockreel.providers.templates import prepared

# Rules whose limit is the schema's own list, and not what was sent; so many lists of options are known again.
_OF_SCHEMA = frozenset({"enum", "type"})
_MOST_CACHED = 256
# What JSON calls the sorts of its values.
_KINDS = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Hint:
    """The issue as the newer envelope lists it, and its message as the older one appends it."""

    issue: Any
    message: str


class Hints:
    """Finds the words for violations.

    Args:
        rows: by JSON Schema's word for the rule, the template of an issue and its message.
        style: how options are quoted and joined, and what types are called.
    """

    def __init__(self, rows: Mapping[str, Any], *, style: Mapping[str, str]) -> None:
        self._rows = {keyword: (prepared(row["issue"]), row["message"]) for keyword, row in rows.items()}
        self._style = style
        self._known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def all(self, found: tuple[Violation, ...]) -> list[Hint]:
        """The hint for each violation; violations that were found before keep theirs."""
        cached = found.cached_texts if isinstance(found, Violations) else {}
        hints: list[Hint] | None = cached.get("hints")
        if hints is None:
            hints = cached["hints"] = [self.hint(violation) for violation in found]
        return hints

    def hint(self, violation: Violation) -> Hint:
        issue, message = self._rows.get(violation.keyword, self._rows["other"])
        words = self._words(violation)
        words["message"] = message.format_map(words)
        return Hint(issue(words), words["message"])

    def _words(self, violation: Violation) -> dict[str, Any]:
        words = {
            "limit": violation.limit,
            "received": _text(violation.value),
            "kind": _KINDS.get(type(violation.value), "null"),
            "path": _path(violation),
        }
        return words | self._options(violation) if isinstance(violation.limit, list) else words

    def _options(self, violation: Violation) -> dict[str, Any]:
        """The words for a rule that lists what it takes, or what was too much."""
        if violation.keyword not in _OF_SCHEMA:
            return self._joined(violation)
        name = (violation.keyword, *map(_text, violation.limit))
        found = self._known.get(name)
        if found is None:
            if len(self._known) >= _MOST_CACHED:
                self._known.clear()
            found = self._known[name] = self._joined(violation)
        return found

    def _joined(self, violation: Violation) -> dict[str, Any]:
        quote = self._style["quote"]
        options = list(dict.fromkeys(map(_text, violation.limit)))
        quoted = [f"{quote}{option}{quote}" for option in options]
        expected = [self._style.get(option, option) for option in options] if violation.keyword == "type" else quoted
        return {"options": options, "quoted": ", ".join(quoted), "expected": self._style["joint"].join(expected)}


def _path(violation: Violation) -> list[str | int]:
    """Where it is, in the message itself: a query parameter by its name alone."""
    return list(violation.path[1:] if violation.path[:1] == ("query",) else violation.path)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
