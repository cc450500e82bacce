"""What commands print: it fits a terminal without breaking words, and a pipe gets whole lines."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.cli import main
from mockreel.cli.output import echo, table
from mockreel.errors import OptionError, nearest
from mockreel.terminal import counted, width, wrapped

HEAD = ("job", "state", "model", "created")
ROWS = [
    ("runflow/019b76da-a800-7335-9e7a-f48a3848d822", "queued", "google/veo3.1/lite", "2026-01-01 00:00:00.000 UTC"),
    ("aimlapi/DaFdxFZuhLE2_NYrKle1f", "generating", None, "2026-01-01 00:00:01.000 UTC"),
]


def test_a_pipe_gets_one_whole_line_for_each_row_under_a_header() -> None:
    """Nothing is shortened or wrapped; what is not there is a dash."""
    header, first, second = table(HEAD, ROWS, most=None)

    assert header.split() == ["JOB", "STATE", "MODEL", "CREATED"]
    assert all(str(cell) in first for cell in ROWS[0])
    assert " - " in second


@pytest.mark.parametrize("words", [["serve", "--prot", "5"], ["control", "jobs", "lst"], ["serve", "x"]])
def test_a_mistyped_command_ends_in_whole_sentences(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With what it may have meant, and where its help is; each sentence ends once."""
    with pytest.raises(SystemExit):
        main(words)

    output = " ".join(capsys.readouterr().err.split())
    assert re.search(r" See `mockreel [a-z ]+ --help`\.$", output)
    assert not re.search(r"[?.]\)?\. ", output)


def test_a_table_wider_than_the_terminal_is_stacked_with_names() -> None:
    """The columns that fit stay beside each other, and the others follow with their names."""
    lines = table(HEAD, ROWS, most=80)

    assert lines[0].split() == ["JOB", "STATE", "MODEL"]
    assert lines[2] == "    created 2026-01-01 00:00:00.000 UTC"
    assert all(width(line) <= 80 for line in lines)


def test_prose_in_the_last_column_is_wrapped_below_itself() -> None:
    """Where it has room for it."""
    lines = table(("fault", "what happens"), [("delay", "The reply comes late, " * 6)], most=60)

    assert len(lines) > 2
    assert all(line.startswith(" " * 7) for line in lines[2:])
    assert all(width(line) <= 60 for line in lines)


def test_no_row_is_no_table() -> None:
    """A command says in a sentence that there is none."""
    assert table(HEAD, [], most=80) == []


def test_chinese_counts_as_wide_and_is_broken_anywhere() -> None:
    """A terminal shows such a character in two columns."""
    lines = wrapped("纸船" * 30, 80)

    assert "".join(lines) == "纸船" * 30
    assert [width(line) for line in lines] == [80, 40]


def test_what_acts_on_a_terminal_is_escaped() -> None:
    """In cells and in sentences."""
    (_, row) = table(("name",), [("\x1b]0;title\x07",)], most=None)

    assert row == "\\x1b]0;title\\x07"


@given(st.text(st.sampled_from("ab  \n纸/-")), st.integers(10, 90))
def test_no_word_is_broken_and_no_line_is_too_wide(text: str, most: int) -> None:
    """Whatever the text; a word that is wider than the terminal stays whole."""
    for line in text.splitlines():
        pieces = wrapped(line, most)
        assert "".join("".join(pieces).split()) == "".join(line.split())
        for piece in pieces:
            assert width(piece.strip()) <= most or " " not in piece.strip()


def test_say_in_a_pipe_keeps_lines_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """However long they are."""
    echo("word " * 50)

    assert capsys.readouterr().out == "word " * 50 + "\n"


@pytest.mark.parametrize(("number", "text"), [(0, "0 models"), (1, "1 model"), (2, "2 models"), (1234, "1,234 models")])
def test_plurals_are_true(number: int, text: str) -> None:
    """One is one."""
    assert counted(number, "model") == text


def test_a_short_list_is_shown_whole_and_of_a_long_one_the_nearest() -> None:
    """A wrong name gets five of four hundred, those that are like it first."""
    names = [f"model-{number}" for number in range(400)] + ["google/veo3.1/lite", "google/veo3.1/fast"]

    few, many = OptionError("pace", "quik", ["quick", "documented"]), OptionError("model", "veo3.1/lit", names)

    assert "Valid: quick, documented." in str(few)
    assert "Nearest of 402: google/veo3.1/lite, " in str(many)
    assert len(many.nearest) == 5
    assert many.valid == tuple(names)
    assert len(str(many)) < 300


def test_a_part_of_a_name_finds_it() -> None:
    """What contains the text comes before what is only spelled alike."""
    assert nearest("kling", ["king", "provider/models/kling-2.1/pro"])[0] == "provider/models/kling-2.1/pro"


ID = f"runflow/{'0' * 8}-0000-7000-8000-{'0' * 12}"
LISTS = {
    "jobs": (
        ("job", "state", "account", "model", "created"),
        (ID, "succeeded", "account-1", "google/veo3.1/lite", "2026-01-01 00:00:00.000 UTC"),
    ),
    "journal": (
        ("number", "time", "provider", "account", "method", "path", "status", "error"),
        ("#12", "2026-01-01 00:00:00.000 UTC", "runflow", "account-1", "GET", f"/v1/{ID}/callback", 404, "unknown-job"),
    ),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("most", [80, 100])
def test_lists_of_control_fit_a_terminal_and_lose_nothing(name: str, most: int) -> None:
    """Jobs and requests, whose rows are wider than 80 columns: what does not fit follows below."""
    head, row = LISTS[name]
    lines = table(head, [row] * 3, most=most)

    assert all(width(line) <= most for line in lines)
    assert all("\n".join(lines).count(str(cell)) >= 3 for cell in row)
    assert len(table(head, [row] * 3, most=None)) == 4


@pytest.mark.parametrize("words", [("control", "at"), ("control", "rules"), ("control",)], ids=" ".join)
def test_a_group_without_a_command_shows_its_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """As `--help` does, but as an error: nothing was done."""
    with pytest.raises(SystemExit) as ended:
        main([*words])
    shown = capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words, "--help"])
    assert ended.value.code == 2
    assert shown == capsys.readouterr().out
