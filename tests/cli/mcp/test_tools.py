"""The tools for coding agents, asked through the SDK's own client: in memory, over stdio, over HTTP."""

import asyncio
import inspect
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

import httpx2
from click.testing import CliRunner
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from mockreel import serving
from mockreel.cli.credential_options import read_credentials, write_credentials
from mockreel.cli.use.mcp import command
from mockreel.cli.use.mcp.agent_server import INSTRUCTIONS, agent_server
from mockreel.cli.use.mcp.connection import Connection, connected
from mockreel.cli.use.mcp.tools import Tools
from mockreel.contract import load_contract, providers

Ask = Callable[..., Any]


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A mock server of the tools' own."""
    with connected() as found:
        yield found


@pytest.fixture
def ask(connection: Connection) -> Ask:
    """Call a tool: `ask("status")`; gives its result, or raises AssertionError with its error."""

    def call(tool: str, **arguments: Any) -> Any:
        async def ask_once() -> Any:
            async with Client(agent_server(connection)) as client:
                return await client.call_tool(tool, arguments)

        return _read(asyncio.run(ask_once()))

    return call


def _read(result: Any) -> Any:
    assert not result.is_error, result.content[0].text
    return result.structured_content


def test_there_are_at_most_twelve_tools_and_each_says_what_it_does(connection: Connection) -> None:
    """An agent reads all of them before it does anything."""

    async def listed() -> Any:
        async with Client(agent_server(connection)) as client:
            return client.instructions, (await client.list_tools()).tools

    instructions, tools = asyncio.run(listed())

    assert instructions == INSTRUCTIONS
    assert tuple(tool.name for tool in tools) == Tools.NAMES
    assert len(tools) <= 12
    assert all(len(tool.description or "") > 20 for tool in tools)


def test_an_agent_is_told_which_hosts_bill_and_which_addresses_do_not(ask: Ask) -> None:
    """Every provider has a loopback address, a key, and the hosts that it must not call."""
    providers = ask("status")["providers"]

    assert sorted(providers) == ["aimlapi", "runflow", "runninghub"]
    assert all(row["base_url"].startswith("http://127.0.0.1:") for row in providers.values())
    assert all(row["key"] and row["real_hosts_that_bill"] for row in providers.values())


@pytest.mark.parametrize("provider", ["aimlapi", "runflow", "runninghub"])
def test_the_documented_example_runs_without_waiting(ask: Ask, provider: str) -> None:
    """It is submitted, time is advanced, and the job has made a clip."""
    job = ask("submit_example", provider=provider)
    ask("advance_clock", seconds=600)

    assert ask("list_jobs", provider=provider, id=job["id"])["clip"]["url"].endswith(".mp4")


def test_a_model_and_an_input_of_ones_own_are_submitted(ask: Ask) -> None:
    """With a scenario, which a header of the request selects."""
    job = ask(
        "submit_example",
        provider="runflow",
        model="google/veo3.1/lite",
        input={"prompt": "A lighthouse."},
        scenario="fail",
    )
    ask("advance_clock", seconds=600)

    assert job["input"] == {"prompt": "A lighthouse."}
    assert ask("list_jobs")["jobs"][0]["state"] == "failed"


def test_a_rejected_request_is_explained_with_its_source(ask: Ask) -> None:
    """The violation, the error response, and where the provider documents it."""
    with pytest.raises(AssertionError, match="VALIDATION_ERROR"):
        ask("submit_example", provider="runflow", input={"prompt": 1})

    told = ask("explain_error")

    assert told["violations"] == [
        {"path": ["input", "prompt"], "keyword": "type", "message": '1 is not of type "string"'}
    ]
    assert (told["error"], told["status"], told["evidence"]) == ("invalid-body", 422, "documented")
    assert any("https://" in source for source in told["sources"])


def test_an_error_response_is_explained_by_its_name(ask: Ask) -> None:
    """One of those that the provider's list has."""
    names = [row["error"] for row in ask("explain_error", provider="aimlapi")["errors"]]

    assert "rate-limited" in names
    assert ask("explain_error", provider="aimlapi", error="rate-limited")["error_status"] == 429


def test_an_error_response_is_searched_for_at_every_provider(ask: Ask) -> None:
    """Also after a rejected request, which it has nothing to do with; by name, or by the code of a response."""
    with pytest.raises(AssertionError, match="VALIDATION_ERROR"):
        ask("submit_example", provider="runflow", input={"prompt": 1})
    by_name = ask("explain_error", error="rate-limited")["errors"]
    (code,) = {row["code"] for row in by_name if row["provider"] == "runflow"}
    by_code = ask("explain_error", error=str(code))["errors"]

    assert {row["provider"] for row in by_name} == {"aimlapi", "runflow", "runninghub"}
    assert ("runflow", "rate-limited") in {(row["provider"], row["error"]) for row in by_code}
    assert all(str(row["code"]) == str(code) for row in by_code)


@pytest.mark.parametrize("where", [{}, {"provider": "runflow"}])
def test_an_error_response_that_does_not_exist_is_answered_with_those_that_do(ask: Ask, where: Any) -> None:
    """The nearest of them."""
    with pytest.raises(AssertionError, match=r"error: 'rate-limit' is not valid.*rate-limited"):
        ask("explain_error", error="rate-limit", **where)


@pytest.mark.parametrize("other", [{"provider": "runflow"}, {"error": "rate-limited"}])
def test_a_request_is_not_explained_together_with_an_error_response(ask: Ask, other: Any) -> None:
    """One of the two would be left unanswered."""
    with pytest.raises(AssertionError, match="Give either `number`, or `provider` and `error`"):
        ask("explain_error", number=1, **other)


def test_a_rejected_example_says_what_was_wrong_and_where_to_ask(ask: Ask) -> None:
    """The tool's error has the violations; it names no field that an agent cannot see."""
    with pytest.raises(AssertionError) as failed:
        ask("submit_example", provider="runflow", input={"prompt": 1})

    assert "`explain_error`" in str(failed.value)
    assert '"prompt"' in str(failed.value)
    assert "`violations` has" not in str(failed.value)


def test_a_scenario_that_no_header_can_carry_is_refused_before_anything_is_sent(ask: Ask) -> None:
    """It says what is valid, and that nothing was sent."""
    with pytest.raises(AssertionError, match=r"scenario: .* is not valid.*Nothing was sent"):
        ask("submit_example", provider="runflow", scenario="fail\r\nX-Evil: y")

    assert ask("read_journal")["requests"] == []


def test_nothing_rejected_is_said_in_words(ask: Ask) -> None:
    """An error of ours reaches the agent as it is written."""
    with pytest.raises(AssertionError, match="No request in the journal was rejected"):
        ask("explain_error")


@pytest.mark.parametrize("tool", Tools.NAMES)
def test_an_argument_that_a_tool_does_not_have_is_refused(ask: Ask, tool: str) -> None:
    """With what is valid; a fault whose condition is mistyped would otherwise hit every request."""
    known = list(inspect.signature(getattr(Tools, tool)).parameters)[1:]

    with pytest.raises(AssertionError, match=f"{tool} has no argument 'nht'") as refused:
        ask(tool, nht=2)

    assert all(name in str(refused.value) for name in known)


def test_a_fault_is_injected_and_removed(ask: Ask) -> None:
    """The request gets it; after `clear_rules` it does not."""
    rule = ask("inject_fault", scenario="rate-limited", provider="runninghub")
    with pytest.raises(AssertionError, match="rejected"):
        ask("submit_example", provider="runninghub")
    ask("clear_rules")

    assert rule["scenario"] == "rate-limited"
    assert ask("submit_example", provider="runninghub")["state"] == "queued"


def test_a_fault_that_does_not_exist_is_answered_with_those_that_do(ask: Ask) -> None:
    """The nearest of them."""
    with pytest.raises(AssertionError, match=r"'truncate' is not valid.*truncated"):
        ask("inject_fault", fault="truncate")
    faults = {row["name"] for row in ask("list_faults")["faults"]}
    assert "truncated" in faults


def test_the_journal_has_what_was_requested(ask: Ask) -> None:
    """With bodies where they are asked for, and without keys."""
    ask("submit_example", provider="runflow")
    (request,) = ask("read_journal", operation="create_run", bodies=True)["requests"]

    assert request["body"]["input"]["prompt"]
    assert "rf_live_mockreel" not in str(request)


def test_what_was_avoided_is_summed_up(ask: Ask) -> None:
    """Per currency, as texts."""
    ask("submit_example", provider="runflow")

    assert ask("cost_avoided")["sums"] == {"USD": "0.18"}


def test_a_reset_server_has_no_jobs(ask: Ask) -> None:
    """As at the start."""
    ask("submit_example", provider="runflow")
    ask("reset")

    assert ask("list_jobs") == {"count": 0, "jobs": []}


class _Trusting(BaseHTTPRequestHandler):
    """A webhook handler that accepts everything, forgeries too."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def test_a_webhook_handler_is_checked(ask: Ask) -> None:
    """One that accepts forgeries does not hold, and the finding says so."""
    with HTTPServer(("127.0.0.1", 0), _Trusting) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        found = ask("check_handler", url=url, provider="runflow", secret="whsec_of_a_test", budget=20)
        server.shutdown()
        thread.join()

    assert not found["holds"]
    assert "handler.forged" in {row["check"] for row in found["findings"]}


def test_a_handler_elsewhere_is_not_sent_anything(ask: Ask) -> None:
    """An agent may be talked into naming any address."""
    with pytest.raises(AssertionError, match="Only handlers on this machine are checked"):
        ask("check_handler", url="http://192.0.2.1/hook", provider="runflow", secret="whsec_of_a_test")


def test_the_command_serves_stdio() -> None:
    """A server of its own starts with it; nothing but the protocol is on stdout."""
    command = StdioServerParameters(command=sys.executable, args=["-m", "mockreel", "mcp"])

    async def asked() -> Any:
        async with Client(command) as client:
            return await client.call_tool("submit_example", {"provider": "runflow"})

    assert _read(asyncio.run(asked()))["state"] == "queued"


@pytest.fixture
def served(connection: Connection) -> Iterator[str]:
    """The command over HTTP, attached to the server of the test."""
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

    job = _read(asyncio.run(asked()))

    assert connection.control.get_job("aimlapi", job["id"]).model == job["model"]


def test_ctrl_c_ends_the_command_well(connection: Connection) -> None:
    """As it ends `serve`."""
    words = [sys.executable, "-m", "mockreel", "mcp", "--url", connection.control.url, "--http", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()

    assert (process.returncode, said) == (0, "")


def test_ctrl_c_ends_the_command_over_stdio() -> None:
    """While it waits for the client, whose end of stdin stays open."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    words, pipe = [sys.executable, "-m", "mockreel", "mcp"], subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        assert '"serverInfo"' in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        finally:
            process.kill()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, "")


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

    assert _read(asyncio.run(asked()))["state"] == "queued"


def test_a_key_that_is_given_goes_before_the_file(guarded: tuple[str, Path]) -> None:
    """For every provider, or for the one that it names."""
    url, file = guarded
    with connected(url=url, credentials=file, listed=["shared", "runflow=own"]) as connection:
        assert (connection.key_of("aimlapi"), connection.key_of("runflow")) == ("shared", "own")


def test_an_address_without_a_server_is_one_sentence() -> None:
    """And exit code 2."""
    words = [sys.executable, "-m", "mockreel", "mcp", "--url", "http://127.0.0.1:9"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    assert ended.returncode == 2
    assert "No server answers at http://127.0.0.1:9" in ended.stderr
