"""RunningHub's older task API: keys in bodies, forms and queries, and responses in envelopes."""

import re
from decimal import Decimal
from math import ceil
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from providers.runninghub.requests import START, Ask, Run, form, good, old, query, submit, undocumented
from support.caller import Caller, MakeSimulator

from mockreel.engine.artifacts.artifact import UPLOADS
from mockreel.simulator.simulator import Simulator

NODE_FIELDS = {
    *("nodeId", "nodeName", "fieldName", "fieldValue", "fieldData", "fieldType"),
    *("description", "descriptionCn", "descriptionEn"),
}


APP = {"webappId": "1937084629516193794", "nodeInfoList": [{"nodeId": "9", "fieldName": "prompt", "fieldValue": "x"}]}


@pytest.mark.parametrize(
    ("name", "operation", "body"),
    [
        ("create", "start_workflow", START),
        ("ai-app/run", "start_app", APP),
        ("quick-ai-app/run", "start_quick_app", {"webappId": 1937084629516193794}),
    ],
)
def test_a_start_is_answered_in_an_envelope(
    simulator: Simulator, ask: Ask, name: str, operation: str, body: dict[str, Any]
) -> None:
    """Workflows and apps answer alike, with the key in the body and no header at all."""
    reply = old(ask("runninghub"), name, **body)

    assert (reply["code"], reply["msg"], reply["data"]["taskStatus"]) == (0, "success", "QUEUED")
    assert "message" not in reply
    assert undocumented(simulator.provider("runninghub").contract, operation, reply) == []


def test_status_and_outputs_follow_a_task(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Outputs say 813 while it waits and 804 while it runs; then they list the files."""
    caller = ask("runninghub")
    task = old(caller, "create", **START)["data"]["taskId"]
    seen = []
    for _ in range(50):
        word, outputs = old(caller, "status", taskId=task)["data"], old(caller, "outputs", taskId=task)
        assert undocumented(simulator.provider("runninghub").contract, "get_task_outputs", outputs) == []
        seen.append((word, outputs["code"], outputs["msg"]))
        run(simulator.advance(0.1))

    assert list(dict.fromkeys(seen)) == [
        ("QUEUED", 813, "APIKEY_TASK_IS_QUEUED"),
        ("RUNNING", 804, "APIKEY_TASK_IS_RUNNING"),
        ("SUCCESS", 0, "success"),
    ]
    [output] = old(caller, "outputs", taskId=task)["data"]
    assert (output["fileType"], output["nodeId"]) == ("png", "9")


def test_the_outputs_of_a_failed_task_are_its_reason(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Code 805 carries the documented details."""
    caller = ask("runninghub")
    headers = {"prefer": "scenario=fail"}
    task = caller("POST", "/task/openapi/create", START, headers=headers, key=None).json["data"]["taskId"]
    run(simulator.advance(10))

    reply = old(caller, "outputs", taskId=task)

    assert (reply["code"], reply["msg"]) == (805, "APIKEY_TASK_STATUS_ERROR")
    assert set(reply["data"]["failedReason"]) >= {"exception_type", "exception_message", "node_id", "traceback"}


def test_cancelling_ends_a_task_in_both_apis(simulator: Simulator, ask: Ask, run: Run) -> None:
    """A V2 task is cancelled through the old API; it stays cancelled, and cancelling again changes nothing."""
    caller = ask("runninghub", "rh-one")
    task = submit(caller)
    replies = [old(caller, "cancel", taskId=task) for _ in range(2)]
    run(simulator.advance(10))

    assert replies == [{"code": 0, "msg": "success", "data": None}] * 2
    assert (query(caller, task)["status"], query(caller, task)["errorCode"]) == ("CANCEL", "")
    assert old(caller, "status", taskId=task)["data"] == "CANCEL"


def test_a_finished_task_cannot_be_cancelled_any_more(simulator: Simulator, ask: Ask, run: Run) -> None:
    """The call is answered, and the task stays what it was."""
    caller = ask("runninghub", "rh-one")
    task = submit(caller)
    run(simulator.advance(10))
    old(caller, "cancel", taskId=task)

    assert query(caller, task)["status"] == "SUCCESS"


def test_the_key_may_be_in_the_header_too(ask: Ask) -> None:
    """Shared keys of companies use Bearer on the old routes; the account is the same."""
    caller = ask("runninghub", "rh-one")
    task = old(caller, "create", **START)["data"]["taskId"]

    assert good(caller("POST", "/task/openapi/status", {"taskId": task})) == "QUEUED"


def test_an_upload_is_stored_and_served(simulator: Simulator, ask: Ask) -> None:
    """The new upload says where the file is; both texts are there, and the bytes come back as they were sent."""
    caller = ask("runninghub")
    raw, headers = form(file=("Boat.PNG", "image/png", b"\x89PNG boat"))

    reply = caller("POST", "/openapi/v2/media/upload/binary", raw=raw, headers=headers)
    data = good(reply)
    fetched = caller("GET", data["download_url"].removeprefix("http://mock.test"))

    assert (reply.json["message"], reply.json["msg"], reply.json["errorMessages"]) == ("success", "success", None)
    assert (data["type"], data["size"]) == ("image", "9")
    assert data["fileName"].startswith("openapi/")
    assert data["fileName"].endswith(".png")
    assert (fetched.response.body, fetched.headers["content-type"]) == (b"\x89PNG boat", "image/png")
    assert undocumented(simulator.provider("runninghub").contract, "upload_media", reply.json) == []


def test_an_uploaded_file_cannot_be_replaced(ask: Ask) -> None:
    """Its address is for fetching."""
    caller = ask("runninghub")
    raw, headers = form(file=("boat.png", "image/png", b"boat"))
    url = good(caller("POST", "/openapi/v2/media/upload/binary", raw=raw, headers=headers))["download_url"]

    assert caller("PUT", url.removeprefix("http://mock.test"), raw=b"other").status == 403


def test_the_old_upload_reads_its_key_from_the_form(simulator: Simulator, ask: Ask) -> None:
    """It gives the name for a node, and keeps the stated kind of file."""
    raw, headers = form(apiKey="rh-one", fileType="input", file=("boat.mp4", "video/mp4", b"boat"))

    reply = ask("runninghub")("POST", "/task/openapi/upload", raw=raw, headers=headers, key=None)

    data = good(reply)
    assert data["fileType"] == "input"
    assert data["fileName"].startswith("api/")
    assert data["fileName"].endswith(".mp4")
    assert simulator.provider("runninghub").uploads.get(data["fileName"].removeprefix("api/")) is not None
    assert undocumented(simulator.provider("runninghub").contract, "upload_file", reply.json) == []
    assert UPLOADS not in data["fileName"]


def test_an_archive_is_called_by_its_hash_alone(ask: Ask) -> None:
    """Without the folder and the ending that a picture's name has."""
    raw, headers = form(apiKey="rh-one", fileType="input", file=("a.zip", "application/zip", b"PK"))

    data = good(ask("runninghub")("POST", "/task/openapi/upload", raw=raw, headers=headers, key=None))

    assert re.fullmatch("[0-9a-f]{64}", data["fileName"])
    assert data["fileType"] == "input"


def test_a_form_without_its_file_is_rejected(ask: Ask) -> None:
    """A field of that name is no file."""
    raw, headers = form(apiKey="rh-one", file="not a file")

    reply = ask("runninghub")("POST", "/task/openapi/upload", raw=raw, headers=headers, key=None).json

    assert (reply["code"], reply["msg"]) == (808, "APIKEY_UPLOAD_FAILED")


@pytest.mark.parametrize("name", ["apikey", "apiKey"])
def test_the_account_is_found_by_either_spelling(simulator: Simulator, ask: Ask, name: str) -> None:
    """Numbers are texts; an account without a limit looks funded, as the documents' sample does."""
    caller = ask("runninghub")
    old(caller, "create", **START)

    reply = caller("POST", "/uc/openapi/accountStatus", {name: "rh-one"}, key=None)

    assert good(reply) == {
        "remainCoins": "99999",
        "currentTaskCounts": "1",
        "remainMoney": "999",
        "currency": "CNY",
        "apiType": "NORMAL",
    }
    assert undocumented(simulator.provider("runninghub").contract, "get_account", reply.json) == []


def test_the_demo_of_an_app_reads_its_key_from_the_query(simulator: Simulator, ask: Ask) -> None:
    """The key and the app are in the query; each node has its nine fields, and the sample call names the app."""
    reply = ask("runninghub")("GET", "/api/webapp/apiCallDemo?apiKey=rh-one&webappId=1937084629516193795", key=None)

    assert [set(node) for node in good(reply)["nodeInfoList"]] == [NODE_FIELDS, NODE_FIELDS]
    assert "/run/ai-app/1937084629516193795 " in good(reply)["curl"]
    assert undocumented(simulator.provider("runninghub").contract, "get_app_demo", reply.json) == []


def test_a_workflow_is_given_as_the_text_of_a_graph(simulator: Simulator, ask: Ask) -> None:
    """Clients count its nodes, and look for the one whose output is stored."""
    reply = ask("runninghub")("POST", "/api/openapi/getJsonApiFormat", START, key=None)

    assert reply.json["msg"] == "SUCCESS"
    graph = orjson.loads(good(reply)["prompt"])
    assert all(set(node) == {"class_type", "inputs", "_meta"} for node in graph.values())
    assert graph["9"]["class_type"] == "SaveImage"
    assert undocumented(simulator.provider("runninghub").contract, "get_workflow_json", reply.json) == []


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "png"),
        ({"nodeInfoList": [{"nodeId": "6", "fieldName": "text", "fieldValue": "a boat"}]}, "png"),
        ({"nodeInfoList": [{"nodeId": "6", "fieldName": "frame_rate", "fieldValue": 24}]}, "mp4"),
        ({"workflow": '{"9": {"class_type": "VHS_VideoCombine", "inputs": {}}}'}, "mp4"),
        ({"workflow": '{"9": {"class_type": "SaveAudio", "inputs": {}}}'}, "mp3"),
        ({"workflow": '{"9": {"class_type": "SaveImage", "inputs": {}}}'}, "png"),
        ({"workflow": "no graph"}, "png"),
    ],
)
def test_a_workflow_makes_what_its_nodes_say(
    simulator: Simulator, ask: Ask, run: Run, more: dict[str, Any], kind: str
) -> None:
    """An image, unless the graph that was sent, or a field that is changed, says otherwise."""
    caller = ask("runninghub")
    task = old(caller, "create", **START, **more)["data"]["taskId"]
    run(simulator.advance(10))

    [output] = old(caller, "outputs", taskId=task)["data"]
    fetched = caller("GET", urlsplit(output["fileUrl"]).path, key=None)
    assert (output["fileType"], fetched.status) == (kind, 200)


@pytest.mark.parametrize(("instance", "rate"), [(None, "0.2"), ("default", "0.2"), ("plus", "0.4"), ("ultra", None)])
def test_coins_are_counted_by_the_seconds_of_a_task(
    make_simulator: MakeSimulator, run: Run, instance: str | None, rate: str | None
) -> None:
    """A part of a coin counts whole; five published tasks fit it, and one on plus. What ultra costs is not known."""
    simulator = make_simulator(names=["runninghub"], pace="documented")
    caller = Caller(simulator.provider("runninghub"), "rh-one")
    task = old(caller, "create", **START, instanceType=instance)["data"]["taskId"]
    run(simulator.advance(100))

    [output] = old(caller, "outputs", taskId=task)["data"]
    seconds = int(output["taskCostTime"])
    assert seconds == 78
    assert output["consumeCoins"] == (None if rate is None else str(ceil(Decimal(rate) * seconds)))


def test_a_lora_is_sent_to_the_returned_address(simulator: Simulator, ask: Ask) -> None:
    """The same bytes have the same name and the same address."""
    caller, md5 = ask("runninghub"), "0CC175B9C0F1B6A831C399E269772661"
    body = {"apiKey": "rh-one", "loraName": "boats", "md5Hex": md5}

    answer = caller("POST", "/api/openapi/getLoraUploadUrl", body, key=None)
    again = caller("POST", "/api/openapi/getLoraUploadUrl", body, key=None)
    address = urlsplit(good(answer)["url"]).path
    sent = caller("PUT", address, raw=b"weights", headers={"content-type": "application/octet-stream"}, key=None)

    assert good(answer)["fileName"] == f"api-lora-cn/{md5.lower()}.safetensors"
    assert good(again) == good(answer)
    assert (sent.status, caller("GET", address, key=None).response.body) == (200, b"weights")
    assert undocumented(simulator.provider("runninghub").contract, "get_lora_upload_url", answer.json) == []
