"""`mockreel control at`: read the run as it was at a moment."""

from dataclasses import replace

import click

from mockreel.cli.admin import (
    clock_commands,
    delivery_commands,
    job_commands,
    journal_commands,
    rule_commands,
    state_commands,
)
from mockreel.cli.admin.control_options import ControlSession


@click.group("at", context_settings={"ignore_unknown_options": True})
@click.argument("moment", metavar="TIME")
@click.pass_context
def group(ctx: click.Context, moment: str) -> None:
    """Read the run as it was at TIME, without touching it; the server must keep a log (--state or --record-run).

    TIME is a date and time (2026-11-29T12:00:00Z), seconds since 1970, or -30 for 30 seconds ago.
    """
    ctx.obj = replace(ctx.find_object(ControlSession), past=moment)  # type: ignore[type-var]


def _reading(whole: click.Group, *names: str) -> click.Group:
    """A group with those of its commands that change nothing."""
    found = click.Group(whole.name, help=f"Read {whole.name} as they were.")
    for name in names:
        found.add_command(whole.commands[name])
    return found


for one in (
    _reading(clock_commands.group, "show"),
    _reading(job_commands.group, "list", "show"),
    _reading(delivery_commands.group, "list"),
    _reading(journal_commands.group, "list", "har"),
    _reading(rule_commands.group, "list"),
    _reading(rule_commands.balances, "list"),
    _reading(rule_commands.readings, "list"),
    state_commands.snapshot,
):
    group.add_command(one)
