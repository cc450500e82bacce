"""`mockreel control`: control a running server."""

from typing import Any

import click

from mockreel.cli.admin import (
    clock_commands,
    delivery_commands,
    job_commands,
    journal_commands,
    past_commands,
    rule_commands,
    state_commands,
)
from mockreel.cli.admin.control_options import (
    ControlSession,
    Hoisting,
    address_options,
    authority_option,
    token_option,
    written_url,
)


@click.group("control", cls=Hoisting)
@address_options(
    url="The control port; default: http://127.0.0.1:8700.", ready_file="The file of `serve --ready-file`."
)
@token_option
@authority_option
@click.option("--json", "as_json", is_flag=True, help="Print the response of the control API, as JSON.")
@click.pass_context
def command(ctx: click.Context, /, as_json: bool, **options: Any) -> None:
    """Control a running server: clock, jobs, webhooks, journal, rules, balances, readings.

    These options may stand anywhere after `control`. Exit code 0: done. 1: an assertion about the journal failed. 2: it
    could not be done.
    """
    ctx.obj = ControlSession(
        written_url(ctx, options["url"]), options["ready_file"], options["token"], options["ca"], as_json
    )


for group in (
    clock_commands.group,
    job_commands.group,
    delivery_commands.group,
    journal_commands.group,
    rule_commands.group,
    rule_commands.balances,
    rule_commands.readings,
    past_commands.group,
):
    command.add_command(group)
for one in (
    rule_commands.faults,
    state_commands.reset,
    state_commands.resets,
    state_commands.snapshot,
    state_commands.restore,
):
    command.add_command(one)
