"""`mockreel run`: any program, unchanged, against the mock server."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from mockreel.cli.options import callback_options, shared, stage_options
from mockreel.cli.output import say
from mockreel.cli.strict_options import Strictness, strict_options

if TYPE_CHECKING:
    from mockreel.proxy.intercept import Plan


@click.command("run", context_settings={"allow_interspersed_args": False})
@stage_options
@click.option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="HOST",
    help="Let the program reach this host too, the real one; * matches anything (repeatable).",
)
@callback_options
@click.option(
    "--wait",
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="After the program, wait for its jobs and webhooks to end, for at most this long.",
)
@strict_options
@click.option("--quiet", is_flag=True, help="Do not report what the program did.")
@click.argument("words", metavar="-- COMMAND", nargs=-1, type=click.UNPROCESSED, required=True)
def command(words: tuple[str, ...], quiet: bool, **given: Any) -> None:
    """Run COMMAND against the mock server: its requests to the providers' hosts are answered here, nothing is billed.

    The program is not changed: its HTTPS requests are intercepted with a temporary CA certificate that it alone trusts.
    The exit code is the program's; a report of what it did, and what that would have cost, goes to stderr.
    """
    from mockreel.proxy.intercept import run  # noqa: PLC0415
    from mockreel.proxy.intercept.child_process import NotStarted  # noqa: PLC0415

    def told(line: str) -> None:
        say(f"mockreel run: {line}", err=True)

    strict = Strictness({**given, "words": words})
    try:
        ran = run(_plan(words, given), environment=os.environ, told=told, ended=strict.look)
    except NotStarted as problem:
        told(str(problem))
        sys.exit(problem.code)
    if not quiet:
        told(f"the program ended with {ran.code} after {ran.seconds:.1f} s.")
        for line in ran.lines():
            say(f"  {line}", err=True)
    for line in strict.lines():
        told(line)
    strict.write()
    sys.exit(strict.code(ran.code))


def _plan(words: tuple[str, ...], given: Mapping[str, Any]) -> "Plan":
    from mockreel.proxy.intercept import Plan  # noqa: PLC0415
    from mockreel.simulator.provider import Settings  # noqa: PLC0415

    return Plan(
        words,
        **shared(given),
        settings=Settings(seed=given["seed"], pace=given["pace"]),
        allow_hosts=given["allow_hosts"],
        wait=given["wait"],
    )
