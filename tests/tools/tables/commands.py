"""Commands and their options, as `--help` has them."""

from collections.abc import Iterator

import click

from mockreel.cli import group
from tools.tables.markdown import code, table


def commands(inside: click.Group = group, *, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it; those of a group stand for the group."""
    context = click.Context(inside)
    for name in inside.list_commands(context):
        found = inside.get_command(context, name)
        if isinstance(found, click.Group):
            yield from commands(found, before=f"{before}{name} ")
        elif found is not None:
            yield before + name, found


def options(*words: str) -> str:
    """The options of a command, as its `--help` has them."""
    command = dict(commands())[" ".join(words)]
    rows = [_option(option) for option in command.params if isinstance(option, click.Option)]
    if not rows:
        return "It has no options of its own."
    return table(("option", "what it does", "default"), rows)


def control_options() -> str:
    """The options that every command of `mockreel control` takes."""
    found = group.get_command(click.Context(group), "control")
    assert found is not None
    rows = [_option(option) for option in found.params if isinstance(option, click.Option)]
    return table(("option", "what it does", "default"), rows)


def control_commands() -> str:
    """Every command of `mockreel control` with what it does."""
    rows = [
        (code(" ".join(("mockreel", name, *_arguments(command)))), (command.help or "").partition("\n")[0])
        for name, command in commands()
        if name.startswith("control ")
    ]
    return table(("command", "what it does"), rows)


def _arguments(command: click.Command) -> Iterator[str]:
    return (str(one.name).upper() for one in command.params if isinstance(one, click.Argument))


def _option(option: click.Option) -> tuple[object, ...]:
    metavar = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    default = option.default if option.show_default and not option.is_flag else ()
    shown = ", ".join(map(code, default if isinstance(default, tuple) else (default,)))
    help_text = option.help or ""
    variable = f" From the environment: {code(option.envvar)}." if option.envvar and "[env:" not in help_text else ""
    return code(option.opts[0] + metavar), f"{help_text}{variable}", shown
