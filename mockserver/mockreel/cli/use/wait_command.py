"""`mockreel wait`: until a server is ready."""

from pathlib import Path

import click

from mockreel.cli.admin.control_options import address_options, authority_option, written_url
from mockreel.cli.option_types import Seconds
from mockreel.cli.output import complain, echo


@click.command("wait")
@address_options(
    url="The control port; default: http://127.0.0.1:8700.",
    ready_file="Or the file of `serve --ready-file`, which may not exist yet.",
)
@authority_option
@click.option(
    "--timeout",
    type=Seconds(min=0),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up after this long.",
)
@click.pass_context
def command(ctx: click.Context, /, url: str | None, ready_file: Path | None, ca: Path | None, timeout: float) -> None:
    """Wait until a server is ready: every port listens, and the control port answers.

    Exit code 0: it is ready. 1: it was not in time, and the message says what is missing. 2: an option is wrong.
    """
    from mockreel.client.admin.control_request import DEFAULT_URL  # noqa: PLC0415  (--help needs no HTTP client)
    from mockreel.client.admin.readiness import wait_until_ready  # noqa: PLC0415
    from mockreel.errors import ControlUnreachable  # noqa: PLC0415

    address = written_url(ctx, url) or (None if ready_file else DEFAULT_URL)
    try:
        found = wait_until_ready(url=address, ready_file=ready_file, ca=ca, timeout=timeout)
    except ControlUnreachable as problem:
        complain(f"mockreel: not ready after {timeout:g} s. {problem}")
        raise SystemExit(1) from problem
    echo(f"Ready: {found}")
