"""A value that cannot be used: the message names the option, the value, what is valid, and what to do next."""

import re
from pathlib import Path
from typing import Any

import click
import pytest

from mockreel.cli import main
from mockreel.cli.use import serve_command
from mockreel.cli.use.serve_command import command as serve
from mockreel.server import serving

# A value that no option can use, for those that take some text; {tmp} is a folder with a file in it.
BAD = {
    "--add-model": "x",
    "--allow-callback": "http://x",
    "--assume-price": "-1",
    "--budget": "x",
    "--callback-map": "x",
    "--cors": "x",
    "--credentials": "{tmp}/nowhere/x",
    "--fault": "x",
    "--host": "0.0.0.0",
    "--key": " ",
    "--keep-alive": "0",
    "--max-body": "x",
    "--pace": "x",
    "--port": "99999",
    "--provider": "x",
    "--public-url": "x",
    "--reading": "x=y",
    "--ready-file": "{tmp}/nowhere/x",
    "--record-run": "{tmp}",
    "--result": "{tmp}/nowhere",
    "--seed": "x",
    "--speed": "0",
    "--start": "-1",
    "--state": "http://x",
    "--token": "x",
    "--tls-cert": "{tmp}/nowhere",
    "--tls-key": "{tmp}/nowhere",
    "--trust-host": "http://x/",
    "--unknown-models": "x",
    "--durability": "x",
    "--webhook-secret": " ",
}
NEXT = r"Valid: |Nearest of |--help`\.|[Nn]ame a|Give |Add |As |It is a |folder|go together: |cannot be written"
FILES = {"--data", "--keys", "--ca"}
VALUED = sorted(
    one.opts[0] for one in serve.params if isinstance(one, click.Option) and not one.is_flag and not one.hidden
)
# What a message says of a value that it must not repeat.
SECRET = {"--token", "--key", "--webhook-secret", "--state", "--tls-cert", "--tls-key"}


def refused(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    def started(*_: Any, **__: Any) -> None:
        raise AssertionError(f"{words} was accepted")

    monkeypatch.setattr(serve_command, "_serve", started)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("option", VALUED)
def test_a_refusal_names_option_value_and_what_to_do(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every option of `serve` that has a value, in whole sentences."""
    (tmp_path / "file").write_text("")
    value = "/nowhere" if option in FILES else BAD[option].format(tmp=tmp_path)
    said = refused(["serve", "--port", "0", option, value], monkeypatch, capsys)

    assert option in said or value in said
    assert option in SECRET or any(part in said for part in (value, value.partition("=")[0]))
    assert re.search(
        r"Valid: |Nearest of |--help`\.|[Nn]ame a|Give |Add |As |It is a |folder|go together: |cannot be written", said
    )


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_an_address_of_another_machine_is_not_told_to_take_another_port(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The port is not what is wrong."""
    words = ["serve", "--host", host, "--port", "0", "--key", "a-long-key", "--token", "0123456789abcdef"]
    said = refused(words, monkeypatch, capsys)

    assert host in said
    assert "Give an address of this machine" in said
    assert "--port" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "control --url 127.0.0.1:8700 clock show",
            "Valid: http://HOST:PORT, https://HOST:PORT. Write it with its",
        ),
        ("replay {tmp}/nowhere.yaml", "does not exist. Name one that exists. See `mockreel replay --help`."),
        ("wait --url 127.0.0.1:8700 --timeout 0.1", "Write it with its scheme."),
    ],
)
def test_a_mistyped_place_is_told_as_such(
    words: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And not as a server that does not answer, or a recording that does not hold."""
    assert says in refused(words.format(tmp=tmp_path).split(), monkeypatch, capsys)


def test_a_python_file_is_told_to_need_its_interpreter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commonest first call."""
    with pytest.raises(SystemExit):
        main(["run", "--", str(tmp_path / "render.py")])

    assert f"-- python3 {tmp_path / 'render.py'}" in capsys.readouterr().err


def test_a_providers_port_tells_where_the_control_api_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Off by one port is a typical mistake."""
    with serving("runflow") as server, pytest.raises(SystemExit):
        main(["control", "--url", server.runflow.url, "clock", "show"])

    said = " ".join(capsys.readouterr().err.split())
    assert "these are the addresses of Runflow. The control API has its own port" in said
