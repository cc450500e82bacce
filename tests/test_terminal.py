"""What a client says can neither move a terminal nor break a line."""

import io
import json
import unicodedata

import hypothesis
import pytest
from hypothesis import strategies as st

from mockreel.terminal import Screen, fitted, harmless, harmless_json, width


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


ACTS = "\x1b]52;c;aGk=\x07 \x1b[31m \x9b2J \x85 \u202e \u2066 \u2028 \r \x00 \x7f \ud800 \U000e0041"


def test_a_screen_lets_nothing_act() -> None:
    """What is written by whatever command, in a pipe: line ends and tabs stay, and JSON stays JSON."""
    stream = io.StringIO()
    print(f"one\t{ACTS}\ntwo", file=Screen(stream))
    print(json.dumps({"a": ACTS}, ensure_ascii=False), file=Screen(stream))
    shown = stream.getvalue()

    assert [one for one in shown if not one.isprintable() and one not in "\n\t"] == []
    first, second, third = shown.splitlines()
    assert (first[:4], second) == ("one\t", "two")
    assert json.loads(third) == {"a": ACTS}


def test_a_terminal_keeps_its_colours() -> None:
    """And nothing else: neither a title, nor the clipboard, nor a move of the cursor."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    Screen(stream).write(f"\x1b[32mgreen\x1b[0m {ACTS}\x1b[2A")

    assert stream.getvalue().startswith("\x1b[32mgreen\x1b[0m \\u001b]52;c;aGk=\\u0007 \x1b[31m \\u009b2J")
    assert stream.getvalue().endswith("\\u001b[2A")


def test_json_for_a_reader_shows_letters_and_hides_controls() -> None:
    """Chinese as Chinese; and what acts as JSON escapes it."""
    text = harmless_json({"prompt": "纸船", "title": ACTS})

    assert "纸船" in text
    assert text.isprintable()
    assert json.loads(text)["title"] == ACTS
