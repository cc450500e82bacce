"""The words for sizes and shapes, as they are seen on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.engine.artifacts.media.size_words import Size, Unreadable, read_aspect, read_resolution, wish


@pytest.mark.parametrize(
    ("word", "size"),
    [
        ("480p", Size(lines=480)),
        ("540p", Size(lines=540)),
        ("720P", Size(lines=720)),
        ("768P", Size(lines=768)),
        ("1024", Size(lines=1024)),
        ("native1080p", Size(lines=1080)),
        ("1536pro", Size(lines=1536)),
        ("fhd", Size(lines=1080)),
        ("1K", Size(thousands=1)),
        ("2k", Size(thousands=2)),
        ("4K", Size(thousands=4)),
        ("1280x720", Size(sides=(1280, 720))),
        ("1280*720", Size(sides=(1280, 720))),
        ("1280 X 720", Size(sides=(1280, 720))),
        ("1280\u00d7720", Size(sides=(1280, 720))),
        ("1584:672", Size(sides=(1584, 672))),
    ],
)
def test_a_size_is_read_whatever_its_case(word: str, size: Size) -> None:
    """Lines, thousands, or two sides."""
    assert read_resolution(wish(word) or "") == size


@pytest.mark.parametrize(
    "word", ["sharp", "p", "k", "16:9", "720pp", "7 2 0", "x", "1280x", "9" * 41, "\u0667\u0662\u0660p"]
)
def test_a_word_that_is_no_size_is_rejected(word: str) -> None:
    """A guess would be worse than saying so."""
    with pytest.raises(Unreadable):
        read_resolution(word)


@pytest.mark.parametrize(
    ("word", "ratio"),
    [("16:9", 16 / 9), ("9:16", 9 / 16), ("1:1", 1), ("2.39:1", 2.39), ("1280x720", 16 / 9), ("Portrait", 9 / 16)],
)
def test_a_shape_is_width_over_height(word: str, ratio: float) -> None:
    """Written as two numbers or as a name."""
    assert read_aspect(wish(word) or "") == ratio


@pytest.mark.parametrize("word", ["wide", "16:0", "0:9", "0:0", "16:", ":", "16-9", "1" * 6 + ":1", "1:" + "9" * 50])
def test_a_word_that_is_no_shape_is_rejected(word: str) -> None:
    """Nothing divides by zero."""
    with pytest.raises(Unreadable):
        read_aspect(word)


@pytest.mark.parametrize("word", [None, "", "auto", "AUTO", " Auto ", "adaptive", "empty"])
def test_some_words_leave_the_choice_to_the_server(word: str | None) -> None:
    """They are no preference, so nothing can differ from it."""
    assert wish(word) is None


@given(st.text(max_size=80))
def test_a_word_is_read_or_rejected(word: str) -> None:
    """No text does anything else."""
    for read in (read_resolution, read_aspect):
        try:
            read(word)
        except Unreadable:
            continue
