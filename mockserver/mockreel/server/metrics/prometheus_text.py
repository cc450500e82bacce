"""The text format of Prometheus: counters, gauges and histograms with labels, written as its parsers read them.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[str, ...]


@dataclass
class Family:
    """One counter or gauge; its values are stored by the text of their labels."""

    name: str
    summary: str
    kind: Literal["counter", "gauge"]
    labels: Labels = ()
    values: dict[Labels, float] = field(default_factory=dict)

    def add(self, *labels: str, by: float = 1.0) -> None:
        """Count one more, or `by` more."""
        self.values[labels] = self.values.get(labels, 0.0) + by

    def set(self, values: Mapping[Labels, float]) -> None:
        """Have these values and no others."""
        self.values = dict(values)

    def lines(self) -> Iterator[str]:
        """As Prometheus reads it."""
        yield from _head(self.name, self.summary, self.kind)
        for labels, value in sorted(self.values.items()):
            yield f"{self.name}{_labelled(zip(self.labels, labels, strict=True))} {_number(value)}"


@dataclass
class Histogram:
    """How many values were at most so large, by labels."""

    name: str
    summary: str
    labels: Labels
    bounds: Sequence[float]
    counts: dict[Labels, list[int]] = field(default_factory=dict)
    sums: dict[Labels, float] = field(default_factory=dict)

    def observe(self, *labels: str, value: float) -> None:
        counts = self.counts.setdefault(labels, [0] * (len(self.bounds) + 1))
        counts[bisect_left(self.bounds, value)] += 1
        self.sums[labels] = self.sums.get(labels, 0.0) + value

    def lines(self) -> Iterator[str]:
        """As Prometheus reads it: each bucket holds those before it, too."""
        yield from _head(self.name, self.summary, "histogram")
        for labels, counts in sorted(self.counts.items()):
            pairs, total = list(zip(self.labels, labels, strict=True)), 0
            for bound, count in zip((*map(_number, self.bounds), "+Inf"), counts, strict=True):
                total += count
                yield f"{self.name}_bucket{_labelled([*pairs, ('le', bound)])} {total}"
            yield f"{self.name}_sum{_labelled(pairs)} {_number(self.sums[labels])}"
            yield f"{self.name}_count{_labelled(pairs)} {total}"


def exposition(families: Sequence[Family | Histogram]) -> bytes:
    """All of them, as the body of a response."""
    return "".join(f"{line}\n" for family in families for line in family.lines()).encode()


def _head(name: str, summary: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {_escaped(summary)}"
    yield f"# TYPE {name} {kind}"


def _labelled(pairs: Iterable[tuple[str, str]]) -> str:
    found = ",".join(f'{name}="{_quoted(value)}"' for name, value in pairs)
    return f"{{{found}}}" if found else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
