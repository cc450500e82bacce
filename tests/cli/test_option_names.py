"""A wrong name is reported with the option that it was given with, and with the names that are most like it."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mockreel.cli import main
from mockreel.cli.commands import COMMANDS
from mockreel.cli.option_names import sentence
from mockreel.errors import OptionError

WRONG = "no-such-name"
# Options whose values name something that the data or the program knows. What a choice of click's has names itself.
NAMING = {"--rules", "--allow", "--provider", "--reading", "--model", "--check", "--fault", "--operation", "--report"}
CALLED = {
    "serve": [["--provider"], ["--reading", f"{WRONG}=x"], ["--fault"], ["--budget", f"{WRONG}=3"]],
    "run": [
        *(["--strict", "--rules"], ["--strict", "--allow"], ["--provider"], ["--strict", "--report", f"{WRONG}=x"]),
        *(["--reading", f"{WRONG}=x"], ["--reading", f"runflow:{WRONG}=x"], ["--fault"]),
        *(["--strict", "--rules", "all", "--allow"], ["--strict", "--allow", "unknown-field", "--rules"]),
    ],
    "proxy": [["--rules"], ["--allow"], ["--provider"], ["--reading", f"{WRONG}=x"]],
    "check": [
        *(["--provider"], ["--model"], ["--check"], ["--reading", f"{WRONG}=x"], ["--report", f"{WRONG}=x"]),
        ["--handler", "http://127.0.0.1:9", "--secret", "x", "--provider", "runflow", "--operation"],
    ],
    "replay": [["--provider"]],
    "drift": [["--self", "--provider"], ["--self", "--report", f"{WRONG}=x"]],
    "build": [["--out", "nowhere", "--provider"]],
    "evidence": [["--provider"]],
    "models": [["--provider"]],
    "trigger": [
        ["runflow", "--reading", f"{WRONG}=x"],
        ["runflow", "run.completed", "--to", "http://127.0.0.1:9/", "--operation"],
    ],
    "openapi": [["runflow", "--model"], ["runflow", "--reading", f"{WRONG}=x"]],
    "listen": [["--provider"]],
}
# `record` takes models of one's own; `replay-run` needs the bundle of a run before it looks at readings.
FREE = {("record", "--model"), ("replay-run", "--reading")}


def _lines() -> Iterator[tuple[str, ...]]:
    for command, calls in CALLED.items():
        for call in calls:
            words = call if WRONG in call[-1] else [*call, WRONG]
            yield (command, *words, *(["--", "true"] if command == "run" else []))


@pytest.mark.parametrize("line", [*_lines()], ids=" ".join)
def test_a_wrong_name_is_reported_with_its_option(line: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """The value, and which names there are or are nearest; nothing is begun."""
    option = [word for word in line if word.startswith("--") and word != "--"][-1]
    with pytest.raises(SystemExit) as ended:
        main([*line])
    output = capsys.readouterr().err

    assert ended.value.code == 2
    assert re.match(rf"mockreel: {option}(: |, | of )", output)
    assert WRONG in output
    assert "Valid: " in output or "Nearest of " in output


def test_every_option_that_names_something_is_tried() -> None:
    """Of every command that needs no running server."""
    tried = {(command, word) for command, calls in CALLED.items() for call in calls for word in call}
    missing = []
    for name, (module, _) in COMMANDS.items():
        command = importlib.import_module(f"mockreel.cli.{module}").command
        options = {
            text for one in command.params if isinstance(one, click.Option) and not one.is_flag for text in one.opts
        }
        missing += [(name, one) for one in sorted(options & NAMING) if (name, one) not in tried | FREE]

    assert missing == []


@pytest.mark.parametrize(
    ("what", "words", "called"),
    [
        ("provider", ["--provider", "x"], "--provider"),
        ("provider", ["--provider=x"], "--provider"),
        ("reading", ["--reading", "x=y"], "--reading"),
        ("reading of runflow", ["--reading", "x=y"], "--reading of runflow"),
        ("provider of the budget", ["--budget", "x=3"], "--budget, provider of the budget"),
        ("allow", ["--rules", "x", "--allow", "x"], "--allow"),
        ("rules", ["--rules", "x", "--allow", "x"], "--rules"),
        ("--check", ["--provider", "x"], "--check"),
        ("provider", ["x"], "provider"),
        ("provider", ["--strict", "--", "--provider", "x"], "provider"),
        ("provider", ["--key", "y"], "provider"),
    ],
)
def test_the_option_is_the_one_that_has_the_value(what: str, words: list[str], called: str) -> None:
    """A word that no option has is left as it is; so are the words of another program."""
    assert sentence(OptionError(what, "x", ["a"]), words) == f"{called}: 'x' is not valid. Valid: a."


def test_the_words_of_the_process_are_meant_where_none_are_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the installed command calls it."""
    monkeypatch.setattr("sys.argv", [str(Path("mockreel")), "models", "--provider", WRONG])
    with pytest.raises(SystemExit):
        main()

    assert capsys.readouterr().err.startswith("mockreel: --provider: ")
