"""RunningHub's readings: each other option changes the wire format, and responses follow it."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from providers.runninghub.requests import (
    BODY,
    HOOK,
    MODEL,
    QUERY,
    START,
    SUBMIT,
    Run,
    event_faults,
    form,
    old,
    query,
    submit,
    undocumented,
)
from support.caller import Caller, MakeSimulator

from mockreel.contract import load_contract
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import MemorySender

Reading = Callable[..., tuple[Caller, Simulator]]


@pytest.fixture
def reading(make_simulator: MakeSimulator) -> Reading:
    """A caller under one reading: `reading("failed-reason", "string")`."""

    def make(name: str, option: str) -> tuple[Caller, Simulator]:
        simulator = make_simulator(names=["runninghub"], readings={f"runninghub:{name}": option})
        return Caller(simulator.provider("runninghub"), "rh-one"), simulator

    return make


def options() -> list[tuple[str, str]]:
    readings = load_contract("runninghub").readings.values()
    return [(reading.id, option) for reading in readings for option in reading.options]


@pytest.mark.parametrize(("name", "option"), options())
def test_responses_are_what_each_option_documents(
    reading: Reading, run: Run, sink: MemorySender, name: str, option: str
) -> None:
    """A task of each API from start to end, good and bad, with its webhook: all fit the schemas of that option."""
    caller, simulator = reading(name, option)
    contract = simulator.provider("runninghub").contract
    key = {"apikey": "rh-one"} if option != "camel" else {"apiKey": "rh-one"}
    started = old(caller, "create", **START, webhookUrl=HOOK)
    task, classic = submit(caller, webhookUrl=HOOK), str(started["data"]["taskId"])
    replies = [("start_workflow", started)]
    for _ in range(12):
        replies.append(("query_task", query(caller, task)))
        replies.append(("get_task_outputs", old(caller, "outputs", taskId=classic)))
        run(simulator.advance(0.5))
    replies.append(("get_account", caller("POST", "/uc/openapi/accountStatus", key, key=None).json))
    replies.append(("get_webhook", old(caller, "getWebhookDetail", taskId=task)))

    assert [
        (id_, undocumented(contract, id_, body)) for id_, body in replies if undocumented(contract, id_, body)
    ] == []
    classic_event, event = sorted((orjson.loads(m.body) for m in sink.sent), key=lambda e: str(e["taskId"]) == task)
    assert event_faults(contract, "Event", event) + event_faults(contract, "EventOld", classic_event) == []


def test_a_task_may_be_created_before_it_is_queued(reading: Reading, run: Run) -> None:
    """CREATE is seen first; the old outputs say that it waits."""
    caller, _ = reading("status-words", "contract-create")
    task = submit(caller)

    assert (query(caller, task)["status"], old(caller, "outputs", taskId=task)["code"]) == ("CREATE", 813)


@pytest.mark.parametrize(
    ("option", "word", "code"),
    [("contract", "CANCEL", ""), ("documented-four", "FAILED", "805"), ("cancelled", "CANCELLED", "")],
)
def test_a_cancelled_task_has_the_word_of_the_reading(reading: Reading, option: str, word: str, code: str) -> None:
    """Where it is FAILED it has a code and a text, which clients look for."""
    caller, simulator = reading("status-words", option)
    task = submit(caller)
    old(caller, "cancel", taskId=task)

    reply = query(caller, task)

    assert (reply["status"], reply["errorCode"], bool(reply["errorMessage"])) == (word, code, bool(code))
    assert undocumented(simulator.provider("runninghub").contract, "query_task", reply) == []


def test_failed_reason_may_be_a_text(reading: Reading) -> None:
    """As the schema of the V2 response declares it."""
    caller, _ = reading("failed-reason", "string")

    assert query(caller, submit(caller))["failedReason"] == ""


def test_the_failed_reason_of_a_workflow_may_be_a_text(reading: Reading, run: Run) -> None:
    """It has the details that are an object elsewhere."""
    caller, simulator = reading("failed-reason", "string")
    headers = {"prefer": "scenario=fail"}
    task = caller("POST", "/task/openapi/create", START, headers=headers, key=None).json["data"]["taskId"]
    run(simulator.advance(10))

    assert set(orjson.loads(query(caller, task)["failedReason"])) >= {"exception_message", "node_id"}


def test_no_error_may_be_null(reading: Reading) -> None:
    """As the schema allows."""
    caller, _ = reading("no-error", "nothing")
    reply = caller("POST", SUBMIT, BODY).json

    assert (reply["errorCode"], reply["errorMessage"]) == (None, None)
    assert caller("POST", f"/openapi/v2/price-preview/{MODEL}", BODY).json["errorCode"] is None


@pytest.mark.parametrize(
    ("option", "keys"),
    [
        ("by-route", {"code", "message", "msg", "data", "errorMessages"}),
        ("msg", {"code", "msg", "data", "errorMessages"}),
        ("message", {"code", "message", "data"}),
    ],
)
def test_the_text_of_an_upload_has_the_key_of_the_reading(reading: Reading, option: str, keys: set[str]) -> None:
    """The good response and the error response agree."""
    caller, _ = reading("envelope-text", option)
    raw, headers = form(file=("a.png", "image/png", b"a"))
    path = "/openapi/v2/media/upload/binary"

    assert set(caller("POST", path, raw=raw, headers=headers).json) == keys
    assert set(caller("POST", path, raw=raw, headers=headers, key="invalid").json) == keys


def test_numbers_may_be_numbers(reading: Reading, run: Run) -> None:
    """The account's counts, the id of a started task, and the time that a task took."""
    caller, simulator = reading("numbers", "numbers")
    task = old(caller, "create", **START)["data"]["taskId"]
    account = caller("POST", "/uc/openapi/accountStatus", {"apikey": "rh-one"}).json["data"]
    run(simulator.advance(10))
    [output] = old(caller, "outputs", taskId=task)["data"]

    assert isinstance(task, int)
    assert (account["remainCoins"], account["currentTaskCounts"]) == (99999, 1)
    assert isinstance(output["taskCostTime"], int)


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ("by-api", [dict, str]),
        ("text", [str, str]),
        ("wrapped", [dict, dict]),
    ],
)
def test_a_webhook_carries_what_the_reading_says(
    reading: Reading, run: Run, sink: MemorySender, option: str, shown: list[type]
) -> None:
    """For a V2 task, and for one of the old API."""
    caller, simulator = reading("event-data", option)
    submit(caller, webhookUrl=HOOK)
    run(simulator.advance(10))
    old(caller, "create", **START, webhookUrl=HOOK)
    run(simulator.advance(10))

    assert [type(orjson.loads(message.body)["eventData"]) for message in sink.sent] == shown


def test_a_webhook_may_come_without_an_envelope(reading: Reading, run: Run, sink: MemorySender) -> None:
    """The body is the response of /query, and the detail still has it as text."""
    caller, simulator = reading("event-data", "bare")
    task = submit(caller, webhookUrl=HOOK)
    run(simulator.advance(10))

    assert orjson.loads(sink.sent[0].body) == query(caller, task)
    assert orjson.loads(old(caller, "getWebhookDetail", taskId=task)["data"]["eventData"]) == query(caller, task)


def test_outputs_may_be_empty_and_good_while_a_task_runs(reading: Reading) -> None:
    """Code 0 and an empty list."""
    caller, _ = reading("outputs-while-running", "zero")

    assert old(caller, "outputs", taskId=submit(caller)) == {"code": 0, "msg": "success", "data": []}


def test_cancelling_an_unknown_task_may_be_423(reading: Reading) -> None:
    """Spelled as the table spells it; the other routes stay at 807."""
    caller, _ = reading("cancel-unknown-task", "task-not-founed")

    assert (old(caller, "cancel", taskId="1")["code"], old(caller, "status", taskId="1")["code"]) == (423, 807)


@pytest.mark.parametrize(
    ("option", "status", "codes"),
    [
        ("by-route", 200, (802, 806, "1002")),
        ("code-802", 200, (802, 802, "1002")),
        ("code-401", 200, (401, 401, "1002")),
        ("http-401", 401, (-1, -1, "1002")),
        ("code-806", 200, (806, 806, "806")),
        ("code-811", 200, (811, 811, "1002")),
    ],
)
def test_a_bad_key_is_rejected_as_the_reading_says(
    reading: Reading, option: str, status: int, codes: tuple[int, int, str]
) -> None:
    """On the old API, of an account, and as the errorCode of V2."""
    caller, simulator = reading("api-key-refused", option)

    reply = caller("POST", "/task/openapi/status", {"taskId": "1"}, key="invalid")
    account = caller("POST", "/uc/openapi/accountStatus", {"apikey": "invalid"}, key=None)

    assert (reply.status, account.status) == (status, status)
    flat = caller("POST", SUBMIT, BODY, key="invalid").json["errorCode"]
    assert (reply.json["code"], account.json["code"], flat) == codes
    assert undocumented(simulator.provider("runninghub").contract, "get_task_status", reply.json, status=status) == []


def test_1501_may_mean_content_everywhere(reading: Reading) -> None:
    """The price preview says the same as a task."""
    caller, _ = reading("code-1501", "content-check")
    prefer = {"prefer": "scenario=refuse; code=no-price-config"}

    reply = caller("POST", f"/openapi/v2/price-preview/{MODEL}", BODY, headers=prefer).json

    assert (reply["errorCode"], reply["errorMessage"]) == (
        "1501",
        "Content verification failed, please modify your prompt or images",
    )


@pytest.mark.parametrize(("option", "taken", "refused"), [("lower", "apikey", "apiKey"), ("camel", "apiKey", "apikey")])
def test_the_accounts_key_may_have_one_spelling(reading: Reading, option: str, taken: str, refused: str) -> None:
    """The other one is as good as none."""
    caller, _ = reading("account-key", option)

    def code(name: str) -> Any:
        return caller("POST", "/uc/openapi/accountStatus", {name: "rh-one"}, key=None).json["code"]

    assert (code(taken), code(refused)) == (0, 1601)


def test_the_defaults_of_lite_may_be_those_of_user_interfaces(reading: Reading) -> None:
    """An aspect ratio called auto is accepted only then."""
    body = {"prompt": "x", "duration": "8", "resolution": "720p", "aspectRatio": "auto"}
    path = "/openapi/v2/rhart-video-v3.1-lite-official/text-to-video"
    codes = [
        reading("lite-official-defaults", option)[0]("POST", path, body).json["errorCode"]
        for option in ("registry", "interfaces")
    ]

    assert codes == ["1007", ""]


def test_lite_image_to_video_may_make_1080p(reading: Reading) -> None:
    """There is a price for it, but no option."""
    body = {"prompt": "x", "imageUrls": ["https://example.com/a.png"], "aspectRatio": "16:9", "resolution": "1080p"}
    path = "/openapi/v2/rhart-video-v3.1-lite/image-to-video"
    codes = [
        reading("lite-image-to-video-1080p", option)[0]("POST", path, body).json["errorCode"]
        for option in ("options", "prices")
    ]

    assert codes == ["1007", ""]


def test_the_queue_may_count_in_numbers(reading: Reading) -> None:
    """As the limit beside the counts is one."""
    caller, _ = reading("queue-counts", "numbers")
    queue = caller("GET", "/openapi/v2/queue/status").json["data"]

    assert (queue["queuedCount"], queue["runningCount"], queue["totalCurrentTasks"]) == (0, 0, 0)


def test_numbers_for_texts_may_be_rejected(reading: Reading) -> None:
    """Without the reading, the registry's declaration applies strictly."""
    caller, _ = reading("lenient-numbers", "off")

    assert caller("POST", SUBMIT, {**BODY, "duration": 6}).json["errorCode"] == "1007"
    assert caller("POST", SUBMIT, {**BODY, "seed": "7"}).json["errorCode"] == "1007"


@pytest.mark.parametrize(
    ("path", "body", "key", "status"),
    [
        (SUBMIT, BODY, "invalid", 401),
        (SUBMIT, {}, "rh-one", 400),
        ("/openapi/v2/no-such-model", {}, "rh-one", 404),
        (QUERY, {"taskId": "1"}, "rh-one", 404),
    ],
)
def test_v2_may_send_an_error_status(reading: Reading, path: str, body: Any, key: str, status: int) -> None:
    """By kind of error response; the body stays the same, and the old API keeps its 200."""
    caller, simulator = reading("v2-http-status", "http")
    reply = caller("POST", path, body, key=key)

    assert reply.status == status
    assert undocumented(simulator.provider("runninghub").contract, "submit_task", reply.json, status=status) == []
    assert caller("POST", "/task/openapi/status", {"taskId": "1"}).status == 200


def test_every_flat_row_has_a_status_under_that_reading() -> None:
    """No error of V2 has the status 200."""
    contract = load_contract("runninghub", readings={"v2-http-status": "http"})
    left = [
        name
        for name, row in contract.errors.items()
        if "flat" in row.fields and row.fields["flat"].get("status", row.status) == 200
    ]
    assert left == ["wrong-key-upload"]


def test_a_task_may_run_at_once(reading: Reading) -> None:
    """As the examples of the model pages show it."""
    caller, _ = reading("first-status", "running")

    assert caller("POST", SUBMIT, BODY).json["status"] == "RUNNING"


@pytest.mark.parametrize(("option", "codes"), [("registry", ("", "1007")), ("capabilities", ("1007", ""))])
def test_second_rendering(reading: Reading, option: str, codes: tuple[str, str]) -> None:
    """The name of one option; each rendering rejects the other's."""
    caller, _ = reading("second-rendering", option)
    body = {"prompt": "A harbour at dawn", "duration": "5"}
    replies = [
        caller("POST", "/openapi/v2/kling-v3-4k/text-to-video", {**body, "shotType": word}).json["errorCode"]
        for word in ("intelligence", "intelligent")
    ]

    assert tuple(replies) == codes


@pytest.mark.parametrize(("option", "there"), [("upload-only", False), ("everywhere", True)])
def test_an_envelope_may_have_error_messages(reading: Reading, option: str, *, there: bool) -> None:
    """Null, in successful and in error responses."""
    caller, _ = reading("error-messages", option)
    requested = [START, {**START, "workflowId": 0}]
    replies = [caller("POST", "/task/openapi/create", body, key=None).json for body in requested]

    assert ["errorMessages" in reply for reply in replies] == [there, there]
    assert [reply.get("errorMessages") for reply in replies] == [None, None]


@pytest.mark.parametrize(("option", "at_start", "running"), [("at-once", True, True), ("while-running", False, True)])
def test_the_reading_decides_the_place_of_progress(
    reading: Reading, run: Run, option: str, *, at_start: bool, running: bool
) -> None:
    """With the start, or only while the task runs; where it waits, outputs have none."""
    caller, simulator = reading("net-wss-url", option)
    started = caller("POST", "/task/openapi/create", START, key=None).json["data"]
    waiting = caller("POST", "/task/openapi/outputs", {**START, "taskId": started["taskId"]}, key=None).json
    run(simulator.advance(1.0))
    later = caller("POST", "/task/openapi/outputs", {**START, "taskId": started["taskId"]}, key=None).json

    assert (started["netWssUrl"] is not None) is at_start
    assert (waiting["code"], waiting["data"]) == (813, None)
    assert (later["code"], later["data"]["netWssUrl"] is not None) == (804, running)


@pytest.mark.parametrize(("option", "code"), [("august", "1007"), ("april", "")])
def test_what_an_input_must_have_is_either_lists(reading: Reading, option: str, code: str) -> None:
    """A resolution of one family, which only the list of August requires."""
    caller, _ = reading("newly-required", option)
    body = {"prompt": "x", "aspectRatio": "16:9", "imageUrl": "https://example.com/a.png"}

    assert caller("POST", "/openapi/v2/rhart-video-v3.1-pro/image-to-video", body).json["errorCode"] == code
