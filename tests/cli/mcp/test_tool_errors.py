"""What the tools say of rejected requests, of error responses and of wrong arguments."""

import asyncio
import inspect
import json
from typing import Any

import pytest

pytest.importorskip("mcp", reason="the extra mcp is not installed")

from cli.mcp.tool_call import Ask

from mockreel.cli.use.mcp.connection import Connection
from mockreel.cli.use.mcp.tools import Tools


def test_a_rejected_request_is_explained_with_its_source(ask: Ask) -> None:
    """The violation, the error response, and where the provider documents it."""
    with pytest.raises(AssertionError, match="VALIDATION_ERROR"):
        ask("submit_example", provider="runflow", input={"prompt": 1})

    answer = ask("explain_error")

    assert answer["violations"] == [
        {"path": ["input", "prompt"], "keyword": "type", "message": '1 is not of type "string"'}
    ]
    assert (answer["error"], answer["status"], answer["evidence"]) == ("invalid-body", 422, "documented")
    assert any("https://" in source for source in answer["sources"])


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


def test_nothing_rejected_is_reported_in_words(ask: Ask) -> None:
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


SECRET = "rf_live_9fQ2xLw7ZpT4mVb1"
_OPTIONAL: dict[str, list[Any]] = {
    "provider": [1, SECRET, "no\x1b[31m\u202e", ""],
    "model": [1, SECRET, "x" * 100_000],
    "input": ["x", [], {"prompt": "\ud800"}],
    "scenario": [1, SECRET, "é"],
    "callback_url": [1],
    "id": [1, SECRET, "\ud800", "../x"],
    "limit": [0, 201, "x", SECRET, 10**30, 1.5],
    "operation": [1, SECRET, "\ud800"],
    "status": ["x", SECRET, -1, 10**30],
    "bodies": ["perhaps", SECRET],
    "number": [-1, "x", SECRET, 10**30],
    "error": [1, SECRET],
    "fault": [1, SECRET, f"delay; seconds={SECRET}"],
    "nth": [0, "x", SECRET, 10**30],
    "seconds": [-1, "x", SECRET, 1e300],
    "hold": ["perhaps"],
    "url": ["http://[" + SECRET, f"http://u:{SECRET}@127.0.0.1:99999/?token={SECRET}", "ftp://127.0.0.1/", "no\n", ""],
    "secret": [1, ""],
    "budget": [0, 301, "x", SECRET],
}
_NEEDED: dict[str, dict[str, Any]] = {
    "submit_example": {"provider": "runflow"},
    "list_jobs": {"provider": "runflow"},
    "inject_fault": {"fault": "reset"},
    "advance_clock": {"seconds": 1},
    "check_handler": {"url": "http://127.0.0.1:9/", "provider": "runflow", "secret": "abc", "budget": 1},
}


@pytest.mark.parametrize(
    "tool", [name for name in Tools.NAMES if len(inspect.signature(getattr(Tools, name)).parameters) > 1]
)
def test_a_wrong_argument_is_refused_in_words_and_its_secret_not_repeated(
    ask: Ask, tool: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever it is: one sentence, which says what is valid; no page of the library, nothing on stderr."""
    for name in list(inspect.signature(getattr(Tools, tool)).parameters)[1:]:
        for value in _OPTIONAL[name]:
            try:
                ask(tool, **{**_NEEDED.get(tool, {}), name: value})
            except AssertionError as refused:
                text = str(refused)
            else:
                continue
            case = f"{tool}({name}={str(value)[:40]!r}): {text[:400]}"
            assert SECRET not in text, case
            assert text.isascii() or not any(one in text for one in "\x1b\u202e"), case
            assert text.removeprefix(f"Error executing tool {tool}").startswith(": "), case
            assert "pydantic" not in text, case
            assert "--" not in text, case
            assert len(text) < 1500, case
    assert "Traceback" not in capfd.readouterr().err


def test_a_result_has_nothing_that_acts_on_a_terminal(ask: Ask, connection: Connection) -> None:
    """As text; its JSON is the same."""
    from mcp.client.client import Client  # noqa: PLC0415

    from mockreel.cli.use.mcp.agent_server import agent_server  # noqa: PLC0415

    job = ask("submit_example", provider="runflow", input={"prompt": "a\u202eb é"})["id"]

    async def read() -> Any:
        async with Client(agent_server(connection)) as client:
            return await client.call_tool("list_jobs", {"provider": "runflow", "id": job})

    result = asyncio.run(read())
    text = result.content[0].text

    assert "\u202e" not in text
    assert "é" in text
    assert json.loads(text)["input"] == result.structured_content["input"] == {"prompt": "a\u202eb é"}
