"""RunningHub's progress of a task: an address that can be connected to, and ComfyUI's messages until the task ends."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from providers.runninghub.requests import START, Ask, Run, old, submit
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mockreel.providers.runninghub.progress import job_at, messages
from mockreel.server import create_app, serving
from mockreel.simulator.simulator import Simulator

KEY = {"Authorization": "Bearer rh-one"}


def so_far(simulator: Simulator, address: str) -> list[dict[str, Any]]:
    """The messages at an address so far."""
    provider = simulator.provider("runninghub")
    job = job_at(provider, {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()})
    assert job is not None
    return [one.message for one in messages(provider, job) if one.at <= provider.clock.now()]


def test_a_start_names_an_address_of_its_own(ask: Ask) -> None:
    """As the published one is put together, with a word that only this task has in place of a key."""
    caller = ask("runninghub")
    first, second = (old(caller, "create", **START)["data"] for _ in range(2))
    query = parse_qs(urlsplit(first["netWssUrl"]).query)

    assert first["netWssUrl"].startswith("ws://mock.test/ws/c_instance?c_host=")
    assert query["clientId"] == [first["clientId"]]
    assert query["workflowId"] == [START["workflowId"]]
    assert query["Rh-Comfy-Auth"] != parse_qs(urlsplit(second["netWssUrl"]).query)["Rh-Comfy-Auth"]
    assert "rh-one" not in first["netWssUrl"]


def test_messages_follow_a_task(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Each node once, the steps of the slow one, its file, and the end, as the vendor's plugin and others read them."""
    address = old(ask("runninghub"), "create", **START)["data"]["netWssUrl"]
    seen = [[one["type"] for one in so_far(simulator, address)]]
    for _ in range(50):
        run(simulator.advance(0.1))
        seen.append([one["type"] for one in so_far(simulator, address)])
    every = so_far(simulator, address)

    assert seen[0] == ["status"]
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(seen))
    assert Counter(one["type"] for one in every) == {
        "status": 2,
        "execution_start": 1,
        "executing": 8,
        "progress": 5,
        "executed": 1,
        "execution_success": 1,
    }
    nodes = [one["data"]["node"] for one in every if one["type"] == "executing"]
    assert nodes[-1] is None
    assert len(set(nodes)) == 8
    [executed] = [one["data"] for one in every if one["type"] == "executed"]
    assert executed["node"] == "9"
    assert executed["output"]["images"][0]["filename"].endswith(".png")
    assert [one["data"]["value"] for one in every if one["type"] == "progress"] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("wish", "last"), [("fail", "execution_error"), ("cancelled", "execution_interrupted")])
def test_a_task_that_does_not_succeed_says_so(simulator: Simulator, ask: Ask, run: Run, wish: str, last: str) -> None:
    """With its last node, and no file."""
    headers = {"prefer": f"scenario={wish}"}
    reply = ask("runninghub")("POST", "/task/openapi/create", START, headers=headers, key=None).json
    run(simulator.advance(10))
    every = so_far(simulator, reply["data"]["netWssUrl"])

    assert [one["type"] for one in every[-2:]] == [last, "status"]
    assert every[-2]["data"]["node_type"] == "KSampler"
    assert "executed" not in {one["type"] for one in every}


def test_a_failure_is_the_same_on_the_socket_and_in_the_outputs(simulator: Simulator, ask: Ask, run: Run) -> None:
    """The node that failed, and why."""
    caller = ask("runninghub")
    headers = {"prefer": "scenario=fail"}
    data = caller("POST", "/task/openapi/create", START, headers=headers, key=None).json["data"]
    run(simulator.advance(10))
    error = next(one["data"] for one in so_far(simulator, data["netWssUrl"]) if one["type"] == "execution_error")
    reason = old(caller, "outputs", taskId=data["taskId"])["data"]["failedReason"]

    assert (error["node_id"], error["node_type"]) == (reason["node_id"], reason["node_name"])
    assert (error["exception_type"], error["exception_message"]) == (
        reason["exception_type"],
        reason["exception_message"],
    )


def test_a_task_that_is_cancelled_under_way_does_not_get_further(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Its steps end there."""
    caller = ask("runninghub")
    data = old(caller, "create", **START)["data"]
    run(simulator.advance(1.5))
    old(caller, "cancel", taskId=data["taskId"])
    run(simulator.advance(10))
    every = so_far(simulator, data["netWssUrl"])

    steps = [one["data"]["value"] for one in every if one["type"] == "progress"]
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) < 5
    assert every[-2]["type"] == "execution_interrupted"


def test_a_standard_model_has_no_address(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Its outputs can be requested with the old API, and are queued or running there without one."""
    caller = ask("runninghub", "rh-one")
    task = submit(caller)
    run(simulator.advance(1.0))

    assert old(caller, "outputs", taskId=task)["data"] == {"netWssUrl": None}


@pytest.fixture
def served() -> Iterator[str]:
    """An address of RunningHub where time flies."""
    with serving("runninghub", speed=200) as running:
        yield running.runninghub.url


def test_a_plugin_connects_and_reads_until_the_task_ends(served: str) -> None:
    """Over a socket: text messages, then the close of a server that has no more to say."""
    import httpx2  # noqa: PLC0415

    with httpx2.Client(base_url=served, headers=KEY) as client:
        data = client.post("/task/openapi/create", json=START).json()["data"]
        with connect(data["netWssUrl"]) as socket:
            every = [json.loads(text) for text in socket]
        status = client.post("/task/openapi/status", json={**START, "taskId": data["taskId"]}).json()["data"]

    assert [every[0]["type"], every[-2]["type"]] == ["status", "execution_success"]
    assert status == "SUCCESS"
    assert socket.close_code == 1000


def test_a_task_that_has_ended_is_reported_at_once_and_closed_in_order(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is raised on the server where there is nothing to wait for."""
    import httpx2  # noqa: PLC0415

    with serving("runninghub", held=True) as running, httpx2.Client(headers=KEY) as client:
        data = client.post(f"{running.runninghub.url}/task/openapi/create", json=START).json()["data"]
        running.advance(60)
        with connect(data["netWssUrl"]) as socket:
            assert json.loads(list(socket)[-2])["type"] == "execution_success"

    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("changed", ["Rh-Comfy-Auth", "clientId", "path"])
def test_an_unknown_address_is_rejected(served: str, changed: str) -> None:
    """Neither a guess nor another path gets in."""
    import httpx2  # noqa: PLC0415

    with httpx2.Client(base_url=served, headers=KEY) as client:
        address = urlsplit(client.post("/task/openapi/create", json=START).json()["data"]["netWssUrl"])
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    path = "/ws/other" if changed == "path" else address.path
    if changed in query:
        query[changed] = query[changed][::-1]

    with pytest.raises(InvalidStatus, match="403"):
        connect(f"ws://{address.netloc}{path}?{urlencode(query)}").close()


@pytest.mark.parametrize("names", [("runninghub",), ("runninghub", "aimlapi")])
def test_an_application_tells_progress_too(names: tuple[str, ...]) -> None:
    """At the root, or below the provider's name; other providers have nothing to follow."""
    prefix = "" if len(names) == 1 else "/runninghub"
    with TestClient(create_app(*names, accept_any_key=True)) as client:
        reply = client.post(f"{prefix}/task/openapi/create", json=START, headers=KEY)
        address = urlsplit(reply.json()["data"]["netWssUrl"])
        with client.websocket_connect(f"{address.path}?{address.query}") as socket:
            assert socket.receive_json()["type"] == "status"
        for path in ("/ws/none", "/aimlapi/ws/c_instance"):
            with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
                pass


def test_progress_is_sent_to_pages_of_other_origins() -> None:
    """CORS is handled before the provider, and lets a socket through."""
    import httpx2  # noqa: PLC0415

    with serving("runninghub", speed=200, cors=("*",)) as running, httpx2.Client(headers=KEY) as client:
        data = client.post(f"{running.runninghub.url}/task/openapi/create", json=START).json()["data"]
        with connect(data["netWssUrl"]) as socket:
            assert json.loads(socket.recv())["type"] == "status"
