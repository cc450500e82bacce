"""A mock server of the tools' own, and calls of its tools in memory."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from cli.mcp.tool_call import Ask, result_of

from mockreel.cli.use.mcp.connection import Connection, connected


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A mock server of the tools' own."""
    with connected() as found:
        yield found


@pytest.fixture
def ask(connection: Connection) -> Ask:
    """Call a tool: `ask("status")`; gives its result, or raises AssertionError with its error."""
    from mcp.client.client import Client  # noqa: PLC0415  (not there without the extra, where the tests are skipped)

    from mockreel.cli.use.mcp.agent_server import agent_server  # noqa: PLC0415

    def call(tool: str, **arguments: Any) -> Any:
        async def ask_once() -> Any:
            async with Client(agent_server(connection)) as client:
                return await client.call_tool(tool, arguments)

        return result_of(asyncio.run(ask_once()))

    return call
