"""What was measured: figures with their aims, and how they are shown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; `aim` is what it should be at least (or at most), None where none is set."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    at_most: bool = False
    spread: tuple[float, float] | None = None

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        return self.value <= self.aim if self.at_most else self.value >= self.aim

    def row(self) -> Mapping[str, Any]:
        """The figure for `--json`."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "spread": self.spread,
            "aim": self.aim,
            "met": self.met,
        }

    def verdict(self) -> str:
        """One line: the aim, what was measured, and whether it is met."""
        bound = f"{'at most' if self.at_most else 'at least'} {self.aim:g} {self.unit}".strip()
        word = "met    " if self.met else "NOT MET"
        return f"{word}  {self.name}: {number(self.value)} {self.unit} (aim: {bound})".replace(" )", ")")


def middle(name: str, values: Iterable[float], unit: str, *, aim: float | None = None, at_most: bool = False) -> Figure:
    """The median of several rounds, with their spread."""
    taken = list(values)
    return Figure(name, median(taken), unit, aim, at_most, (min(taken), max(taken)))


def quantile(values: Iterable[float], part: float) -> float:
    """The value below which that part of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def number(value: float) -> str:
    """A number with about three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table: the first column to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        yield "  ".join((line[0].ljust(widths[0]), *cells))
