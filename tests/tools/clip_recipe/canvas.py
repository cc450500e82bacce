"""A picture of numbered colours, painted with rectangles, discs, strokes and convex shapes."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]


@dataclass(slots=True)
class Canvas:
    """One byte a pixel: the number of its colour.  Shapes that reach over the edge are cut off."""

    width: int
    height: int
    pixels: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        if not self.pixels:
            self.pixels = bytearray(self.width * self.height)

    def row(self, number: int) -> bytes:
        return bytes(self.pixels[number * self.width : (number + 1) * self.width])

    def span(self, row: int, left: float, right: float, colour: int) -> None:
        start, stop = max(0, math.ceil(left - 0.5)), min(self.width, math.ceil(right - 0.5))
        if 0 <= row < self.height and start < stop:
            at = row * self.width
            self.pixels[at + start : at + stop] = bytes((colour,)) * (stop - start)

    def rectangle(self, left: float, top: float, right: float, bottom: float, colour: int) -> None:
        for row in self._rows(top, bottom):
            self.span(row, left, right, colour)

    def disc(self, centre: Point, radius: float, colour: int) -> None:
        self._capsule(centre, centre, radius, colour)

    def ring(self, centre: Point, radius: float, thickness: float, colour: int) -> None:
        around = [turned(centre, radius, degrees) for degrees in range(361)]
        self.stroke(around, thickness, colour)

    def stroke(self, points: Sequence[Point], thickness: float, colour: int) -> None:
        """A line through the points with round ends; one point alone is a dot."""
        for start, stop in zip(points, points[1:] or points, strict=False):
            self._capsule(start, stop, thickness / 2, colour)

    def shape(self, corners: Sequence[Point], colour: int) -> None:
        """Fill a convex shape."""
        edges = list(zip(corners, [*corners[1:], corners[0]], strict=True))
        for row in self._rows(min(y for _, y in corners), max(y for _, y in corners)):
            crossings = [x for edge in edges for x in _crossing(edge, row + 0.5)]
            if crossings:
                self.span(row, min(crossings), max(crossings), colour)

    def _capsule(self, start: Point, stop: Point, radius: float, colour: int) -> None:
        """All points within `radius` of the segment: two discs and the band between them."""
        length = math.dist(start, stop) or 1.0
        aside = radius * (start[1] - stop[1]) / length, radius * (stop[0] - start[0]) / length
        one, other = (
            (_moved(start, aside, 1), _moved(stop, aside, 1)),
            (_moved(start, aside, -1), _moved(stop, aside, -1)),
        )
        for row in self._rows(min(start[1], stop[1]) - radius, max(start[1], stop[1]) + radius):
            y = row + 0.5
            ends = [*_chord(start, radius, y), *_chord(stop, radius, y), *_crossing(one, y), *_crossing(other, y)]
            if ends:
                self.span(row, min(ends), max(ends), colour)

    def _rows(self, top: float, bottom: float) -> range:
        return range(max(0, math.ceil(top - 0.5)), min(self.height, math.ceil(bottom - 0.5)))


def turned(centre: Point, radius: float, degrees: float) -> Point:
    """The point on a circle, clockwise from twelve o'clock."""
    angle = math.radians(degrees)
    return centre[0] + radius * math.sin(angle), centre[1] - radius * math.cos(angle)


def _moved(point: Point, by: Point, times: int) -> Point:
    return point[0] + times * by[0], point[1] + times * by[1]


def _chord(centre: Point, radius: float, y: float) -> Iterable[float]:
    square = radius * radius - (y - centre[1]) ** 2
    if square >= 0:
        yield centre[0] - math.sqrt(square)
        yield centre[0] + math.sqrt(square)


def _crossing(edge: tuple[Point, Point], y: float) -> Iterable[float]:
    (x0, y0), (x1, y1) = edge
    if min(y0, y1) <= y <= max(y0, y1) and y0 != y1:
        yield x0 + (x1 - x0) * (y - y0) / (y1 - y0)
