"""What a client says can neither move a terminal nor break a line."""

import unicodedata

import hypothesis
import pytest
from hypothesis import strategies as st

from mockreel.server.log.terminal_text import fitted, harmless, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain /path?x=1", "plain /path?x=1"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\x9b31m", "\\x9b31m"),
        ("x\u202egnp.exe", "x\\u202egnp.exe"),
        ("\u2028\u200b\ufeff", "\\u2028\\u200b\\ufeff"),
        ("Ein Käfer, 紙の船", "Ein Käfer, 紙の船"),
    ],
)
def test_what_does_not_show_is_written_out(text: str, shown: str) -> None:
    """Controls, line ends, marks that turn the direction; what can be read stays."""
    assert harmless(text) == shown


@hypothesis.given(text=st.text())
def test_nothing_that_acts_is_left(text: str) -> None:
    """Whatever it is."""
    assert not {unicodedata.category(one) for one in harmless(text)} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@hypothesis.given(
    text=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"])), columns=st.integers(9, 60)
)
def test_a_text_is_made_exactly_so_wide(text: str, columns: int) -> None:
    """Letters that take two columns count for two; a combining mark takes none."""
    assert width(fitted(text, columns)) == columns


def test_the_middle_of_a_long_text_is_left_out() -> None:
    """Its end often tells more than its middle."""
    assert fitted("POST /v1/models/google/veo3.1/lite/runs", 30) == "POST /v1/…gle/veo3.1/lite/runs"
