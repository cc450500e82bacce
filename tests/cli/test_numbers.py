"""Numbers on the command line: seconds without end are refused before anything waits for them."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from mockreel.cli import group
from mockreel.cli.option_types import Seconds

# Where the value is judged behind the command line, in words of its own.
JUDGED_LATER = {"speed", "start", "seconds", "probability"}


def _options() -> Iterator[click.Parameter]:
    context = click.Context(group)
    waiting: list[click.Command | None] = [group.get_command(context, name) for name in group.list_commands(context)]
    while waiting:
        command = waiting.pop()
        if isinstance(command, click.Group):
            waiting += [command.get_command(context, name) for name in command.list_commands(context)]
        if command is not None:
            yield from command.params


def test_every_number_of_seconds_is_finite() -> None:
    """Of every command."""
    floats = [one for one in _options() if isinstance(one.type, click.types.FloatParamType)]

    assert floats
    assert {one.name for one in floats if not isinstance(one.type, Seconds)} <= JUDGED_LATER


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_finite_is_refused(value: str) -> None:
    """With its option and exit code 2."""
    done = CliRunner().invoke(group, ["wait", "--timeout", value])

    assert done.exit_code == 2
    assert "--timeout" in done.output
