"""Nothing that a client chose moves the terminal of who looks at it, whichever command tells of it."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx2
import pytest
from click.testing import CliRunner

from mockreel.cli import group
from mockreel.server import serving
from mockreel.server.mock_server import MockServer

# The clipboard, the title, colours, C1 controls, marks that turn the direction, line ends of every kind.
ACTS = "\x1b]52;c;aGk=\x07\x1b]0;owned\x07\x1b[31m\x9b2J\x85\u202egnp\u2066\u2028\r\n\x08\x00\x7f\U000e0041"
RUNS = "/v1/models/google/veo3.1/lite/runs"
COMMANDS = (
    "journal list",
    "journal list --bodies",
    "journal har",
    "journal assert --times 99",
    "deliveries list",
    "jobs list",
    "rules list",
    "balances list",
    "readings list",
    "snapshot -",
)


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A server that has received control characters in every place that a client chooses."""
    with serving("runflow", held=True) as server, httpx2.Client(trust_env=False) as http:
        key = {"authorization": f"Bearer {server.runflow.key}"}
        coded = quote(ACTS, safe="")
        body = {
            "input": {"prompt": ACTS, ACTS: ACTS},
            "metadata": {ACTS: ACTS},
            "callback_url": f"http://127.0.0.1:9/{ACTS}?{ACTS}#{ACTS}",
        }
        http.post(server.runflow.url + RUNS, json=body, headers=key)
        body["input"] = {"prompt": ACTS}
        http.post(f"{server.runflow.url}{RUNS}?x={coded}", json=body, headers=key)
        body["callback_url"] = f"http://127.0.0.1:9/{coded}"
        http.post(server.runflow.url + RUNS, json=body, headers=key)
        http.get(f"{server.runflow.url}/{coded}", headers=key)
        http.post(server.runflow.url + RUNS, content=ACTS.encode(), headers={**key, "content-type": "application/json"})
        rule = {"scenario": "fail", "prompt": ACTS}
        assert http.post(f"{server.control.url}/_mockreel/rules", json=rule).status_code == 200
        server.advance(100)
        yield server


@pytest.mark.parametrize("as_json", [False, True], ids=["lines", "json"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_of_control_lets_it_act(server: MockServer, command: str, as_json: bool) -> None:
    """In lines and as JSON, which stays JSON."""
    words = ["control", "--url", server.control.url, *command.split(), *(["--json"] if as_json else [])]
    result = CliRunner().invoke(group, words)

    assert result.exit_code in (0, 1), result.output
    assert result.output
    assert [one for one in result.output if not one.isprintable() and one != "\n"] == []
    if as_json and not command.startswith("journal har"):
        json.loads(result.output)


def test_an_error_lets_it_act_as_little(server: MockServer) -> None:
    """What is not found is repeated in the message."""
    result = CliRunner().invoke(
        group, ["control", "--url", server.control.url, "jobs", "show", ACTS.replace("\x00", "")]
    )

    assert result.exit_code != 0
    assert [one for one in result.output if not one.isprintable() and one != "\n"] == []
