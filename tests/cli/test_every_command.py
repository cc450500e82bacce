"""Every command, on terminals of several widths and in a pipe: nothing too wide, no word broken, nothing shortened."""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import httpx2
import pytest

from mockreel.cli import group, main
from mockreel.server import serving
from mockreel.server.mock_server import MockServer
from mockreel.terminal import width

LONG_URL = "http://127.0.0.1:9/hooks/of/a/path/that/is/longer/than/any/terminal/of/eighty/columns/ever/was"
RUNS = "/v1/models/google/veo3.1/lite/runs"
# What is printed for a reader. {job} and {delivery} are ids of the running server, {tmp} is a folder.
EXAMPLES = {
    "arazzo": (),
    "build": (),
    "cassettes scan": ("{tmp}/secret.txt", "{tmp}/nowhere.txt"),
    "check": ("--list", "mock --provider runflow --check errors", "mock --provider runflow --check nothing-such"),
    "control at @3 balances list": ("",),
    "control at @3 clock show": ("",),
    "control at @3 deliveries list": ("",),
    "control at @3 jobs list": ("",),
    "control at @3 jobs show": ("{job}",),
    "control at @3 journal list": ("", "--bodies"),
    "control at @3 readings list": ("",),
    "control at @3 rules list": ("",),
    "control balances list": ("",),
    "control balances set": (
        "runflow account-1 5",
        "runflow account-1 none",
        "runflow account-x 5",
        "runflow account-1 x",
    ),
    "control clock advance": ("0", "x"),
    "control clock hold": ("",),
    "control clock resume": (),
    "control clock show": ("",),
    "control clock speed": ("1", "0"),
    "control deliveries list": ("", "--status pending", "--status nothing"),
    "control deliveries resend": ("{delivery}", "nothing"),
    "control faults": ("",),
    "control jobs cancel": ("{job}", "nothing"),
    "control jobs complete": ("{job}", "nothing"),
    "control jobs fail": ("{job}", "nothing"),
    "control jobs list": ("", "--limit 1", "--state nothing"),
    "control jobs show": ("{job}", "nothing"),
    "control journal assert": ("", "--times 99", "--path /nowhere"),
    "control journal list": ("", "--bodies", "--path /nowhere"),
    "control readings choose": ("runflow balance-shape cents", "runflow nothing cents"),
    "control readings list": ("", "--provider nothing"),
    "control reset": (),
    "control resets": ("",),
    "control restore": ("{tmp}/nowhere.json",),
    "control rules add": ("--fault delay;seconds=2 --provider runflow", "--fault nothing", "--scenario nothing"),
    "control rules clear": ("",),
    "control rules list": ("",),
    "control rules remove": ("99",),
    "control snapshot": ("{tmp}/snapshot.json",),
    "demo": (),
    "docs fetch": (),
    "drift": ("--self --provider runflow", "", "--provider runflow --pages a b"),
    "evidence": ("--provider runflow --counts", "--provider nothing"),
    "faults": ("",),
    "listen": ("--forward-to nothing",),
    "mcp": (),
    "models add": ("",),
    "models list": ("veo3.1", "google/veo3.1/lite", "--provider runninghub sparkvideo", "nothing-like-it"),
    "openapi": ("nothing",),
    "proxy": ("--max-spend x",),
    "record": ("",),
    "replay": ("--provider runninghub", "{tmp}/nowhere.yaml"),
    "replay-run": ("{tmp}/nowhere",),
    "run": ("-- nowhere.py", "--list-rules", "--rules all true"),
    "serve": ("--list-readings", "--host 0.0.0.0", "--speed 0", "--keys {tmp}/nowhere.yaml", "--port 99999"),
    "trigger": ("runflow", "runflow nothing"),  # an event's body is other bytes each time
    "wait": ("--url http://127.0.0.1:9 --timeout 0.1",),
    "control journal har": (),
    "control at @3 journal har": (),
    "control at @3 snapshot": (),
}


def leaves(whole: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that is no group, by its words."""
    context = click.Context(whole)
    for name in whole.list_commands(context):
        command = whole.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        elif command is not None:
            yield f"{before}{name}", command


COMMANDS = dict(leaves(group))
CALLS = [f"{name} {words}".strip() for name in EXAMPLES for words in EXAMPLES[name]]
WIDTHS = (60, 80, 120)


class Output(io.TextIOWrapper):
    """What a command prints, on a terminal or in a pipe."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(), "utf-8", newline="", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def text(self) -> str:
        """All of it so far."""
        self.seek(0)
        return self.read()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    """A server with jobs, webhooks, and errors with long and Chinese texts."""
    folder = tmp_path_factory.mktemp("state")
    with serving("runflow", held=True, state=folder / "run.db") as server, httpx2.Client(trust_env=False) as http:
        headers = {"authorization": f"Bearer {server.runflow.key}"}
        for body in (
            {"input": {"prmpt": "a paper boat", "duration": "44s"}},
            {"input": {"prompt": "a paper boat " * 20}, "callback_url": LONG_URL},
            {"input": {"prompt": "纸船" * 60, "duration": "4s"}, "callback_url": LONG_URL},
        ):
            http.post(server.runflow.url + RUNS, json=body, headers=headers)
        server.advance(1)
        yield server


@pytest.fixture
def places(server: MockServer, tmp_path: Path) -> dict[str, str]:
    with httpx2.Client(trust_env=False, base_url=f"{server.control.url}/_mockreel/") as http:
        job = http.get("jobs").json()["jobs"][0]["id"]
    (tmp_path / "secret.txt").write_text(f"Authorization: Bearer {'a1B2' * 8}\n")
    return {"job": job, "delivery": "nothing", "tmp": str(tmp_path)}


def printed(words: list[str], columns: int | None, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a command prints where a line has so many columns; in a pipe for None."""
    outputs = [Output(terminal=columns is not None) for _ in range(2)]
    with monkeypatch.context() as patch:
        patch.setenv("COLUMNS", str(columns or 80))
        patch.setattr(sys, "stdout", outputs[0])
        patch.setattr(sys, "stderr", outputs[1])
        with pytest.raises(SystemExit):
            main(words)
    return "\n".join(output.text for output in outputs)


# How a key is shown: a part of it, and the sign for the rest.
ALIAS = re.compile(r"\S+_…|…\S+")


# Colours, and the number of a free port, which is another one each time.
PASSING = re.compile(r"\x1b\[[0-9;]*m|(?<=127\.0\.0\.1:)\d+")


def words_of(text: str) -> frozenset[str]:
    return frozenset(PASSING.sub("", text).casefold().split())


def test_each_command_has_its_examples() -> None:
    """A new command is looked at as well; one without examples says why in this file."""
    assert {name.replace(" @3", "") for name in EXAMPLES} == set(COMMANDS)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", [*COMMANDS, "control", "control at", "models", ""])
def test_no_help_is_wider_than_the_terminal(name: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any command."""
    words = name.replace("control at", "control at now", 1) if name.startswith("control at ") else name
    shown = printed([*words.split(), "--help"], columns, monkeypatch)

    assert "Usage:" in shown
    assert [line for line in shown.splitlines() if width(line) > columns] == []


@pytest.mark.parametrize("call", CALLS)
def test_output_fits_the_terminal_and_a_pipe_gets_it_whole(
    call: str, server: MockServer, places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is wider unless a word is; each word of the pipe is whole on the terminal; nothing is left out."""
    words = call.format(**places).split()
    if words[0] == "control":
        words[1:1] = ["--url", server.control.url]
    printed(words, None, monkeypatch)  # what it changes is changed now
    piped = printed(words, None, monkeypatch)
    shown = {columns: printed(words, columns, monkeypatch) for columns in WIDTHS}

    assert piped.strip()
    assert "…" not in ALIAS.sub("", piped)
    assert [
        line
        for columns, text in shown.items()
        for line in text.splitlines()
        if width(line) > columns and " " in line.strip()
    ] == []
    assert [
        one
        for text in shown.values()
        for one in words_of(piped) - words_of(text)
        if one.isascii() and not one.isdecimal()
    ] == []
