"""How a fault is chosen: by header, rules, key, command line or test; and the errors if it cannot be."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from click.testing import CliRunner
from engine.faults.conftest import GOOD
from engine.faults.expected import EXPECTED
from starlette.testclient import TestClient
from support.caller import FOURTH, Caller, MakeSimulator

from mockreel import create_app, serving
from mockreel.cli import group
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import read_keys
from mockreel.engine.faults import catalogue, read_fault, read_faults
from mockreel.engine.scenarios.preferences import Preference
from mockreel.errors import DataError, FaultError, OptionError
from mockreel.server.mock_server import MockServer
from mockreel.simulator.rule_parser import set_faults, set_rule
from mockreel.simulator.simulator import Simulator

MALFORMED = read_fault("malformed")


def is_damaged(text: Any) -> bool:
    return bool(text.response.body) and not is_json(text.response.body)


def is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def test_the_request_comes_before_the_rules_before_the_key(make_encore: MakeSimulator) -> None:
    """Each in order, if those before it give nothing."""
    simulator = make_encore(keys=[KeyEntry("a", "plain"), KeyEntry("b", "odd", faults=read_faults("empty"))])
    plain, odd = (Caller(simulator.provider("encore"), key) for key in "ab")
    wished = {"prefer": "fault=gateway"}

    assert plain("GET", "/v1/health").json == {"well": True}
    assert odd("GET", "/v1/jobs").response.body == b""
    simulator.rules.add(MALFORMED)
    assert is_damaged(plain("GET", "/v1/jobs"))
    assert is_damaged(odd("GET", "/v1/jobs"))
    assert [caller("GET", "/v1/jobs", headers=wished).status for caller in (odd, plain)] == [502, 502]


def test_a_scenario_and_a_fault_can_be_preferred_together(encore: Caller) -> None:
    """The error response is the scenario's, its damage the fault's."""
    output = encore("GET", "/v1/jobs", headers={"prefer": "scenario=rate-limited, fault=malformed"})

    assert output.status == 429
    assert is_damaged(output)


def test_what_waits_for_the_clock_is_damaged_when_it_comes(
    encore: Caller, encore_simulator: Simulator, run: Callable[[Any], Any]
) -> None:
    """And its job's callback with it, though it is sent before the response."""
    encore_simulator.rules.add(MALFORMED)
    encore_simulator.rules.add(read_fault("callback-lost; attempts=1"))

    async def waited() -> Any:
        answer = asyncio.ensure_future(encore.waiting("POST", "/v1/wait", GOOD))
        await asyncio.sleep(0)
        await encore_simulator.advance(100)
        return await answer

    reply = run(waited())
    assert not is_json(reply.body)


def test_rules_meet_by_operation_number_and_prompt(encore: Caller) -> None:
    """As for scenarios, but for every request, not only for submits."""
    rules = encore.provider.rules
    rules.add(MALFORMED, operation="get_job", nth=2)
    rules.add(read_fault("gateway"), prompt="a blue door")
    job = encore("POST", "/v1/jobs", GOOD).json["id"]
    blue = {"model": "solo", "input": {"prompt": "a blue door"}}

    assert encore("POST", "/v1/jobs", blue).status == 502
    assert [is_damaged(encore("GET", f"/v1/jobs/{job}")) for _ in range(3)] == [False, True, False]
    assert not is_damaged(encore("GET", "/v1/jobs"))
    assert len(encore.provider.jobs) == 1


def test_the_same_seed_and_calls_meet_the_same(make_encore: MakeSimulator) -> None:
    """By chance, and with delays that are drawn; another seed meets others."""

    def met(seed: int) -> list[str | None]:
        simulator = make_encore(seed=seed)
        simulator.rules.add(read_fault("delay; seconds=1; spread=exponential"), probability=0.4)
        caller = Caller(simulator.provider("encore"), "k")
        for _ in range(40):
            caller("GET", "/v1/jobs")
        return [entry.fault for entry in simulator.journal]

    assert met(5) == met(5)
    assert met(5) != met(6)
    assert 5 < len({fault for fault in met(5) if fault}) < 30


def test_faults_of_a_rejected_submit_apply_to_no_job(encore: Caller) -> None:
    """There is none."""
    encore.provider.rules.add(read_fault("callback-lost"))
    assert encore("POST", "/v1/jobs", {"model": "solo"}).status == 422
    assert encore("GET", "/v1/jobs", headers={"prefer": "fault=callback-lost"}).status == 200


@pytest.mark.parametrize("fault", [kind.name for kind in catalogue() if kind.sort == "callback"])
def test_a_provider_without_callbacks_says_so(make_simulator: MakeSimulator, fault: str) -> None:
    """If it is requested; a rule for all providers skips it."""
    simulator = make_simulator(names=["aimlapi"])
    caller = Caller(simulator.provider("aimlapi"), "k")
    body = {"model": "google/veo-3.1-lite-generate-001", "prompt": "x"}
    output = caller("POST", "/v2/video/generations", body, headers={"prefer": f"fault={fault}"})

    assert (output.status, output.json["title"], output.json["asked"]) == (400, "Unknown fault", fault)
    assert "AI/ML API documents no callback, so none is sent that could be damaged." in output.json["detail"]
    assert len(simulator.provider("aimlapi").jobs) == 0
    with pytest.raises(FaultError, match="documents no callback"):
        set_faults(simulator.rules, simulator.providers, [f"{fault}; provider=aimlapi"])
    simulator.rules.add(read_fault(fault))
    assert caller("POST", "/v2/video/generations", body).status == 200


@pytest.mark.parametrize("fault", [kind.name for kind in catalogue() if kind.signs])
def test_a_provider_that_signs_nothing_says_so(make_simulator: MakeSimulator, fault: str) -> None:
    """A receiver cannot be tested for what does not exist."""
    simulator = make_simulator(names=["runninghub"])
    output = Caller(simulator.provider("runninghub"), "k")(
        "POST",
        "/openapi/v2/rhart-video-v3.1-lite-official/text-to-video",
        {"prompt": "a boat", "duration": "6", "resolution": "720p", "aspectRatio": "16:9"},
        headers={"prefer": f"fault={fault}"},
    )

    assert output.status == 400
    assert "RunningHub signs no callback, so no signature can be wrong." in output.json["detail"]


def test_an_invalid_preference_is_answered_by_the_mock_server_itself(encore: Caller) -> None:
    """With the known names; even if the request would have been rejected."""
    for path, method in (("/v1/jobs", "POST"), ("/v9", "GET"), ("/_mockreel/media/x.mp4", "GET")):
        output = encore(method, path, headers={"prefer": "fault=rest"}, raw=b"{")
        assert (output.status, output.json["title"], output.json["asked"]) == (400, "Unknown fault", "rest")
        assert "reset" in output.json["valid"]


# Keys, command line, tests ------------------------------------------------------------------------------------------


def test_a_keys_file_names_faults(tmp_path: Path) -> None:
    """As text or as a mapping; an invalid one is reported with its place."""
    file = tmp_path / "keys.yaml"
    file.write_text(
        "- {key: a, account: one, fault: 'delay; seconds=2, callback-lost'}\n"
        "- {key: b, account: two, fault: {name: reset, at: middle}}\n"
        "- {key: c, account: three, fault: [malformed]}\n"
    )

    assert [str(entry.faults) for entry in read_keys(file)] == [
        "delay; seconds=2, callback-lost",
        "reset; at=middle",
        "malformed",
    ]
    file.write_text("- {key: a, account: one, fault: rest}\n")
    with pytest.raises(DataError, match=r"keys\.yaml entry 1 /fault: fault: 'rest' is not valid\. Nearest.*reset"):
        read_keys(file)


def test_a_key_whose_provider_cannot_play_its_fault_is_an_error(make_simulator: MakeSimulator) -> None:
    """At the start, and not when it is used."""
    entry = KeyEntry("a", "one", "aimlapi", faults=read_faults("callback-lost"))
    with pytest.raises(FaultError, match="AI/ML API documents no callback"):
        make_simulator(names=["aimlapi"], keys=[entry])


def test_every_request_of_a_key_meets_its_fault(make_encore: MakeSimulator) -> None:
    """Another key's do not."""
    simulator = make_encore(keys=[KeyEntry("a", "one", faults=read_faults("malformed")), KeyEntry("b", "one")])

    assert is_damaged(Caller(simulator.provider("encore"), "a")("GET", "/v1/jobs"))
    assert not is_damaged(Caller(simulator.provider("encore"), "b")("GET", "/v1/jobs"))


@pytest.mark.parametrize("given", ["malformed; operation=list_jobs", {"name": "malformed", "operation": "list_jobs"}])
def test_a_server_starts_with_faults(given: Any) -> None:
    """From Python, as from the command line."""
    with serving("encore", data=FOURTH, faults=[given]) as server, httpx2.Client(trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {server.encore.key}"
        assert client.get(f"{server.encore.url}/v1/jobs").content == b'{"job'
        assert client.get(f"{server.encore.url}/v1/health").json() == {"well": True}
        assert server.simulator.rules.all[0].row()["operation"] == "list_jobs"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("rest", "fault: 'rest' is not valid"),
        ("reset; operation=get_jbo", "operation: 'get_jbo' is not valid. Valid: list_jobs, create_job, get_job"),
        ("reset; nth=0", "nth: '0' is not valid. Valid: a whole number from 1 up."),
        ("reset; probability=2", "probability: '2' is not valid. Valid: a number from 0 to 1."),
        ("reset; provider=encor", "provider: 'encor' is not valid. Valid: encore."),
        ("reset; model=duo", "model: 'duo' is not valid"),
        ("reset; at=end", "at of the fault reset: 'end' is not valid"),
    ],
)
def test_a_mistake_on_the_command_line_is_reported_before_anything_is_served(fault: str, says: str) -> None:
    """With what would be valid."""
    words = ["serve", "--port", "0", "--data", str(FOURTH), "--provider", "encore", "--fault", fault]
    with pytest.raises(OptionError) as wrong:
        CliRunner().invoke(group, words, catch_exceptions=False)

    assert says in str(wrong.value)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"fault": "reset", "scenario": "fail"}, "A rule has a scenario, a fault or a result: one of them"),
        ({}, "A rule has a scenario, a fault or a result"),
        ({"fault": "reset", "code": "X"}, "Only a scenario takes a code"),
        ({"fault": "reset", "probability": True}, "a number from 0 to 1"),
        ({"fault": "reset", "operation": 7}, "a text"),
        ({"fault": ["reset"]}, "a text, as in"),
        ({"fault": {"name": "reset", "at": "end"}}, "Valid: before, middle"),
    ],
)
def test_a_rule_that_cannot_be_set_says_why(encore_simulator: Simulator, rule: dict[str, Any], says: str) -> None:
    """In the form of the control API."""
    with pytest.raises(OptionError, match=says):
        set_rule(encore_simulator.rules, encore_simulator.providers, rule)
    assert encore_simulator.rules.all == []


def test_a_rule_is_set_over_the_control_api(server: MockServer, client: httpx2.Client) -> None:
    """With what it meets, and shown with all of its parameters; the list of faults is there as well."""
    control = f"{server.control.url}/_mockreel"
    rule = {"fault": {"name": "truncated"}, "operation": "list_jobs", "probability": 1}
    made = client.post(f"{control}/rules", json=rule).json()

    assert made["fault"] == {"name": "truncated"}
    with pytest.raises(httpx2.RemoteProtocolError):
        client.get("/v1/jobs")
    assert client.get(f"{control}/rules").json()["rules"][0]["seen"] == 1
    listed = client.get(f"{control}/faults").json()["faults"]
    assert [row["name"] for row in listed] == [kind.name for kind in catalogue()]
    entry = client.get(f"{control}/journal?limit=1").json()["entries"][0]
    assert entry["fault"] == "truncated"


# In another server --------------------------------------------------------------------------------------------------

IN_PROCESS = {text: expected for text, expected in EXPECTED.items() if not read_fault(text).kind.wire}
BY_WIRE = [kind.name for kind in catalogue() if kind.wire]


@pytest.mark.parametrize("fault", IN_PROCESS)
def test_what_http_can_say_is_played_in_any_server(fault: str) -> None:
    """In Starlette's test client, and in httpx's own transport."""
    app = create_app("encore", data=FOURTH, accept_any_key=True)
    headers = {"Authorization": "Bearer k", "Prefer": f"fault={fault}"}
    with TestClient(app) as client:
        reply = client.post("/v1/jobs", json=GOOD, headers=headers)
    assert reply.status_code == IN_PROCESS[fault].reply

    async def ask() -> int:
        transport = httpx.ASGITransport(create_app("encore", data=FOURTH, accept_any_key=True))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return (await client.post("/v1/jobs", json=GOOD, headers=headers)).status_code

    assert asyncio.run(ask()) == IN_PROCESS[fault].reply


@pytest.mark.parametrize("fault", BY_WIRE)
def test_a_fault_of_the_connection_is_rejected_elsewhere(fault: str) -> None:
    """Before anything is started, with the possible faults and where the others work; also by a rule."""
    app = create_app("encore", data=FOURTH, accept_any_key=True)
    key = {"Authorization": "Bearer k"}
    with TestClient(app) as client:
        reply = client.post("/v1/jobs", json=GOOD, headers={**key, "Prefer": f"fault={fault}"})
        app.state.simulator.rules.add(read_fault(fault))
        by_rule = client.post("/v1/jobs", json=GOOD, headers=key)

    for refused in (reply, by_rule):
        output = refused.json()
        assert (refused.status_code, output["title"], output["asked"]) == (400, "Unknown fault", fault)
        assert "`mockreel serve` or `serving()`" in output["detail"]
        assert output["valid"]
        assert set(output["valid"]) <= {kind.name for kind in catalogue() if not kind.wire}
    assert len(app.state.simulator.provider("encore").jobs) == 0


def test_an_application_is_made_with_faults() -> None:
    """For every request that fits."""
    app = create_app("encore", data=FOURTH, accept_any_key=True, faults=["gateway; status=504; nth=1"])
    with TestClient(app) as client:
        statuses = [client.get("/v1/jobs", headers={"Authorization": "Bearer k"}).status_code for _ in range(2)]

    assert statuses == [504, 200]


def test_scenarios_take_the_new_conditions_too(encore: Caller) -> None:
    """One list of rules for both."""
    encore.provider.rules.add(Preference("rate-limited"), operation="create_model_job")

    assert encore("POST", "/v1/jobs", GOOD).status == 201
