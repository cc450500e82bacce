"""`mockreel control`: control a running server."""

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
from mockreel.cli.admin.server_options import Asked, Hoisting, written_url
from mockreel.cli.private_file import PrivateFile


@click.group("control", cls=Hoisting)
@click.option(
    "--url",
    envvar="MOCKREEL_CONTROL_URL",
    metavar="URL",
    help="The control port; default: http://127.0.0.1:8700. [env: MOCKREEL_CONTROL_URL]",
)
@click.option(
    "--ready-file",
    envvar="MOCKREEL_READY_FILE",
    type=PrivateFile(dir_okay=False),
    metavar="PATH",
    help="The file of `serve --ready-file`. [env: MOCKREEL_READY_FILE]",
)
@click.option(
    "--token",
    envvar="MOCKREEL_TOKEN",
    metavar="TEXT",
    help="The token of the server, if it has one. [env: MOCKREEL_TOKEN]",
)
@click.option(
    "--ca",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="The certificate authority of its TLS certificate; a ready file names it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the response of the control API, as JSON.")
@click.pass_context
def command(ctx: click.Context, /, as_json: bool, **given: str | None) -> None:
    """Control a running server: clock, jobs, webhooks, journal, rules, balances, readings.

    These options may stand anywhere after `control`. Exit code 0: done. 1: an assertion about the journal failed. 2: it
    could not be done.
    """
    ctx.obj = Asked(written_url(ctx, given["url"]), given["ready_file"], given["token"], given["ca"], as_json)


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
for one in (rule_commands.faults, state_commands.reset, state_commands.snapshot, state_commands.restore):
    command.add_command(one)
