"""Runflow's organization webhooks: created, changed, sent for every run, with deliveries and attempts."""

import hashlib
import hmac
from typing import Any

import pytest
from providers.runflow.requests import HOOK, Ask, Run, code, create, undocumented
from support.caller import Caller

from mockreel.contract import Contract
from mockreel.providers.runflow import webhooks
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import MemorySender

HOOKS = "/v1/webhooks"


def make(caller: Caller, **more: Any) -> Any:
    reply = caller("POST", HOOKS, {"url": HOOK, **more})
    assert reply.status == 201, reply.json
    return reply.json


def test_a_webhook_is_sent_for_every_run(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, contract: Contract
) -> None:
    """Also of one that was under way when the webhook was made; each once, signed with its secret."""
    caller = ask("runflow")
    create(caller)
    made = make(caller, secret="s3")
    create(caller, scenario="fail")
    run(simulator.advance(20))
    deliveries = caller("GET", f"{HOOKS}/{made['id']}/deliveries").json
    first = dict(sink.sent[0].headers)

    assert sorted(item["event_type_code"] for item in deliveries["items"]) == ["run.completed", "run.failed"]
    assert len(sink.sent) == 2
    assert first["Runflow-Signature"] == hmac.new(b"s3", sink.sent[0].body, hashlib.sha256).hexdigest()
    assert undocumented(contract, "create_webhook", made, status=201) == []
    assert undocumented(contract, "list_webhook_deliveries", deliveries) == []
    assert caller("GET", f"{HOOKS}/{made['id']}").json["last_triggered_at"] is not None


def test_a_run_with_a_callback_tells_both(simulator: Simulator, ask: Ask, run: Run, sink: MemorySender) -> None:
    """One callback and one delivery for each webhook; the callback's history has its own only."""
    caller = ask("runflow")
    make(caller)
    made = create(caller, callback_url="http://127.0.0.1:9000/own")
    make(caller)
    run(simulator.advance(20))

    assert sorted(sent.url for sent in sink.sent) == [HOOK, HOOK, "http://127.0.0.1:9000/own"]
    assert len(caller("GET", f"/v1/runs/{made['id']}/callback").json) == 1


def test_subscriptions_choose_the_events(simulator: Simulator, ask: Ask, run: Run, sink: MemorySender) -> None:
    """No other event is delivered, and an unknown one is rejected with its place."""
    caller = ask("runflow")
    make(caller, event_subscriptions=["run.failed"])
    create(caller)
    create(caller, scenario="fail")
    run(simulator.advance(20))
    refused = caller("POST", HOOKS, {"url": HOOK, "event_subscriptions": ["run.exploded"]})

    assert [b"run.failed" in sent.body for sent in sink.sent] == [True]
    assert refused.json["errors"][0]["loc"] == ["body", "event_subscriptions", 0]


def test_attempts_are_listed_one_by_one(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, contract: Contract
) -> None:
    """Under the webhook's id or any; another account sees none of them."""
    sink.receiver = lambda _: 503
    caller = ask("runflow")
    made = make(caller)
    create(caller)
    run(simulator.advance(20))
    [delivery] = caller("GET", f"{HOOKS}/any/deliveries").json["items"]
    path = f"{HOOKS}/{made['id']}/deliveries/{delivery['id']}"
    attempts = caller("GET", f"{path}/attempts").json

    assert [item["attempt_number"] for item in attempts["items"]] == [1, 2, 3]
    assert [item["succeeded"] for item in attempts["items"]] == [False] * 3
    assert undocumented(contract, "list_webhook_attempts", attempts) == []
    assert caller("GET", f"{path}/attempts/{attempts['items'][1]['id']}").json == attempts["items"][1]
    assert caller("GET", path).json == delivery
    assert ask("runflow", "rf_live_two")("GET", f"{HOOKS}/any/deliveries").json["items"] == []
    assert code(caller("GET", f"{path}/attempts/none")) == (404, "NOT_FOUND")


def test_a_webhook_is_changed_disabled_and_deleted(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender
) -> None:
    """A disabled one gets no events; an updated_at that is not the last one is a conflict."""
    caller = ask("runflow")
    made = make(caller)
    path = f"{HOOKS}/{made['id']}"
    run(simulator.advance(1))
    changed = caller("PATCH", path, {"url": f"{HOOK}2", "updated_at": made["updated_at"]})
    late = caller("PATCH", path, {"url": HOOK, "updated_at": made["updated_at"]})
    disabled = caller("PATCH", path, {"disabled_at": "2026-01-01T00:00:00Z"})
    create(caller)
    run(simulator.advance(20))

    assert (changed.status, changed.json["url"]) == (200, f"{HOOK}2")
    assert code(late) == (409, "CONFLICT")
    assert disabled.json["disabled_at"] == "2026-01-01T00:00:00+00:00"
    assert sink.sent == []
    assert caller("DELETE", path).status == 204
    assert code(caller("GET", path)) == (404, "NOT_FOUND")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "2026-12-31T23:59:60Z"])
def test_moments_outside_the_calendar_are_rejected(simulator: Simulator, ask: Ask, moment: str) -> None:
    """They fit the schema's format, and mean nothing that could be stored."""
    caller = ask("runflow")
    made = make(caller)

    assert caller("PATCH", f"{HOOKS}/{made['id']}", {"disabled_at": moment}).status == 422
    assert caller("PATCH", f"{HOOKS}/{made['id']}", {"updated_at": moment}).status in (409, 422)


def test_event_types_are_the_callbacks_events(simulator: Simulator, ask: Ask) -> None:
    """Listed and one by one."""
    caller = ask("runflow")
    codes = [row["code"] for row in caller("GET", f"{HOOKS}/event-types").json["items"]]

    assert codes == ["run.completed", "run.failed", "run.cancelled", "run.partial_succeeded"]
    assert caller("GET", f"{HOOKS}/event-types/run.failed").json == {"code": "run.failed"}
    assert code(caller("GET", f"{HOOKS}/event-types/none")) == (404, "NOT_FOUND")


def test_many_webhooks_are_sent_in_steps(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Each once, also if the end of the run is read twice; not all in the step in which it ends."""
    caller = ask("runflow")
    one = create(caller)
    count = 2 * webhooks.AT_ONCE + 5
    for number in range(count):
        assert caller("POST", HOOKS, {"url": f"{HOOK}/{number}"}).status == 201
    provider = simulator.provider("runflow")
    job = provider.jobs.get(one["id"])
    assert job is not None
    assert job.ends is not None
    assert len(simulator.scheduler) == count

    simulator.clock.advance_to(job.ends)
    provider.adapter.job_ended(provider, job)
    reported = len(provider.deliveries)
    run(simulator.advance(1))

    assert reported == webhooks.AT_ONCE
    assert sorted(found.url for found in provider.deliveries) == sorted(f"{HOOK}/{number}" for number in range(count))
