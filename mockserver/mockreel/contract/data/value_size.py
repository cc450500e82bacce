"""Check the size of a value with its aliases expanded: a few lines of YAML may expand beyond any memory."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.errors import DataError

MOST_VALUES = 1_000_000
DEEPEST = 100


def check_size(value: Any, *, where: str) -> None:
    """Check that a value is small enough to walk.

    Raises:
        DataError: it is too deep, contains itself, or is too large with its aliases expanded.
    """
    _Measure(where).of(value)


class _Measure:
    """Counts the nodes of a value; the target of an alias is counted each time, and walked once."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._counted: dict[int, tuple[int, int]] = {}
        self._open: set[int] = set()

    def of(self, value: Any) -> tuple[int, int]:
        """The number of values below a node, with texts in thousands of letters, and their depth."""
        if not isinstance(value, dict | list):
            return 1 + (len(value) // 1000 if isinstance(value, str | bytes) else 0), 0
        key = id(value)
        if key in self._counted:
            return self._counted[key]
        if key in self._open:
            raise DataError(self._where, "an alias in it contains itself")
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
                then="Write the values instead of aliases.",
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
