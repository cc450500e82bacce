"""Capital letters and digits as strokes, so that a clip can say what it is without anybody's font."""

import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tools.clip_recipe.canvas import Canvas, Point

HEIGHT = 6.0
GAP = 1.5

Stroke = list[Point]


def _arc(centre: Point, radii: Point, start: float, stop: float) -> Stroke:
    """Part of an ellipse; 0 degrees points right, 90 down, 270 up."""
    steps = max(2, round(abs(stop - start) / 9))
    angles = (math.radians(start + (stop - start) * step / steps) for step in range(steps + 1))
    return [(centre[0] + radii[0] * math.cos(angle), centre[1] + radii[1] * math.sin(angle)) for angle in angles]


_BOWL: Stroke = [(0, 6), (0, 0), *_arc((2.2, 1.7), (1.7, 1.7), -90, 90), (0, 3.4)]
_SIX: list[Stroke] = [_arc((2, 4.1), (1.9, 1.9), 0, 360), _arc((3.4, 4.1), (3.3, 4.1), 180, 262)]

STROKES: Mapping[str, list[Stroke]] = MappingProxyType(
    {
        "A": [[(0, 6), (2.2, 0), (4.4, 6)], [(0.8, 4), (3.6, 4)]],
        "B": [
            [(0, 2.9), (0, 0), *_arc((2.2, 1.45), (1.45, 1.45), -90, 90), (0, 2.9)],
            [(0, 2.9), *_arc((2.3, 4.45), (1.6, 1.55), -90, 90), (0, 6), (0, 2.9)],
        ],
        "C": [[*_arc((2.1, 2.1), (2.1, 2.1), -25, -180), *_arc((2.1, 3.9), (2.1, 2.1), 180, 25)]],
        "D": [[(0, 0), (0, 6), *_arc((1.4, 3), (2.7, 3), 90, -90), (0, 0)]],
        "E": [[(3.5, 0), (0, 0), (0, 6), (3.5, 6)], [(0, 3), (3, 3)]],
        "F": [[(3.5, 0), (0, 0), (0, 6)], [(0, 3), (3, 3)]],
        "G": [
            [*_arc((2.1, 2.1), (2.1, 2.1), -25, -180), *_arc((2.1, 3.9), (2.1, 2.1), 180, 0), (4.2, 3.4), (2.6, 3.4)]
        ],
        "I": [[(0, 0), (0, 6)]],
        "J": [[(3, 0), *_arc((1.5, 4.4), (1.5, 1.6), 0, 170)]],
        "K": [[(0, 0), (0, 6)], [(3.8, 0), (0, 3.7)], [(1.4, 2.4), (4, 6)]],
        "L": [[(0, 0), (0, 6), (3.6, 6)]],
        "M": [[(0, 6), (0, 0), (2.5, 3.8), (5, 0), (5, 6)]],
        "N": [[(0, 6), (0, 0), (4, 6), (4, 0)]],
        "O": [[*_arc((2.1, 2.1), (2.1, 2.1), 180, 360), *_arc((2.1, 3.9), (2.1, 2.1), 0, 180), (0, 2.1)]],
        "P": [_BOWL],
        "R": [_BOWL, [(1.9, 3.4), (4, 6)]],
        "S": [[*_arc((2, 1.5), (1.8, 1.5), -25, -270), *_arc((2, 4.5), (2, 1.5), -90, 155)]],
        "T": [[(0, 0), (4.2, 0)], [(2.1, 0), (2.1, 6)]],
        "U": [[(0, 0), *_arc((2, 4), (2, 2), 180, 0), (4, 0)]],
        "W": [[(0, 0), (1.4, 6), (2.8, 1), (4.2, 6), (5.6, 0)]],
        "X": [[(0, 0), (4, 6)], [(4, 0), (0, 6)]],
        "Y": [[(0, 0), (2.1, 3), (4.2, 0)], [(2.1, 3), (2.1, 6)]],
        "0": [[*_arc((1.9, 2), (1.9, 2), 180, 360), *_arc((1.9, 4), (1.9, 2), 0, 180), (0, 2)]],
        "1": [[(0, 1.4), (1.6, 0), (1.6, 6)]],
        "2": [[*_arc((2, 1.9), (1.9, 1.9), 190, 400), (0.1, 6), (4, 6)]],
        "3": [[*_arc((1.9, 1.5), (1.7, 1.5), 205, 450), *_arc((1.9, 4.5), (1.95, 1.5), -90, 155)]],
        "4": [[(3.1, 6), (3.1, 0), (0, 4.3), (4.2, 4.3)]],
        "5": [[(3.6, 0), (0.6, 0), *_arc((1.9, 4.05), (1.95, 1.95), -138, 150)]],
        "6": _SIX,
        "7": [[(0, 0), (4, 0), (1.4, 6)]],
        "8": [_arc((2, 1.5), (1.6, 1.5), 0, 360), _arc((2, 4.5), (1.95, 1.5), 0, 360)],
        "9": [[(4 - x, 6 - y) for x, y in stroke] for stroke in _SIX],
        ":": [[(0, 1.7)], [(0, 4.5)]],
        "-": [[(0, 3.1), (2.2, 3.1)]],
        "x": [[(0, 1.9), (2.6, 4.5)], [(2.6, 1.9), (0, 4.5)]],
        "·": [[(0, 3)]],
        " ": [[(0.8, 0), (0.8, 0)]],
    }
)


def write(canvas: Canvas, text: str, centre: Point, *, height: float, weight: float = 0.8, colour: int) -> None:
    """Write one line, centred; `weight` is the thickness of a stroke, in sixths of the height."""
    unit = height / HEIGHT
    left, top = centre[0] - breadth(text) * unit / 2, centre[1] - height / 2
    for offset, character in _placed(text):
        for stroke in [] if character == " " else STROKES[character]:
            canvas.stroke([(left + (offset + x) * unit, top + y * unit) for x, y in stroke], weight * unit, colour)


def breadth(text: str) -> float:
    """How wide a line is, in sixths of its height."""
    last, character = list(_placed(text))[-1]
    return last + _width(character)


def _placed(text: str) -> Iterator[tuple[float, str]]:
    offset = 0.0
    for character in text:
        yield offset - _left(character), character
        offset += _width(character) - _left(character) + GAP


def _left(character: str) -> float:
    return min(x for stroke in STROKES[character] for x, _ in stroke)


def _width(character: str) -> float:
    return max(x for stroke in STROKES[character] for x, _ in stroke)
