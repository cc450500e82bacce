"""`mockreel mcp`: the mock server as tools for coding agents, over the Model Context Protocol."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import click

from mockreel.cli.admin.control_options import address_options, token_option, written_url
from mockreel.cli.option_types import key_option
from mockreel.cli.private_file import credentials_option


@click.command("mcp")
@address_options(
    url="The control port of a running server; without one, a server is started.",
    ready_file="Or the file of `serve --ready-file`.",
)
@token_option
@key_option("A key for examples, if the server accepts listed keys only (repeatable). [env: MOCKREEL_KEYS]")
@credentials_option(
    "Or the file of `serve --credentials`, for keys and token, with --url or --ready-file. [env: MOCKREEL_CREDENTIALS]"
)
@click.option(
    "--http",
    "port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Serve on http://127.0.0.1:PORT/mcp instead of stdin and stdout; 0 takes a free port.",
)
@click.pass_context
def command(ctx: click.Context, /, port: int | None, **options: Any) -> None:
    """Serve tools for coding agents over MCP: submit examples, explain error responses, inject faults, advance time.

    The tools act on a mock server: the one at --url or --ready-file, or one that starts and ends with this command.
    """
    with suppress(KeyboardInterrupt):  # Ctrl-C ends it as it is meant to end, also while it imports
        _serve(port, {**options, "url": written_url(ctx, options["url"])})


def _serve(port: int | None, options: Mapping[str, Any]) -> None:
    from mockreel.cli.use.mcp.agent_server import serve_http, serve_stdio  # noqa: PLC0415
    from mockreel.cli.use.mcp.connection import connected  # noqa: PLC0415

    with connected(**options) as connection:
        if port is None:
            serve_stdio(connection)
        else:
            serve_http(connection, port)
