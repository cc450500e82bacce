"""The shape of JSON: which keys there are and of which types their values; and in what two shapes differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

# status: of another class; number: another status of its class; error response: one says no and the other does not;
# missing: a recorded key that the mock server lacks; more: one that only the mock server has; type: of another type;
# null: a value where the other has none.
What = Literal["status", "number", "refusal", "missing", "more", "type", "null"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the mock server's shape is not the recorded one; `at` is a JSON pointer, `*` is any item."""

    at: str
    what: What
    recorded: str
    played: str

    def __str__(self) -> str:
        where = f" at {self.at or '/'}" if self.what not in ("status", "number", "refusal") else ""
        return f"{self.what}{where}: recorded {self.recorded}, the mock server {self.played}"

    def is_at(self, pattern: str) -> bool:
        """Whether a place is meant by a pattern in which `*` stands for any step."""
        steps, wanted = self.at.split("/"), pattern.split("/")
        return len(steps) == len(wanted) and all(map(fnmatchcase, steps, wanted))


def kind(value: Any) -> str:
    """What JSON calls a value's type; a whole number is a number."""
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "number", float: "number", dict: "object", list: "array"}
    return next((name for held, name in names.items() if isinstance(value, held)), "null")


def differences(recorded: Any, played: Any, at: str = "") -> Iterator[Difference]:
    """Where two values differ in shape: of a list, the first item stands for all."""
    was, now = kind(recorded), kind(played)
    if was != now:
        yield Difference(at, "null" if "null" in (was, now) else "type", was, now)
    elif isinstance(recorded, dict):
        for key in dict.fromkeys((*recorded, *played)):
            here = f"{at}/{key}"
            if key not in played:
                yield Difference(here, "missing", kind(recorded[key]), "nothing")
            elif key not in recorded:
                yield Difference(here, "more", "nothing", kind(played[key]))
            else:
                yield from differences(recorded[key], played[key], here)
    elif isinstance(recorded, list) and recorded and played:
        yield from differences(recorded[0], played[0], f"{at}/*")
