"""What differs between two JSON values, place by place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.drift.finding import NOTHING


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two values differ; NOTHING on a side without a value."""

    path: tuple[str, ...]
    before: Any
    after: Any

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer."""
        return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in self.path)


def differences(before: Any, after: Any, *, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Every place where two values differ; only mappings are walked into."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            old, new = before.get(key, NOTHING), after.get(key, NOTHING)
            yield from differences(old, new, path=(*path, str(key)))
    elif not alike(before, after):
        yield Difference(path, before, after)


def alike(before: Any, after: Any) -> bool:
    """JSON equality: `true` is not 1, and 1.0 is 1."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(alike(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return len(before) == len(after) and all(map(alike, before, after))
    return bool(before == after) and isinstance(before, bool) == isinstance(after, bool)
