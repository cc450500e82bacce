"""`mockreel mcp` over stdio and over HTTP, through the SDK's own client."""

import asyncio
import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

import httpx2
from cli.mcp.tool_call import result_of
from click.testing import CliRunner
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from mockreel.cli.use.mcp import command
from mockreel.cli.use.mcp.connection import Connection, connected


def test_the_command_serves_stdio() -> None:
    """A server of its own starts with it; nothing but the protocol is on stdout."""
    command = StdioServerParameters(command=sys.executable, args=["-m", "mockreel", "mcp"])

    async def asked() -> Any:
        async with Client(command) as client:
            return await client.call_tool("submit_example", {"provider": "runflow"})

    assert result_of(asyncio.run(asked()))["state"] == "queued"


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """One mock server for all tests of the command."""
    with connected() as found:
        yield found


@pytest.fixture(scope="module")
def served(connection: Connection) -> Iterator[str]:
    """The command over HTTP, attached to that server."""
    words = [sys.executable, "-m", "mockreel", "mcp", "--url", connection.control.url, "--http", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        yield line.split()[4].rstrip(".")
        process.terminate()


def test_the_command_serves_http_and_attaches_to_a_server(served: str, connection: Connection) -> None:
    """What it starts is a job of that server."""

    async def asked() -> Any:
        async with Client(served) as client:
            return await client.call_tool("submit_example", {"provider": "aimlapi"})

    job = result_of(asyncio.run(asked()))

    assert connection.control.get_job("aimlapi", job["id"]).model == job["model"]


def test_an_offer_to_upgrade_costs_no_request_its_body(served: str) -> None:
    """As Java's client makes one with each request; the connection stays open as long as on every other port."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}).encode()
    host = served.removeprefix("http://").removesuffix("/mcp")
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        "Accept: application/json, text/event-stream\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        f"HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(host.partition(":")[2])), 20) as one:
        one.sendall(head.encode() + body)
        answer = http.client.HTTPResponse(one)
        answer.begin()

        assert (answer.status, json.load(answer)["id"]) == (200, 1)


def test_what_is_no_http_is_rejected_in_words(served: str) -> None:
    """As on every other port."""
    with socket.create_connection(("127.0.0.1", int(served.split(":")[2].partition("/")[0])), 20) as one:
        one.sendall(b"\x16\x03\x01\x02\x00\x01")
        answer = http.client.HTTPResponse(one)
        answer.begin()

        assert b"TLS (https://) was sent to a port for plain HTTP" in answer.read()


def test_ctrl_c_ends_the_command_well(connection: Connection) -> None:
    """As it ends `serve`."""
    words = [sys.executable, "-m", "mockreel", "mcp", "--url", connection.control.url, "--http", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        output = process.stderr.read()

    assert (process.returncode, output) == (0, "")


def test_ctrl_c_ends_the_command_over_stdio() -> None:
    """While it waits for the client, whose end of stdin stays open."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    words, pipe = [sys.executable, "-m", "mockreel", "mcp"], subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        requested = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
        process.stdin.write(json.dumps(requested) + "\n")
        process.stdin.flush()
        assert '"serverInfo"' in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        finally:
            process.kill()
        output = process.stderr.read()

    assert (process.returncode, output) == (0, "")


def test_ctrl_c_while_it_imports_ends_the_command_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK takes a second to import."""

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mockreel.cli.use.mcp._serve", interrupted)

    assert CliRunner().invoke(command, []).exit_code == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "localhost:1.evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://127.0.0.1:3000"},
    ],
)
def test_no_web_page_reaches_the_tools(served: str, headers: Mapping[str, str]) -> None:
    """Neither by a name that leads here, nor from another origin, this machine's other ports among them."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    response = httpx2.post(served, json=body, headers={**accept, **headers}, trust_env=False)

    assert response.status_code in (403, 421)


def test_an_address_without_a_server_is_one_sentence() -> None:
    """And exit code 2."""
    words = [sys.executable, "-m", "mockreel", "mcp", "--url", "http://127.0.0.1:9"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert ended.returncode == 2
    assert "No server answers at http://127.0.0.1:9" in ended.stderr
