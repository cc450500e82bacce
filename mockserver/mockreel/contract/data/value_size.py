"""How much a value is once its aliases are followed: a few lines of YAML may stand for more than any memory holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.errors import DataError

MOST_VALUES = 1_000_000
DEEPEST = 100


def check_size(value: Any, *, where: str) -> None:
    """See that a walk through a value comes to an end soon.

    Raises:
        DataError: it is too deep, contains itself, or is too large once its aliases are followed.
    """
    _Measure(where).of(value)


class _Measure:
    """Counts what a walk through a value would meet; what an alias leads to is counted each time, and walked once."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._counted: dict[int, tuple[int, int]] = {}
        self._open: set[int] = set()

    def of(self, value: Any) -> tuple[int, int]:
        """How many values there are below a place, texts in thousands of letters, and how deep they go."""
        if not isinstance(value, dict | list):
            return 1 + (len(value) // 1000 if isinstance(value, str | bytes) else 0), 0
        key = id(value)
        if key in self._counted:
            return self._counted[key]
        if key in self._open:
            raise DataError(self._where, "an alias in it leads to the place where it stands")
        if len(self._open) >= DEEPEST:
            raise DataError(self._where, f"it is deeper than {DEEPEST} levels")
        self._open.add(key)
        found = [self.of(inner) for inner in _inside(value)]
        self._open.discard(key)
        many, deep = 1 + sum(count for count, _ in found), 1 + max((depth for _, depth in found), default=0)
        if many > MOST_VALUES:
            raise DataError(
                self._where,
                f"its aliases make more than {MOST_VALUES:,} values of it",
                then="Write out what its aliases stand for.",
            )
        if len(self._open) + deep > DEEPEST:
            raise DataError(self._where, f"it is deeper than {DEEPEST} levels")
        self._counted[key] = many, deep
        return many, deep


def _inside(value: Mapping[Any, Any] | list[Any]) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from (name, inner)
    else:
        yield from value
