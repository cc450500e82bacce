"""The shape of JSON: which keys there are and of which types their values; and in what two shapes differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

# status: of another class; number: another status of its class; refusal: one is an error response and the other is not;
# missing: a recorded key that the mock server lacks; more: one that only the mock server has; type: of another type;
# null: a value where the other has null.
DifferenceKind = Literal["status", "number", "refusal", "missing", "more", "type", "null"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the mock server's shape is not the recorded one; `at` is a JSON pointer, `*` is any item."""

    at: str
    what: DifferenceKind
    recorded: str
    actual: str

    def __str__(self) -> str:
        where = f" at {self.at or '/'}" if self.what not in ("status", "number", "refusal") else ""
        return f"{self.what}{where}: recorded {self.recorded}, the mock server {self.actual}"

    def is_at(self, pattern: str) -> bool:
        """Whether a place matches a pattern in which `*` stands for any step."""
        steps, expected = self.at.split("/"), pattern.split("/")
        return len(steps) == len(expected) and all(map(fnmatchcase, steps, expected))


def kind(value: Any) -> str:
    """What JSON calls a value's type; a whole number is a number."""
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "number", float: "number", dict: "object", list: "array"}
    return next((name for held, name in names.items() if isinstance(value, held)), "null")


def differences(recorded: Any, actual: Any, at: str = "") -> Iterator[Difference]:
    """Where two values differ in shape: of a list, only the first item is compared."""
    was, now = kind(recorded), kind(actual)
    if was != now:
        yield Difference(at, "null" if "null" in (was, now) else "type", was, now)
    elif isinstance(recorded, dict):
        for key in dict.fromkeys((*recorded, *actual)):
            here = f"{at}/{key}"
            if key not in actual:
                yield Difference(here, "missing", kind(recorded[key]), "nothing")
            elif key not in recorded:
                yield Difference(here, "more", "nothing", kind(actual[key]))
            else:
                yield from differences(recorded[key], actual[key], here)
    elif isinstance(recorded, list) and recorded and actual:
        yield from differences(recorded[0], actual[0], f"{at}/*")
