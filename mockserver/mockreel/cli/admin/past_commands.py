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
from mockreel.errors import OptionError


class _Readable(click.Group):
    """A group of commands that read; the usual one may be left out."""

    usual: str | None = None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if self.usual and (not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)):
            args = [self.usual, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands and not args[0].startswith("-"):
            then = "" if self.name == "at" else f"Only what changes nothing can be done in the past of {self.name}."
            raise OptionError("what to look at", args[0], sorted(self.commands), then=then)
        return super().resolve_command(ctx, args)


@click.group("at", cls=_Readable, context_settings={"ignore_unknown_options": True})
@click.argument("moment", metavar="TIME")
@click.pass_context
def group(ctx: click.Context, moment: str) -> None:
    """Read the run as it was at TIME, without touching it; the server must keep a log (--state or --record-run).

    TIME is a date and time (2026-11-29T12:00:00Z), seconds since 1970, or -30 for 30 seconds ago. @57 is behind entry
    57 of the log, and TIME@57 the last time that it was TIME up to that entry: `control resets` lists where the clock
    was put back.
    """
    ctx.obj = replace(ctx.find_object(ControlSession), past=moment)  # type: ignore[type-var]


def _reading(whole: click.Group, *names: str) -> click.Group:
    """A group with those of its commands that change nothing; the first one may be left out."""
    found = _Readable(whole.name, help=f"Read the {whole.name} of that moment.")
    found.usual = names[0]
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
