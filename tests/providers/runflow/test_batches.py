"""Runflow's batches: started together or not at all, counted as they end, with one callback."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from providers.runflow.requests import HOOK, INPUT, LITE, Ask, Run, code, faults, undocumented
from support.caller import Caller, MakeSimulator

from mockreel.contract import Contract
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.scenarios.preferences import Preference
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import MemorySender


def make(caller: Caller, *prompts: str, **more: Any) -> Any:
    items = [{**INPUT, "prompt": prompt} for prompt in prompts]
    reply = caller("POST", f"{LITE}/batches", {"input": items, **more})
    assert reply.status == 201, reply.json
    return reply.json


def test_a_batch_starts_a_run_for_each_item(simulator: Simulator, ask: Ask, contract: Contract) -> None:
    """In the order sent; a client_ref is beside the input, not part of it."""
    caller = ask("runflow")
    items = [{**INPUT, "client_ref": "a"}, INPUT]
    batch = caller("POST", f"{LITE}/batches", {"input": items}).json
    first = caller("GET", f"/v1/runs/{batch['items'][0]['run_id']}").json

    assert (batch["status_code"], batch["items_total"]) == ("queued", 2)
    assert [item["sequence_index"] for item in batch["items"]] == [0, 1]
    assert (first["input"], first["client_ref"], first["batch_id"]) == (INPUT, "a", batch["id"])
    assert undocumented(contract, "create_batch", batch, status=201) == []


def test_a_batch_counts_its_ends_and_tells_once(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, contract: Contract
) -> None:
    """One callback when the last item has ended, with the counts; rules choose for each item."""
    simulator.rules.add(Preference("fail"), prompt="bad")
    caller = ask("runflow")
    made = make(caller, "good", "bad", "fine", callback_url=HOOK, metadata={"a": 1})
    run(simulator.advance(20))
    batch = caller("GET", f"/v1/batches/{made['id']}").json
    [sent] = sink.sent
    payload = orjson.loads(sent.body)

    assert batch["status_code"] == "partial_succeeded"
    assert (batch["items_succeeded"], batch["items_failed"], batch["items_cancelled"]) == (2, 1, 0)
    assert (batch["cost"], batch["metadata"]) == ("0.24", {"a": 1})
    assert undocumented(contract, "get_batch", batch) == []
    assert (payload["event"], payload["batch_id"]) == ("batch.partial_succeeded", batch["id"])
    assert {**payload["output"], "items": None} == {
        "items": None,
        "succeeded": 2,
        "failed": 1,
        "cancelled": 0,
        "total": 3,
    }
    assert faults(contract, "batch-callback.json", payload) == []


@pytest.mark.parametrize(
    ("scenario", "status", "event"),
    [
        ("succeed", "succeeded", "batch.succeeded"),
        ("fail", "failed", "batch.failed"),
        ("cancelled", "canceled", "batch.cancelled"),
    ],
)
def test_a_batch_ends_as_its_items_do(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, *, scenario: str, status: str, event: str
) -> None:
    """When all of them end alike; the request's preference applies to every item."""
    caller = ask("runflow")
    body = {"input": [INPUT, INPUT], "callback_url": HOOK}
    made = caller("POST", f"{LITE}/batches", body, headers={"prefer": f"scenario={scenario}"}).json
    run(simulator.advance(20))

    assert caller("GET", f"/v1/batches/{made['id']}").json["status_code"] == status
    assert orjson.loads(sink.sent[0].body)["event"] == event


def test_a_cancelled_item_ends_the_batch(simulator: Simulator, ask: Ask, run: Run, sink: MemorySender) -> None:
    """The callback is sent at the last cancellation."""
    caller = ask("runflow", "rf_live_one")
    body = {"input": [INPUT, INPUT], "callback_url": HOOK}
    made = caller("POST", f"{LITE}/batches", body, headers={"prefer": "scenario=stuck"}).json
    run(simulator.advance(100))
    assert sink.sent == []
    for item in made["items"]:
        ask("runflow", "rf_svc_one")("POST", f"/v1/admin/runs/{item['run_id']}/cancellation")
    run(simulator.advance(1))

    assert [orjson.loads(sent.body)["status"] for sent in sink.sent] == ["canceled"]
    assert caller("GET", f"/v1/batches/{made['id']}").json["items_cancelled"] == 2


def test_items_are_listed_with_their_runs(simulator: Simulator, ask: Ask, run: Run, contract: Contract) -> None:
    """In the order sent, with input, cost, output and error."""
    simulator.rules.add(Preference("fail"), prompt="bad")
    caller = ask("runflow")
    made = make(caller, "good", "bad")
    run(simulator.advance(20))
    listed = caller("GET", f"/v1/batches/{made['id']}/items").json
    good, bad = listed["items"]

    assert (good["input"]["prompt"], good["cost"], good["error"]) == ("good", "0.12", None)
    assert (bad["error"]["code"], bad["output"]) == ("INPUT_VALIDATION_FAILED", None)
    assert good["run"]["id"] == good["run_id"]
    assert undocumented(contract, "list_batch_items", listed) == []


def test_every_violation_of_every_item_is_listed_and_nothing_starts(simulator: Simulator, ask: Ask) -> None:
    """All or none."""
    caller = ask("runflow")
    reply = caller("POST", f"{LITE}/batches", {"input": [INPUT, {}, {**INPUT, "duration": "5s"}]})

    assert code(reply) == (422, "VALIDATION_ERROR")
    assert [error["loc"] for error in reply.json["errors"]] == [
        ["body", "input", 1, "prompt"],
        ["body", "input", 2, "duration"],
    ]
    assert caller("GET", "/v1/runs").json["items"] == []


@pytest.mark.parametrize("items", [[], [INPUT] * 101])
def test_a_batch_has_one_to_a_hundred_items(simulator: Simulator, ask: Ask, items: list[Any]) -> None:
    """Both bounds are documented."""
    assert code(ask("runflow")("POST", f"{LITE}/batches", {"input": items})) == (422, "VALIDATION_ERROR")


def test_the_balance_must_cover_all_of_it(make_simulator: MakeSimulator) -> None:
    """402, and nothing starts."""
    entry = KeyEntry("rf_live_poor", "poor", balance=Decimal("0.30"))
    caller = Caller(make_simulator(names=["runflow"], keys=[entry]).provider("runflow"), "rf_live_poor")

    assert code(caller("POST", f"{LITE}/batches", {"input": [INPUT] * 3})) == (402, "INSUFFICIENT_CREDIT")
    assert caller("GET", "/v1/runs").json["items"] == []
    assert caller("POST", f"{LITE}/batches", {"input": [INPUT] * 2}).status == 201


def test_an_idempotency_key_makes_one_batch(simulator: Simulator, ask: Ask) -> None:
    """The cached 201 for the same body, 409 for another."""
    caller, key = ask("runflow"), {"idempotency-key": "b1"}
    first, again = (caller("POST", f"{LITE}/batches", {"input": [INPUT]}, headers=key) for _ in range(2))
    other = caller("POST", f"{LITE}/batches", {"input": [INPUT, INPUT]}, headers=key)

    assert (again.status, again.json) == (201, first.json)
    assert code(other) == (409, "CONFLICT")


def test_a_batchs_callback_is_delivered_again(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, contract: Contract
) -> None:
    """Once it has ended; the history has both deliveries."""
    caller = ask("runflow")
    made = make(caller, "a", callback_url=HOOK)
    path = f"/v1/batches/{made['id']}/callback-redeliveries"
    too_early = caller("POST", path)
    run(simulator.advance(20))
    again = caller("POST", path)
    run(simulator.advance(1))
    history = caller("GET", f"/v1/batches/{made['id']}/callback").json

    assert code(too_early) == (422, "VALIDATION_ERROR")
    assert undocumented(contract, "redeliver_batch_callback", again.json, status=201) == []
    assert [delivery["is_automatic"] for delivery in history] == [True, False]
    assert undocumented(contract, "get_batch_callback_history", history) == []


def test_another_accounts_batch_looks_like_none(simulator: Simulator, ask: Ask) -> None:
    """And so does one that there is not."""
    made = make(ask("runflow", "rf_live_one"), "a")
    other = ask("runflow", "rf_live_two")

    assert code(other("GET", f"/v1/batches/{made['id']}")) == (404, "BATCH_NOT_FOUND")
    assert code(other("GET", "/v1/batches/none/items")) == (404, "BATCH_NOT_FOUND")


@pytest.mark.parametrize(("wish", "expected"), [("scenario=insufficient-credit", 402), ("scenario=rate-limited", 429)])
def test_a_preferred_error_rejects_the_whole_batch(simulator: Simulator, ask: Ask, wish: str, expected: int) -> None:
    """By the request or by a rule."""
    caller = ask("runflow")
    requested = caller("POST", f"{LITE}/batches", {"input": [INPUT]}, headers={"prefer": wish})
    simulator.rules.add(Preference(wish.partition("=")[2]))
    ruled = caller("POST", f"{LITE}/batches", {"input": [INPUT, INPUT]})

    assert (requested.status, ruled.status) == (expected, expected)
    assert code(caller("POST", "/v1/models/google/none/batches", {"input": [INPUT]})) == (404, "MODEL_NOT_FOUND")
