"""The tools for coding agents, called through the SDK's own client, in memory."""

import asyncio
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from cli.mcp.tool_call import Ask
from mcp.client.client import Client
from support.local_http import webhook_receiver

from mockreel.cli.use.mcp.agent_server import INSTRUCTIONS, agent_server
from mockreel.cli.use.mcp.connection import Connection
from mockreel.cli.use.mcp.tools import Tools


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


def test_an_agent_learns_which_hosts_bill_and_which_addresses_do_not(ask: Ask) -> None:
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
    """With bodies if requested, and without keys."""
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


def test_a_webhook_handler_is_checked(ask: Ask) -> None:
    """One that accepts forgeries does not hold, and the finding says so."""
    with webhook_receiver() as trusting:
        found = ask("check_handler", url=trusting.url, provider="runflow", secret="whsec_of_a_test", budget=20)

    assert not found["holds"]
    assert "handler.forged" in {row["check"] for row in found["findings"]}


def test_a_handler_elsewhere_is_not_sent_anything(ask: Ask) -> None:
    """An agent may be talked into naming any address."""
    with pytest.raises(AssertionError, match="Only handlers on this machine are checked"):
        ask("check_handler", url="http://192.0.2.1/hook", provider="runflow", secret="whsec_of_a_test")
