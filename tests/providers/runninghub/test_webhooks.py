"""RunningHub's webhooks: the content of TASK_END, its retries, and their records."""

import re
from typing import Any

import orjson
import pytest
from providers.runninghub.requests import (
    BODY,
    HOOK,
    START,
    SUBMIT,
    Ask,
    Run,
    event_faults,
    old,
    query,
    submit,
    undocumented,
)

from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import MemorySender
from mockreel.webhooks.transport import Outcome


def events(sink: MemorySender) -> list[Any]:
    return [orjson.loads(message.body) for message in sink.sent]


def test_a_v2_task_sends_the_response_of_query_as_an_object(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender
) -> None:
    """The event's data is what a poll at that moment says."""
    caller = ask("runninghub", "rh-one")
    task = submit(caller, webhookUrl=HOOK)
    run(simulator.advance(10))

    [event] = events(sink)

    assert event == {"event": "TASK_END", "taskId": task, "eventData": query(caller, task)}
    assert event_faults(simulator.provider("runninghub").contract, "Event", event) == []
    assert [message.url for message in sink.sent] == [HOOK]


def test_an_old_task_sends_the_response_of_outputs_as_text(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender
) -> None:
    """The event's data is JSON in a text."""
    caller = ask("runninghub", "rh-one")
    task = old(caller, "create", **START, webhookUrl=HOOK)["data"]["taskId"]
    run(simulator.advance(10))

    [event] = events(sink)

    assert orjson.loads(event["eventData"]) == old(caller, "outputs", taskId=task)
    assert event_faults(simulator.provider("runninghub").contract, "EventOld", event) == []


@pytest.mark.parametrize("end", [("fail", "FAILED"), ("cancelled", "CANCEL")])
def test_every_end_sends_a_webhook(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, end: tuple[str, str]
) -> None:
    """A task that failed or was cancelled ends too."""
    prefer = {"prefer": f"scenario={end[0]}"}
    ask("runninghub")("POST", SUBMIT, {**BODY, "webhookUrl": HOOK}, headers=prefer)
    run(simulator.advance(10))

    assert [event["eventData"]["status"] for event in events(sink)] == [end[1]]


def test_the_end_of_a_failed_old_task_is_its_error(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender
) -> None:
    """The text has code 805 and the reason."""
    body = {**START, "webhookUrl": HOOK}
    ask("runninghub")("POST", "/task/openapi/create", body, headers={"prefer": "scenario=fail"}, key=None)
    run(simulator.advance(10))

    [event] = events(sink)
    data = orjson.loads(event["eventData"])

    assert (data["code"], data["msg"]) == (805, "APIKEY_TASK_STATUS_ERROR")
    assert data["data"]["failedReason"]
    assert event_faults(simulator.provider("runninghub").contract, "EventOld", event) == []


def test_a_cancelled_task_sends_one_webhook(simulator: Simulator, ask: Ask, run: Run, sink: MemorySender) -> None:
    """The plan's own end no longer counts."""
    caller = ask("runninghub", "rh-one")
    task = submit(caller, webhookUrl=HOOK)
    old(caller, "cancel", taskId=task)
    run(simulator.advance(60))

    assert [event["eventData"]["status"] for event in events(sink)] == ["CANCEL"]


@pytest.mark.parametrize("url", [None, ""])
def test_without_an_address_no_webhook_is_sent(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender, url: Any
) -> None:
    """The task runs all the same."""
    submit(ask("runninghub"), webhookUrl=url)
    run(simulator.advance(10))

    assert sink.sent == []


def test_the_same_bytes_are_sent_again_by_the_policy(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender
) -> None:
    """Three retries follow a failed attempt, after the policy's delays; a non-2xx status is a failure."""
    sink.receiver = lambda out: 404
    task = submit(ask("runninghub"), webhookUrl=HOOK)
    run(simulator.advance(600))

    [delivery] = simulator.provider("runninghub").deliveries.of(task)
    gaps = [later.at - earlier.ended for earlier, later in zip(delivery.attempts, delivery.attempts[1:], strict=False)]

    assert gaps == list(delivery.policy.delays)
    assert len({message.body for message in sink.sent}) == 1
    assert (len(sink.sent), delivery.status) == (4, "failed")


def test_the_detail_follows_the_delivery(simulator: Simulator, ask: Ask, run: Run, sink: MemorySender) -> None:
    """PENDING before the end, RETRYING between attempts, FAILED after the last, with the receiver's last word."""
    sink.receiver = lambda out: Outcome(error="network", detail="connection refused")
    caller = ask("runninghub", "rh-one")
    task = submit(caller, webhookUrl=HOOK)
    seen = []
    for seconds in (10, 600, 0):
        reply = old(caller, "getWebhookDetail", taskId=task)
        assert undocumented(simulator.provider("runninghub").contract, "get_webhook", reply) == []
        seen.append((reply["data"]["callbackStatus"], reply["data"]["retryCount"]))
        run(simulator.advance(seconds))

    assert seen == [("PENDING", 0), ("RETRYING", 0), ("FAILED", 3)]
    data = reply["data"]
    assert data["callbackResponse"] == f'I/O error on POST request for "{HOOK}": connection refused'
    assert orjson.loads(data["eventData"]) == query(caller, task)
    assert re.fullmatch(r"\*+", data["userApiKey"])
    assert data["createTime"] == "2026-01-01T08:00:00"
    assert data["updateTime"] > data["createTime"]


def test_an_event_is_sent_again_to_the_named_address(
    simulator: Simulator, ask: Ask, run: Run, sink: MemorySender
) -> None:
    """The stored bytes are sent to the new address, and the detail shows that delivery under the first one's id."""
    sink.receiver = lambda out: 200 if out.url.endswith("/other") else 500
    caller = ask("runninghub", "rh-one")
    task = submit(caller, webhookUrl=HOOK)
    run(simulator.advance(600))
    record = old(caller, "getWebhookDetail", taskId=task)["data"]

    reply = old(caller, "retryWebhook", webhookId=record["id"], webhookUrl="http://127.0.0.1:9000/other")
    run(simulator.advance(0))
    after = old(caller, "getWebhookDetail", taskId=task)["data"]

    assert reply == {"code": 0, "msg": "", "data": None}
    assert len({message.body for message in sink.sent}) == 1
    assert (after["id"], after["callbackStatus"], after["webhookUrl"]) == (
        record["id"],
        "SUCCESS",
        "http://127.0.0.1:9000/other",
    )


def test_the_events_of_others_are_not_known(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Neither the detail nor the resend of another account's event, nor of a task without a webhook."""
    caller = ask("runninghub", "rh-two")
    answer, silent = submit(ask("runninghub", "rh-one"), webhookUrl=HOOK), submit(ask("runninghub", "rh-one"))
    run(simulator.advance(10))
    record = old(caller, "getWebhookDetail", taskId=answer)["data"]["id"]

    def stranger(name: str, **body: Any) -> Any:
        return caller("POST", f"/task/openapi/{name}", body).json["code"]

    assert stranger("getWebhookDetail", taskId=answer) == 807
    assert stranger("retryWebhook", webhookId=record, webhookUrl=HOOK) == 807
    assert old(caller, "getWebhookDetail", taskId=silent)["code"] == 807
    assert old(caller, "retryWebhook", webhookId="1", webhookUrl=HOOK)["code"] == 807
