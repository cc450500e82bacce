"""How RunningHub says no: flat with a text code on V2, enveloped with a number elsewhere, nearly always with 200."""

from typing import Any

import pytest
from providers.runninghub.requests import BODY, MODEL, QUERY, SUBMIT, Ask, form, old, submit, undocumented
from support.caller import MakeSimulator

from mockreel.providers.runninghub.error_bodies import field_name, row_words
from mockreel.providers.runninghub.state import state_of
from mockreel.simulator.simulator import Simulator


def test_a_v2_error_is_the_published_one(ask: Ask) -> None:
    """The response to an unparsable id, key for key."""
    assert ask("runninghub")("POST", QUERY, {"taskId": "abc"}).json == {
        "taskId": "",
        "status": "",
        "errorCode": "1007",
        "errorMessage": "failed to parse request body",
        "results": None,
        "clientId": "",
        "promptTips": "",
        "failedReason": {},
        "usage": None,
        "parentTaskId": None,
        "taskUsageList": None,
    }


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"prompt": None}, "must not be null"),
        ({"prompt": ""}, "field 'prompt' is required, can not be empty"),
        ({"prompt": 7}, "field 'prompt' is invalid"),
        ({"prompt": "x" * 20_001}, "field 'prompt' is invalid"),
        ({"resolution": "2048x2048"}, "field 'resolution' value 2048x2048 is not in the allowed options"),
        ({"duration": "5"}, "field 'duration' value 5 is not in the allowed options"),
        ({"duration": True}, "field 'duration' value true is not in the allowed options"),
        ({"seed": -2}, "field 'seed' is invalid"),
    ],
)
def test_a_wrong_field_is_named_as_published_texts_name_it(ask: Ask, change: dict[str, Any], text: str) -> None:
    """One thing is broken in a good request; code 1007 says which."""
    reply = ask("runninghub")("POST", SUBMIT, {**BODY, **change})

    assert (reply.status, reply.json["errorCode"], reply.json["errorMessage"]) == (200, "1007", text)


@pytest.mark.parametrize("missing", ["prompt", "imageUrl", "duration", "resolution"])
def test_a_missing_field_is_named(ask: Ask, missing: str) -> None:
    """Every required field, one at a time."""
    body = {name: value for name, value in BODY.items() if name != missing}

    reply = ask("runninghub")("POST", SUBMIT, body).json

    assert reply["errorMessage"] == f"field '{missing}' is required, can not be empty"


def test_every_violation_is_in_the_journal(simulator: Simulator, ask: Ask) -> None:
    """The response has room for the first; the control API has them all."""
    ask("runninghub")("POST", SUBMIT, {"prompt": "", "duration": "5"})

    entry = list(simulator.journal)[-1]
    assert {violation.path for violation in entry.violations} >= {("prompt",), ("imageUrl",), ("duration",)}


@pytest.mark.parametrize(
    ("raw", "headers"),
    [
        (b"", {}),
        (b"{", {}),
        (b'{"a": NaN}', {}),
        (b"[]", {}),
        (b'"text"', {}),
        (b"{}", {"content-type": "text/plain"}),
    ],
)
def test_an_unreadable_body_gets_its_own_error(ask: Ask, raw: bytes, headers: dict[str, str]) -> None:
    """No JSON, no object, or another content type: one text for all, as it was published."""
    reply = ask("runninghub")("POST", SUBMIT, raw=raw, headers=headers).json

    assert (reply["errorCode"], reply["errorMessage"]) == ("1007", "failed to parse request body")


@pytest.mark.parametrize(
    ("method", "path", "shown"),
    [
        ("POST", "/openapi/v2/no-such-model", ("errorCode", "1001")),
        ("POST", "/openapi/v2/price-preview/no-such/model", ("errorCode", "1001")),
        ("GET", SUBMIT, ("errorCode", "1009")),
        ("GET", "/openapi/v2", ("code", 412)),
        ("GET", "/openapi/v2/", ("errorCode", "1001")),
        ("POST", "/task/openapi/nothing", ("code", 412)),
        ("GET", "/task/openapi/status", ("code", 1009)),
        ("GET", "/", ("code", 412)),
    ],
)
def test_unknown_places_are_rejected_in_the_dialect_of_their_path(
    ask: Ask, method: str, path: str, shown: tuple[str, Any]
) -> None:
    """Below /openapi/v2/ the code is a text, elsewhere a number; the status is 200."""
    body: dict[str, Any] | None = {} if method == "POST" else None
    reply = ask("runninghub")(method, path, body)

    assert (reply.status, reply.json[shown[0]]) == (200, shown[1])


@pytest.mark.parametrize(
    ("path", "body", "shown"),
    [
        (SUBMIT, BODY, {"errorCode": "1002"}),
        ("/task/openapi/status", {"taskId": "1"}, {"code": 1601, "msg": "param apiKey is required", "data": None}),
    ],
)
def test_a_missing_key_is_rejected(ask: Ask, path: str, body: dict[str, Any], shown: dict[str, Any]) -> None:
    """V2 misses its header, the old API its parameter."""
    reply = ask("runninghub")("POST", path, body, key=None).json

    assert reply | shown == reply


def test_a_wrong_key_is_rejected_in_the_form_of_each_route(ask: Ask) -> None:
    """1002 on V2, 802 on the old API, and the documented 401 on the new upload."""
    caller = ask("runninghub", "invalid")
    raw, headers = form(file=("a.png", "image/png", b"a"))

    upload = caller("POST", "/openapi/v2/media/upload/binary", raw=raw, headers=headers).json

    assert caller("POST", SUBMIT, BODY).json["errorCode"] == "1002"
    assert caller("POST", "/task/openapi/status", {"apiKey": "invalid", "taskId": "1"}, key=None).json["code"] == 802
    assert (upload["code"], upload["message"]) == (401, "ApiKey verification failed: API Key不存在")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "param taskId is required"),
        ({"taskId": "0"}, "taskId must be positive"),
        ({"taskId": 0}, "taskId must be positive"),
        ({"taskId": []}, "param taskId is invalid"),
    ],
)
def test_a_wrong_parameter_of_the_old_api_is_named(ask: Ask, body: dict[str, Any], text: str) -> None:
    """The text of a task id of nought is documented; the others follow the one that was seen."""
    reply = old(ask("runninghub"), "status", **body)

    assert (reply["code"], reply["msg"], reply["data"]) == (301, text, None)


@pytest.mark.parametrize("name", ["status", "outputs", "cancel", "getWebhookDetail"])
def test_an_unknown_task_is_807_on_the_old_api(ask: Ask, name: str) -> None:
    """The documented error response, whole."""
    reply = old(ask("runninghub"), name, taskId="2013508786110730241")

    assert reply == {"code": 807, "msg": "APIKEY_TASK_NOT_FOUND", "data": None}


def test_a_query_that_breaks_its_schema_is_rejected(ask: Ask) -> None:
    """The parameter is named."""
    reply = ask("runninghub")("GET", "/api/webapp/apiCallDemo?apiKey=rh-one", key=None).json

    assert (reply["code"], reply["msg"]) == (301, "param webappId is required")


def test_every_row_can_be_played_in_every_dialect(simulator: Simulator, ask: Ask) -> None:
    """Any documented code, on V2, on the price preview, on the old API and on the upload; each as documented."""
    contract = simulator.provider("runninghub").contract
    caller = ask("runninghub")
    raw, form_headers = form(file=("a.png", "image/png", b"a"))
    for name in contract.errors:
        prefer = {"prefer": f"scenario=refuse; code={name}"}
        for operation, reply in (
            ("submit_task", caller("POST", SUBMIT, BODY, headers=prefer)),
            ("preview_price", caller("POST", f"/openapi/v2/price-preview/{MODEL}", BODY, headers=prefer)),
            ("get_task_status", caller("POST", "/task/openapi/status", {"taskId": "1"}, headers=prefer)),
            ("upload_media", caller("POST", "/openapi/v2/media/upload/binary", raw=raw, headers=form_headers | prefer)),
        ):
            faults = undocumented(contract, operation, reply.json)
            assert (faults, name) == ([], name)


def test_every_documented_code_can_be_requested(simulator: Simulator, ask: Ask) -> None:
    """The wire's own code does for the name of its row."""
    caller = ask("runninghub")
    codes = sorted({str(row.code) for row in simulator.provider("runninghub").contract.errors.values()})
    for code in codes:
        reply = caller("POST", SUBMIT, BODY, headers={"prefer": f"scenario=refuse; code={code}"}).json
        assert reply["errorCode"]


def test_error_scenarios_are_played_on_both_apis(ask: Ask) -> None:
    """Without money, too often, and out of service."""
    caller = ask("runninghub", "rh-one")
    seen = []
    for name in ("insufficient-credit", "rate-limited", "unavailable"):
        prefer = {"prefer": f"scenario={name}"}
        flat = caller("POST", SUBMIT, BODY, headers=prefer).json["errorCode"]
        seen.append((flat, caller("POST", "/task/openapi/create", {"workflowId": "1"}, headers=prefer).json["code"]))

    assert seen == [("416", 416), ("1003", 421), ("1010", 415)]


def test_rows_hold_numbers_wherever_a_dialect_needs_one(simulator: Simulator) -> None:
    """An envelope needs a numeric code."""
    provider = simulator.provider("runninghub")
    dialects = state_of(provider).dialects
    for row in provider.contract.errors.values():
        for name in ("flat", "price", "envelope", "upload"):
            words = row_words(row, dialects.dialect_of(name))
            assert int(words["code"]) == int(str(words["code"]))
            assert words["message"]


@pytest.mark.parametrize(
    ("path", "name"),
    [((), ""), (("prompt",), "prompt"), (("refImages", 0, "url"), "refImages[0].url"), (("query", "id"), "id")],
)
def test_a_field_is_written_as_published_texts_write_it(path: tuple[str | int, ...], name: str) -> None:
    """Indexes in brackets, names after points."""
    assert field_name(path) == name


def test_the_host_header_decides_nothing(ask: Ask) -> None:
    """A real client sends its provider's host name to whatever address it is given."""
    reply = ask("runninghub")("POST", SUBMIT, BODY, headers={"host": "www.runninghub.cn"})

    assert reply.json["errorCode"] == ""


def test_an_unknown_scenario_is_the_mock_servers_own_error(ask: Ask) -> None:
    """It differs from all provider errors, and lists the valid names."""
    reply = ask("runninghub")("POST", SUBMIT, BODY, headers={"prefer": "scenario=explode"})

    assert (reply.status, reply.headers["content-type"]) == (400, "application/problem+json")
    assert "stuck" in reply.json["valid"]


def test_a_body_beyond_the_limit_is_rejected(make_simulator: MakeSimulator, ask: Ask) -> None:
    """As a file that is too large, which is the nearest documented word."""
    caller = ask("runninghub", "rh-one")
    caller.provider = make_simulator(names=["runninghub"], max_body=100).provider("runninghub")

    assert caller("POST", SUBMIT, BODY).json["errorCode"] == "1008"
    assert old(caller, "status", taskId="1" * 200)["code"] == 809


def test_the_same_calls_give_the_same_bytes(make_simulator: MakeSimulator, ask: Ask) -> None:
    """Ids, client ids and all, whatever else the process has done."""
    replies = []
    for _ in range(2):
        caller = ask("runninghub", "rh-one")
        caller.provider = make_simulator(names=["runninghub"], seed=7).provider("runninghub")
        replies.append([caller("POST", SUBMIT, BODY).response.body, submit(caller)])

    assert replies[0] == replies[1]
