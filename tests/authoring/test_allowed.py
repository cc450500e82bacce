"""Where glued lists of allowed values end."""

import pytest

from mockreel.authoring.documented_model import PageError
from mockreel.authoring.runflow.allowed_values import glued_values, listed_values


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("Any", ()),
        ("", ()),
        ("AnyWhat is to be seen.", ()),
        ("4s, 6s, 8s", ("4s", "6s", "8s")),
        ("4s, 6s, 8sThe length of the clip, in seconds.", ("4s", "6s", "8s")),
        ("auto, 16:9, 9:16The ratio. Only 16:9, 9:16 work.", ("auto", "16:9", "9:16")),
        ("1, 2, 3A level, from low to high.", ("1", "2", "3")),
        ("1K, 2K, 4KThe size of the picture.", ("1K", "2K", "4K")),
        ("1K, 2K, 4KURL of nothing", ("1K", "2K", "4K")),
        ("16:9, 9:16URL of nothing", ("16:9", "9:16")),
        ("jpeg, pngWhether it is small (or not).", ("jpeg", "png")),
        ("Draft, FinalThe kind of picture.", ("Draft", "Final")),
        ("720p", ("720p",)),
    ],
)
def test_glued_values_end_where_the_sentence_starts(cell: str, values: tuple[str, ...]) -> None:
    """The description follows the last value without a space, and may contain commas and values."""
    assert glued_values(cell, "page line 3") == values


@pytest.mark.parametrize("cell", ["9KURL of something", "The mode of the picture"])
def test_values_that_could_end_in_two_places_are_rejected(cell: str) -> None:
    """Nothing is guessed: the error names the place and the text."""
    with pytest.raises(PageError, match=r"page line 3: the end of the allowed values in .* is ambiguous"):
        glued_values(cell, "page line 3")


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("`a`, `b`", ("a", "b")),
        ("a<br/>b", ("a", "b")),
        ("-", ()),
        ("\u2014", ()),
        ("Any", ()),
        ("any, all", ("any", "all")),
    ],
)
def test_listed_values_are_separated_by_commas_or_breaks(cell: str, values: tuple[str, ...]) -> None:
    """In a table the cell has nothing else in it."""
    assert listed_values(cell) == values
