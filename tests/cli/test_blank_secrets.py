"""Secrets and keys on the command line: a blank one is an error, and spaces belong to a secret."""

import importlib
import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from mockreel.cli.commands import COMMANDS
from mockreel.cli.option_types import Key, Secret

# Options whose values open or sign something; `--tls-key` names a file.
_NAMED = re.compile(r"--([a-z]+-)*(key|secret)$")


def _secrets() -> Iterator[tuple[str, click.Option]]:
    for name, (module, _) in COMMANDS.items():
        command = importlib.import_module(f"mockreel.cli.{module}").command
        for option in command.params:
            if (
                isinstance(option, click.Option)
                and not option.is_flag
                and not isinstance(option.type, click.Path)
                and any(map(_NAMED.match, option.opts))
            ):
                yield name, option


SECRETS = [*_secrets()]
ANY = pytest.mark.parametrize("option", [option for _, option in SECRETS], ids=[f"{n} {o.opts[0]}" for n, o in SECRETS])
WITH_VARIABLE = [(name, option) for name, option in SECRETS if option.envvar]
FROM_ENVIRONMENT = pytest.mark.parametrize(
    "option", [option for _, option in WITH_VARIABLE], ids=[f"{name} {option.envvar}" for name, option in WITH_VARIABLE]
)


def _given(option: click.Option, *words: str, variable: str | None = None) -> tuple[int, str]:
    @click.command(params=[option])
    def command(**options: object) -> None:
        (value,) = options.values()
        click.echo(repr(value))

    environment = {str(option.envvar): variable} if option.envvar else {}
    result = CliRunner(env=environment).invoke(command, [*words])
    return result.exit_code, result.output


@ANY
def test_a_blank_one_is_refused(option: click.Option) -> None:
    code, output = _given(option, option.opts[0], "  ")
    assert (code, "It is blank" in output) == (2, True)


@FROM_ENVIRONMENT
def test_a_blank_variable_is_refused(option: click.Option) -> None:
    """It was set on purpose, often from another that is empty: nothing may be unsigned or open because of it."""
    code, output = _given(option, variable=" ")
    assert (code, "It is blank" in output) == (2, True)


@FROM_ENVIRONMENT
def test_a_variable_is_one_value_or_several(option: click.Option) -> None:
    """Keys are separated by spaces, which secrets may have: these are separated by lines."""
    code, output = _given(option, variable="two words\nanother")
    values = ["two", "words", "another"] if isinstance(option.type, Key) else ["two words", "another"]
    assert isinstance(option.type, Secret)
    assert (code, output.strip()) == (0, repr(tuple(values) if option.multiple else "two words\nanother"))
