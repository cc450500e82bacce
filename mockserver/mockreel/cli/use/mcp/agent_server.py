"""The MCP server: the named tools, and their instructions for agents."""

import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from inspect import signature
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from mockreel import __version__
from mockreel.cli.use.mcp.endable_input import endable_input
from mockreel.errors import MissingPackage, MockreelError, PortTaken

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer
    from mcp.server.transport_security import TransportSecuritySettings

    from mockreel.cli.use.mcp.connection import Connection
    from mockreel.server.http.uvicorn_server import Loop

HOST = "127.0.0.1"
INSTRUCTIONS = """\
mockreel is a local mock server for paid, asynchronous video-generation APIs. Requests to its addresses cost nothing.

Cause no cost:
1. Call `status` first. Use its base URLs and its keys in code, tests and commands.
2. Never call a host that `status` lists under real_hosts_that_bill, and never read, print or use a real API key.
3. If a program has a provider's host hard-coded, run it with `mockreel run --guard require -- COMMAND`: its requests
   are answered here, and all its other connections to other machines are blocked.
4. Every response of mockreel has the header Mockreel-Version. A response without it did not come from here: stop.
5. When you are done, call `read_journal` to see that the requests arrived here, and report `cost_avoided`.

When a request is rejected, call `explain_error` before you change code: it lists every violation and the source.
"""


def agent_server(connection: "Connection") -> "MCPServer[Any]":
    """The server with every tool.

    Raises:
        MissingPackage: the SDK is not installed.
    """
    try:
        from mcp.server.mcpserver import MCPServer  # noqa: PLC0415
        from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError  # noqa: PLC0415
    except ImportError as lack:
        raise MissingPackage("`mockreel mcp` needs", "mcp", extra="mcp") from lack
    from mockreel.cli.use.mcp.tool_texts import error_text, harmless_result  # noqa: PLC0415
    from mockreel.cli.use.mcp.tools import Tools  # noqa: PLC0415

    tools = Tools(connection)

    class Exact(MCPServer[Any]):
        """Refuses an argument that a tool does not have: without it, a fault would hit every request.

        What a tool says is made fit for a terminal, and its errors repeat no secret of the arguments.
        """

        async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
            if name in Tools.NAMES:
                _check_arguments(name, arguments, list(signature(getattr(tools, name)).parameters))
            try:
                return harmless_result(await super().call_tool(name, arguments, context))
            except UnexpectedToolError:  # logged by the SDK
                raise
            except ToolError as problem:
                raise ToolError(error_text(name, problem)) from problem.__cause__

    server = Exact(
        "mockreel", instructions=INSTRUCTIONS, version=__version__, log_level="ERROR", warn_on_duplicate_tools=True
    )
    for name in Tools.NAMES:
        server.add_tool(_with_error_text(getattr(tools, name)), name=name)
    return server


def serve_stdio(connection: "Connection") -> None:
    """Serve on stdin and stdout until the client closes them, or Ctrl-C."""
    server = agent_server(connection)
    with endable_input():
        server.run("stdio")


def serve_http(connection: "Connection", port: int) -> None:
    """Serve on loopback until Ctrl-C, under its own Host and Origin only, so no web page reaches it.

    Raises:
        PortTaken: the port is in use.
    """
    import uvicorn  # noqa: PLC0415

    from mockreel.server.http.connection.bounded_protocol import Bounded  # noqa: PLC0415
    from mockreel.server.http.connection.connection_limits import KEEP_ALIVE_SECONDS  # noqa: PLC0415
    from mockreel.server.http.uvicorn_server import Loop  # noqa: PLC0415

    server = agent_server(connection)
    with _bound(port) as bound:
        at = bound.getsockname()[1]
        app = server.streamable_http_app(host=HOST, json_response=True, transport_security=_own_names(at))
        settings: dict[str, Any] = {"http": Bounded, "ws": "none", "log_config": None, "access_log": False}
        settings["log_level"] = "critical"  # a stream that ends with the server is no error
        settings |= {"proxy_headers": False, "server_header": False, "timeout_keep_alive": KEEP_ALIVE_SECONDS}
        loop = Loop(uvicorn.Config(app, **settings))
        loop.ready = partial(_announce, f"http://{HOST}:{at}/mcp")
        _end_on_signals(loop)
        loop.run(sockets=[bound])


def _end_on_signals(loop: "Loop") -> None:
    def end(number: int, frame: FrameType | None) -> None:
        loop.handle_exit(number, frame)  # the streams that it serves end with it; a second Ctrl-C waits for nobody
        loop.end()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


def _announce(url: str) -> None:
    click.echo(f"The tools are at {url}. Stop with Ctrl-C.", file=sys.stderr)


def _own_names(port: int) -> "TransportSecuritySettings":
    """The allowed host names: complete, as the SDK's own rule accepts every port, and compares prefixes."""
    from mcp.server.transport_security import TransportSecuritySettings  # noqa: PLC0415

    hosts = [f"{name}:{port}" for name in (HOST, "localhost")]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=[f"http://{host}" for host in hosts])


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
        bound.listen()
    except OSError as problem:
        bound.close()
        raise PortTaken(HOST, port, problem.strerror or str(problem)) from problem
    return bound


def _check_arguments(tool: str, arguments: Mapping[str, Any], known: Sequence[str]) -> None:
    from mcp.server.mcpserver.exceptions import ToolError  # noqa: PLC0415

    unknown = [name for name in arguments if name not in known]
    if unknown:
        valid = f"It has {', '.join(known)}." if known else "It has no arguments."
        raise ToolError(f"{tool} has no argument {', '.join(map(repr, unknown))}. {valid} Nothing was done.")


def _with_error_text(tool: Callable[..., Any]) -> Callable[..., Any]:
    """A tool whose errors of ours reach the agent as they are written."""
    from mcp.server.mcpserver.exceptions import ToolError  # noqa: PLC0415

    @wraps(tool)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return tool(*args, **kwargs)
        except MockreelError as problem:
            raise ToolError(str(problem)) from problem

    return call
