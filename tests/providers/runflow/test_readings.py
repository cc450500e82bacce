"""What each reading of Runflow's docs changes on the wire."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
import pytest
from providers.runflow.requests import HOOK, INPUT, LITE, Run, code, create, faults, read, undocumented
from support.caller import Caller, MakeSimulator

from mockreel.contract import Contract, load_contract
from mockreel.contract.messages.message import Response
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import MemorySender


class Played:
    """A simulator under one reading, and a caller of it."""

    def __init__(self, simulator: Simulator, run: Run) -> None:
        self.simulator = simulator
        self.run = run
        self.caller = Caller(simulator.provider("runflow"), "rf_live_one")

    @property
    def contract(self) -> Contract:
        return self.simulator.provider("runflow").contract

    def later(self) -> None:
        self.run(self.simulator.advance(20))

    def ended(self, **more: Any) -> Any:
        """The record of a run that has ended."""
        made = create(self.caller, **more)
        self.later()
        return read(self.caller, made)


Play = Callable[..., Played]


@pytest.fixture
def play(make_simulator: MakeSimulator, run: Run) -> Play:
    return lambda **readings: Played(
        make_simulator(
            names=["runflow"], readings={name.replace("_", "-"): option for name, option in readings.items()}
        ),
        run,
    )


@pytest.mark.parametrize(
    ("option", "record", "callback"),
    [
        ("canceled", "canceled", "canceled"),
        ("cancelled", "cancelled", "cancelled"),
        ("cancelled-in-callbacks", "canceled", "cancelled"),
    ],
)
def test_cancel_spelling(play: Play, sink: MemorySender, option: str, record: str, callback: str) -> None:
    """C1: one l or two, in the record and in the callback; the event has two in every reading."""
    played = play(cancel_spelling=option)
    found = played.ended(scenario="cancelled", callback_url=HOOK)
    payload = orjson.loads(sink.sent[0].body)

    assert (found["status_code"], payload["status"], payload["event"]) == (record, callback, "run.cancelled")
    assert undocumented(played.contract, "get_run", found) == []
    assert faults(played.contract, "callback.json", payload) == []


def test_partial_succeeded(play: Play) -> None:
    """C2: where single runs cannot end so, the scenario and the status are gone."""
    played = play(partial_succeeded="batches-only")
    wished = played.caller("POST", f"{LITE}/runs", {"input": INPUT}, headers={"prefer": "scenario=partial"})

    assert (wished.status, wished.headers["content-type"]) == (400, "application/problem+json")
    assert "partial_succeeded" not in str(played.caller("GET", "/v1/runs/statuses").json)
    assert "run.partial_succeeded" not in str(played.caller("GET", "/v1/webhooks/event-types").json)


def test_create_response(play: Play) -> None:
    """C3: the response is sent when the run has ended."""
    played = play(create_reply="finished")
    caller = played.caller

    async def finished() -> Response:
        answer = asyncio.ensure_future(caller.waiting("POST", f"{LITE}/runs", {"input": INPUT}))
        await asyncio.sleep(0)
        await played.simulator.advance(20)
        return await answer

    reply = played.run(finished())
    assert reply.status == 201
    assert orjson.loads(reply.body)["status_code"] == "succeeded"


def test_output_shape(play: Play) -> None:
    """C4: first-party models only."""
    played = play(output_shape="image-urls")
    fields = {"image_url": "https://example.com/a.png"}
    own = played.ended(model="/v1/models/runflow/tag-removal", input=fields)

    assert list(own["output"]) == ["image_urls"]
    assert undocumented(played.contract, "get_run", own) == []
    assert "outputs" in played.ended()["output"]


def test_output_shape_by_id(play: Play) -> None:
    """C3, C4: each result is under its own id."""
    played = play(output_shape="by-output-id")
    own = played.ended()

    assert list(own["output"]) == ["image"]
    assert undocumented(played.contract, "get_run", own) == []


def test_failure_fields(play: Play) -> None:
    """C5: status and failure_stage."""
    played = play(failure_fields="without-code")
    found = played.ended(scenario="fail")

    assert (found["status"], found["failure_stage"]) == ("failed", "preprocess")
    assert not {"status_code", "failure_stage_code"} & set(found)
    assert undocumented(played.contract, "get_run", found) == []
    assert len(played.caller("GET", "/v1/runs?q=status:failed&fields=id,status").json["items"]) == 1


def test_failed_callback_output(play: Play, sink: MemorySender) -> None:
    """C6: the error envelope."""
    played = play(failed_callback_output="error-envelope")
    played.ended(scenario="fail", callback_url=HOOK)
    payload = orjson.loads(sink.sent[0].body)

    assert payload["output"]["code"] == "INPUT_VALIDATION_FAILED"
    assert faults(played.contract, "callback.json", payload) == []


@pytest.mark.parametrize(
    ("option", "record", "callback"),
    [
        ("isoformat", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"),
        ("milliseconds", "2026-01-01T00:00:00.000+00:00", "2026-01-01T00:00:00.000+00:00"),
        ("zulu-records", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00"),
    ],
)
def test_timestamps(play: Play, sink: MemorySender, option: str, record: str, callback: str) -> None:
    """C7: and each of them means the same moment."""
    found = play(timestamps=option).ended(callback_url=HOOK)
    payload = orjson.loads(sink.sent[0].body)

    assert (found["created_at"], payload["created_at"]) == (record, callback)
    apart = datetime.fromisoformat(found["completed_at"]) - datetime.fromisoformat(payload["completed_at"])
    assert apart.total_seconds() == 0


def test_pagination_keys(play: Play) -> None:
    """C8: next_pq and prev_pq."""
    played = play(pagination_keys="next-pq-prev-pq")
    for _ in range(3):
        create(played.caller)
    first = played.caller("GET", "/v1/runs?limit=2").json
    second = played.caller("GET", f"/v1/runs?pq={first['next_pq']}").json

    assert set(first) == {"items", "next_pq", "prev_pq"}
    assert len(second["items"]) == 1
    assert undocumented(played.contract, "list_runs", second) == []


@pytest.mark.parametrize(
    ("option", "text", "status"),
    [
        ("plain", "client_ref:a", 200),
        ("plain", "client_ref.eq:'a'", 422),
        ("dotted", "client_ref:a", 422),
        ("dotted", "client_ref.eq:'a'", 200),
    ],
)
def test_filter_syntax(play: Play, option: str, text: str, status: int) -> None:
    """C8b: one form, and not the other."""
    assert play(filter_syntax=option).caller("GET", f"/v1/runs?q={text}").status == status


def test_insufficient_credit_code(play: Play) -> None:
    """C10: the plural."""
    reply = play(insufficient_credit_code="plural").caller(
        "POST", f"{LITE}/runs", {"input": INPUT}, headers={"prefer": "scenario=insufficient-credit"}
    )

    assert code(reply) == (402, "INSUFFICIENT_CREDITS")


def test_secret_rotation(play: Play) -> None:
    """C11: the newest signs from the moment it is made."""
    caller = play(secret_rotation="newest").caller
    made = [caller("POST", "/v1/callback-secrets", {"label": label}).json["id"] for label in "ab"]

    assert [caller("GET", f"/v1/callback-secrets/{id_}").json["is_current"] for id_ in made] == [False, True]


def test_webhook_patch(play: Play) -> None:
    """C12: secret and subscriptions can be changed, disabled_at cannot."""
    caller = play(webhook_patch="url-secret-subscriptions").caller
    made = caller("POST", "/v1/webhooks", {"url": HOOK}).json
    body = {"secret": "new", "event_subscriptions": ["run.failed"], "disabled_at": "2026-01-01T00:00:00Z"}
    changed = caller("PATCH", f"/v1/webhooks/{made['id']}", body).json

    assert changed["secret_fingerprint"] is not None
    assert [row["event_type_code"] for row in changed["event_subscriptions"]] == ["run.failed"]
    assert changed["disabled_at"] is None


def test_sdk_shapes(play: Play) -> None:
    """C13: a nested error response, and a run that has error, finished_at and model as well."""
    played = play(sdk_shapes="sdk")
    found = played.ended(scenario="fail")
    refused = played.caller("GET", "/v1/runs/none")

    assert refused.json["error"]["code"] == "RUN_NOT_FOUND"
    assert faults(played.contract, "error.json", refused.json) == []
    assert found["error"] == {"code": "INPUT_VALIDATION_FAILED", "message": "image dimensions exceed 4096x4096"}
    assert (found["model"], found["finished_at"]) == ("google/veo3.1/lite", found["completed_at"])
    assert undocumented(played.contract, "get_run", found) == []


def test_validation_detail(play: Play) -> None:
    """C16: the list is alone under detail; other error responses are unchanged."""
    played = play(validation_detail="detail")
    refused = played.caller("POST", f"{LITE}/runs", {"input": {}})

    assert set(refused.json) == {"detail"}
    assert refused.json["detail"][0]["loc"] == ["body", "input", "prompt"]
    assert faults(played.contract, "error.json", refused.json) == []
    assert played.caller("GET", "/v1/runs/none").json["code"] == "RUN_NOT_FOUND"


def test_batch_body(play: Play) -> None:
    """C17: items with an input each, and a violation has its place in them."""
    caller = play(batch_body="items").caller
    good = caller("POST", f"{LITE}/batches", {"items": [{"input": INPUT, "client_ref": "a"}]})
    bad = caller("POST", f"{LITE}/batches", {"items": [{"input": {}}]})

    assert (good.status, good.json["items"][0]["client_ref"]) == (201, "a")
    assert bad.json["errors"][0]["loc"] == ["body", "items", 0, "input", "prompt"]
    assert caller("POST", f"{LITE}/batches", {"input": [INPUT]}).status == 422


def test_balance_shape(play: Play) -> None:
    """C18: cents and a currency."""
    played = play(balance_shape="cents")
    found = played.caller("GET", "/v1/billing/balance").json

    assert found == {"balance_cents": 100000, "currency": "USD"}
    assert undocumented(played.contract, "get_balance", found) == []


def test_health_body(play: Play) -> None:
    """C19: as the SDK has it."""
    assert play(health_body="ok").caller("GET", "/v1/health").json == {"ok": True}


def test_rate_limit_headers(play: Play) -> None:
    """C20: on every response, counted down; a 429 says when to retry."""
    caller = play(rate_limit_headers="always").caller
    first, second = caller("GET", "/v1/runs"), caller("GET", "/v1/runs/none")
    refused = caller("GET", "/v1/runs", headers={"prefer": "scenario=rate-limited"})

    assert int(first.headers["x-ratelimit-remaining"]) - int(second.headers["x-ratelimit-remaining"]) == 1
    assert "retry-after" not in second.headers
    assert (refused.headers["x-ratelimit-remaining"], refused.headers["retry-after"]) == ("0", "60")
    assert float(first.headers["x-ratelimit-reset"]) > 1_767_225_600


@pytest.mark.parametrize(
    ("option", "runs", "batches"),
    [("runs-and-batches", True, True), ("batches", False, True), ("nothing", False, False)],
)
def test_idempotency(play: Play, option: str, runs: bool, batches: bool) -> None:
    """C21: what heeds the header."""
    caller = play(idempotency=option).caller

    def same(path: str, body: Any) -> bool:
        ids = {caller("POST", path, body, headers={"idempotency-key": path}).json["id"] for _ in range(2)}
        return len(ids) == 1

    assert same(f"{LITE}/runs", {"input": INPUT}) is runs
    assert same(f"{LITE}/batches", {"input": [INPUT]}) is batches


def test_callback_retries(play: Play, sink: MemorySender) -> None:
    """C22: whatever is no 2xx is tried again."""
    sink.receiver = lambda _: 404
    play(callback_retries="any-failure").ended(callback_url=HOOK)

    assert len(sink.sent) == 3


def test_callback_history(play: Play) -> None:
    """C24: the payload instead of the deliveries."""
    played = play(callback_history="envelope")
    path = f"/v1/runs/{played.ended(callback_url=HOOK)['id']}/callback"
    found = played.caller("GET", path).json

    assert found["event"] == "run.completed"
    assert undocumented(played.contract, "get_run_callback_history", found) == []
    assert played.caller("GET", f"/v1/runs/{create(played.caller)['id']}/callback").status == 404


@pytest.mark.parametrize(
    ("option", "headers", "status"),
    [
        ("bearer", {"x-api-key": "rf_live_one"}, 401),
        ("x-api-key", {"x-api-key": "rf_live_one"}, 200),
        ("x-api-key", {"authorization": "Bearer rf_live_one"}, 401),
        ("either", {"x-api-key": "rf_live_one"}, 200),
        ("either", {"authorization": "Bearer rf_live_one"}, 200),
    ],
)
def test_key_header(play: Play, option: str, headers: dict[str, str], status: int) -> None:
    """C26: the place of the key."""
    assert play(key_header=option).caller("GET", "/v1/runs", headers=headers, key=None).status == status


OPTIONS = [(reading.id, option) for reading in load_contract("runflow").readings.values() for option in reading.options]


@pytest.mark.parametrize(("reading", "option"), OPTIONS)
def test_a_run_keeps_its_contract_under_every_reading(
    make_simulator: MakeSimulator, run: Run, sink: MemorySender, reading: str, option: str
) -> None:
    """Submit, end, callback and error response fit the schemas that the reading leaves."""
    if (reading, option) == ("create-reply", "finished"):
        return  # its create waits, which has a test of its own
    played = Played(make_simulator(names=["runflow"], readings={reading: option}), run)
    if reading == "key-header":
        played.caller.headers["x-api-key"] = "rf_live_one"
    found = played.ended(callback_url=HOOK)

    assert undocumented(played.contract, "get_run", found) == []
    assert faults(played.contract, "callback.json", orjson.loads(sink.sent[0].body)) == []
    assert faults(played.contract, "error.json", played.caller("GET", "/v1/runs/none").json) == []
