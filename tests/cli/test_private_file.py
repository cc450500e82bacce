"""A file that holds secrets should be its owner's alone: if it is not, a message says so, and how to mend it."""

import importlib
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mockreel.cli.commands import COMMANDS
from mockreel.cli.credential_options import write_credentials
from mockreel.cli.private_file import PrivateFile, exposed
from mockreel.simulator.simulator import load_contracts

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes mean nothing here")
# Options that name a file with keys, tokens or a private key in it.
SECRET = {"--keys", "--credentials", "--tls-key"}


def _options() -> Iterator[tuple[str, click.Option]]:
    """Every option of every command, with the command's name."""

    def below(name: str, command: click.Command) -> Iterator[tuple[str, click.Option]]:
        yield from ((name, one) for one in command.params if isinstance(one, click.Option))
        if isinstance(command, click.Group):
            for inner in command.commands.values():
                yield from below(f"{name} {inner.name}", inner)

    for name, (module, _) in COMMANDS.items():
        yield from below(name, importlib.import_module(f"mockreel.cli.{module}").command)


def test_every_option_that_names_a_file_with_secrets_looks_at_its_mode() -> None:
    """Also a ready file, where it is read: it has keys."""
    reading = {"control", "mcp", "wait"}
    named = [
        (name, option)
        for name, option in _options()
        if SECRET & {*option.opts} or ("--ready-file" in option.opts and name in reading)
    ]

    assert {name for name, _ in named} >= {"serve", "run", "mcp", "control", "wait"}
    assert [name for name, option in named if not isinstance(option.type, PrivateFile)] == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o602, 0o610])
def test_a_file_that_others_may_use_is_named(mode: int, tmp_path: Path) -> None:
    """With its mode and the command; what it holds is never part of it, and the command goes on."""
    file = tmp_path / "my keys.yaml"
    file.write_text("s3cret")
    file.chmod(mode)
    done = CliRunner().invoke(_command(), ["--keys", str(file)])

    assert done.exit_code == 0
    assert f"--keys: {file} holds secrets" in done.stderr
    assert f"mode {mode:04o}" in done.stderr
    assert f"chmod 600 '{file}'" in done.stderr
    assert "s3cret" not in done.output


def _command() -> click.Command:
    @click.command()
    @click.option("--keys", type=PrivateFile(path_type=Path))
    def command(keys: Path) -> None:
        assert keys

    return command


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_of_a_file_that_is_its_owners_alone_nothing_is_reported(mode: int, tmp_path: Path) -> None:
    """Nor of one that is not there yet, or of a pipe."""
    file = tmp_path / "keys.yaml"
    file.write_text("")
    file.chmod(mode)
    os.mkfifo(tmp_path / "pipe", 0o644)

    assert [exposed(file), exposed(tmp_path / "none"), exposed(tmp_path / "pipe")] == ["", "", ""]


def test_what_the_first_start_makes_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask lets others do."""
    former = os.umask(0)
    try:
        write_credentials(tmp_path / "made.yaml", load_contracts(["runflow"]))
    finally:
        os.umask(former)

    assert exposed(tmp_path / "made.yaml") == ""
