"""The picture of a mock clip: a mock server, a countdown, and the words that say what the clip is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tools.clip_recipe.canvas import Canvas, Point
from tools.clip_recipe.letters import breadth, write

# The numbers of the colours on a canvas, and what they look like.
DARK, DUSK, CREAM, RED, DEEP, GREY, GOLD = range(7)
PALETTE: Final = (0x17131F, 0x2B2438, 0xF5EBD8, 0xC8323C, 0x8F1F2C, 0x5B5168, 0xF2B33D)

RIM: Final = 0.05
"""How thick the ring around the headline is, as a part of its radius."""

MASTER: Final = 2160
"""The short side of the canvas a film is painted on."""


@dataclass(frozen=True, slots=True)
class Card:
    """Where things stand on a canvas of this shape, and what is written there."""

    width: int
    height: int
    words: str

    @property
    def centre(self) -> Point:
        return self.width / 2, self.height * (0.45 if self.width >= self.height else 0.44)

    @property
    def radius(self) -> float:
        return (0.34 if self.height > self.width else 0.29) * self.unit

    @property
    def unit(self) -> float:
        return min(self.width, self.height)

    @property
    def bar(self) -> tuple[float, float, float, float]:
        half, middle = self.width * 0.5 - self.curtain * 1.35, self.height - 0.075 * self.unit
        return self.width / 2 - half, middle - 0.012 * self.unit, self.width / 2 + half, middle + 0.012 * self.unit

    @property
    def curtain(self) -> float:
        return 0.075 * self.width if self.width >= self.height else 0.09 * self.width


def still(card: Card, headline: str) -> Canvas:
    """The card as a picture: a headline in the ring."""
    canvas = _stage(card)
    _headline(canvas, card, headline)
    return canvas


def moving(card: Card, seconds: int, rate: int) -> Iterator[Canvas]:
    """The card as a film leader: the seconds that are left, and a bar that runs below.

    What moves is kept small: it is what a clip's size is made of.
    """
    canvas = _stage(card)
    frames = seconds * rate
    for frame in range(frames):
        second, step = divmod(frame, rate)
        if step == 0:
            _headline(canvas, card, str(seconds - second))
        _progress(canvas, card, (frame + 1) / frames, seconds)
        yield canvas


def _stage(card: Card) -> Canvas:
    canvas = Canvas(card.width, card.height)
    _curtains(canvas, card)
    _valance(canvas, card)
    title = card.centre[0], card.height - 0.2 * card.unit
    _fitted(canvas, card, "MOCKREEL", title, size=0.05, colour=CREAM)
    _fitted(canvas, card, card.words, (title[0], card.height - 0.13 * card.unit), size=0.032, colour=GOLD)
    canvas.disc(card.centre, card.radius, GREY)
    return canvas


def _fitted(canvas: Canvas, card: Card, text: str, centre: Point, *, size: float, colour: int) -> None:
    room = (card.width - 2.6 * card.curtain) / breadth(text) * 6
    write(canvas, text, centre, height=min(size * card.unit, room), colour=colour)


def _curtains(canvas: Canvas, card: Card) -> None:
    folds = 6
    for fold in range(folds):
        left, right = fold * card.curtain / folds, (fold + 1) * card.curtain / folds
        colour = RED if fold % 2 else DEEP
        canvas.rectangle(left, 0, right, card.height, colour)
        canvas.rectangle(card.width - right, 0, card.width - left, card.height, colour)


def _valance(canvas: Canvas, card: Card) -> None:
    scallops = 2 * round(card.width / (0.36 * card.unit)) + 1
    size = card.width / scallops
    for scallop in range(scallops):
        centre = (scallop + 0.5) * size, 0.02 * card.unit
        canvas.disc(centre, size * 0.56, DEEP)
    for scallop in range(scallops):
        centre = (scallop + 0.5) * size, 0.0
        canvas.disc(centre, size * 0.5, RED)


def _headline(canvas: Canvas, card: Card, text: str) -> None:
    canvas.disc(card.centre, card.radius * (1 - RIM), DUSK)
    room = card.radius * 1.35 / breadth(text) * 6
    write(canvas, text, card.centre, height=min(card.radius * 0.9, room), weight=0.75, colour=CREAM)


def _progress(canvas: Canvas, card: Card, part: float, seconds: int) -> None:
    left, top, right, bottom = card.bar
    canvas.rectangle(left, top, right, bottom, GREY)
    canvas.rectangle(left, top, left + (right - left) * part, bottom, GOLD)
    for second in range(1, seconds):
        mark = left + (right - left) * second / seconds
        canvas.rectangle(mark - 0.002 * card.unit, top, mark + 0.002 * card.unit, bottom, DARK)
