"""The pack can be made again, and comes out the same."""

from io import BytesIO

import av
from tools.clip_recipe import card, encode, sound
from tools.clip_recipe.canvas import Canvas
from tools.clip_recipe.letters import STROKES, breadth, write
from tools.clip_recipe.pack import parts

from mockreel.engine.artifacts.media.clip_pack import read


def test_the_same_recipe_gives_the_same_bytes() -> None:
    """A small film, made twice."""

    def film() -> bytes:
        canvases = card.moving(card.Card(640, 360, "MOCK"), 1, encode.FRAMES)
        samples = sound.bells(1, encode.SAMPLES)
        return encode.mp4(canvases, samples, width=320, height=180, quantizer=36)

    assert film() == film()


def test_a_packed_picture_is_what_the_recipe_paints() -> None:
    """The card of today is the card in the pack."""
    part = next(part for part in parts() if part.file == "image-1k-1x1.png")
    words = f"MOCK · PNG · {part.width}x{part.height}"
    made = encode.png(card.still(card.Card(2048, 2048, words), "1:1"))

    with av.open(BytesIO(made), "r") as new, av.open(BytesIO(read(part.file)), "r") as old:
        one, other = (next(picture.decode(video=0)).reformat(format="rgb24") for picture in (new, old))

    assert bytes(one.planes[0]) == bytes(other.planes[0])


def test_every_character_can_be_written() -> None:
    """Each leaves ink on the canvas, and none outside its line."""
    for character in STROKES:
        canvas = Canvas(100, 100)
        write(canvas, character, (50, 50), height=60, colour=1)
        inked = {number // 100 for number, colour in enumerate(canvas.pixels) if colour}

        assert bool(inked) == (character != " ")
        assert not inked or (min(inked) >= 15 and max(inked) <= 84)
        assert breadth(character) >= 0


def test_shapes_over_the_edge_are_cut_off() -> None:
    """Nothing wraps around to the next row, and the canvas keeps its size."""
    canvas = Canvas(10, 10)
    canvas.disc((0, 5), 3, 1)
    canvas.rectangle(-5, -5, 2, 2, 2)
    canvas.rectangle(20, 20, 30, 30, 3)

    assert len(canvas.pixels) == 100
    assert not any(canvas.row(number)[9] for number in range(10))
    assert 3 not in canvas.pixels


def test_there_is_one_bell_a_second() -> None:
    """It rings at the second and is silent before the next."""
    samples = sound.bells(3, 8000)

    assert len(samples) == 24_000
    for second in range(3):
        assert max(samples[second * 8000 : second * 8000 + 800]) > 0.05
        assert not any(samples[second * 8000 + 2000 : second * 8000 + 8000])
