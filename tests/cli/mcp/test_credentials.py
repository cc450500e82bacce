"""Keys and a token for the tools: from a file, from the environment, from options."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from cli.mcp.tool_call import result_of
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from mockreel import serving
from mockreel.cli.credential_options import read_credentials, write_credentials
from mockreel.cli.use.mcp.connection import connected
from mockreel.cli.use.mcp.tools import Tools
from mockreel.contract import load_contract, providers


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server that accepts the keys and the token of a credentials file only: its control port, and the file."""
    file = tmp_path / "credentials.yaml"
    write_credentials(file, {name: load_contract(name) for name in providers()})
    found = read_credentials(file)
    with serving(keys=found.keys, token=found.token) as server:
        yield server.control.url, file


def test_keys_and_token_are_read_from_the_credentials_file(guarded: tuple[str, Path]) -> None:
    """The file that `serve --credentials` made."""
    url, file = guarded
    with connected(url=url, credentials=file) as connection:
        jobs = [Tools(connection).submit_example(provider=name) for name in connection.providers()]

    assert [job["state"] for job in jobs] == ["queued"] * 3


def test_keys_and_token_come_from_the_environment_too(guarded: tuple[str, Path]) -> None:
    """Under the names that `serve` reads; a key may be for one provider."""
    url, file = guarded
    found = read_credentials(file)
    assert isinstance(found.keys, tuple)
    listed = " ".join(f"{entry.provider}={entry.key}" for entry in found.keys)
    environment = {**os.environ, "MOCKREEL_KEYS": listed, "MOCKREEL_TOKEN": str(found.token)}
    words = ["-m", "mockreel", "mcp", "--url", url]

    async def asked() -> Any:
        async with Client(StdioServerParameters(command=sys.executable, args=words, env=environment)) as client:
            return await client.call_tool("submit_example", {"provider": "runflow"})

    assert result_of(asyncio.run(asked()))["state"] == "queued"


def test_a_key_that_is_given_goes_before_the_file(guarded: tuple[str, Path]) -> None:
    """For every provider, or for the one that it names."""
    url, file = guarded
    with connected(url=url, credentials=file, listed=["shared", "runflow=own"]) as connection:
        assert (connection.key_of("aimlapi"), connection.key_of("runflow")) == ("shared", "own")
