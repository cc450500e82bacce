"""RunningHub V2: submit, poll, price, and the results of a task."""

import re
from decimal import Decimal
from typing import Any

import pytest
from providers.runninghub.requests import BODY, MODEL, QUERY, SUBMIT, Ask, Run, query, submit, undocumented
from support.caller import MakeSimulator

from mockreel.engine.accounts.account import KeyEntry
from mockreel.simulator.simulator import Simulator


def test_a_submission_is_answered_as_the_model_pages_show_it(simulator: Simulator, ask: Ask) -> None:
    """The response has the keys of the documented example, a 19-digit id as text, and no error."""
    reply = ask("runninghub")("POST", SUBMIT, BODY)

    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert list(reply.json) == ["taskId", "status", "errorCode", "errorMessage", "results", "clientId", "promptTips"]
    assert re.fullmatch(r"\d{19}", reply.json["taskId"])
    assert (reply.json["status"], reply.json["errorCode"], reply.json["results"]) == ("QUEUED", "", None)
    assert undocumented(simulator.provider("runninghub").contract, "submit_task", reply.json) == []


def test_a_task_moves_through_the_words_of_its_lifecycle(simulator: Simulator, ask: Ask, run: Run) -> None:
    """QUEUED, RUNNING, SUCCESS; both error fields stay empty all the while, as official clients need it."""
    caller = ask("runninghub")
    task = submit(caller)
    seen = []
    for _ in range(50):
        reply = query(caller, task)
        assert (reply["errorCode"], reply["errorMessage"]) == ("", "")
        assert undocumented(simulator.provider("runninghub").contract, "query_task", reply) == []
        seen.append(reply["status"])
        run(simulator.advance(0.1))

    assert list(dict.fromkeys(seen)) == ["QUEUED", "RUNNING", "SUCCESS"]


def test_a_finished_task_names_its_clip_and_its_cost(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Six seconds at 720p cost 6 x 0.315 CNY; the clip is fetched from the provider's own port."""
    caller = ask("runninghub")
    task = submit(caller)
    run(simulator.advance(10))

    reply = query(caller, task)

    [result] = reply["results"]
    assert (result["outputType"], result["text"]) == ("mp4", None)
    assert reply["usage"]["thirdPartyConsumeMoney"] == "1.89"
    assert reply["taskUsageList"] == [
        {"taskId": task, "parentTaskId": None, "taskStatus": "SUCCESS", "usage": reply["usage"]}
    ]
    assert caller("GET", result["url"].removeprefix("http://mock.test")).status == 200


def test_a_failed_task_says_why(simulator: Simulator, ask: Ask, run: Run) -> None:
    """FAILED comes with the code and the message of the failure, without results."""
    caller = ask("runninghub")
    task = caller("POST", SUBMIT, BODY, headers={"prefer": "scenario=fail; code=1505"}).json["taskId"]
    run(simulator.advance(10))

    reply = query(caller, task)

    assert (reply["status"], reply["errorCode"], reply["results"]) == ("FAILED", "1505", None)
    assert reply["errorMessage"]


@pytest.mark.parametrize("number", [2013508786110730241, "2013508786110730241"])
def test_an_id_may_be_requested_as_a_number_or_a_text(ask: Ask, number: Any) -> None:
    """Both are read the same way; here no such task exists."""
    reply = ask("runninghub")("POST", QUERY, {"taskId": number})

    assert (reply.status, reply.json["errorCode"], reply.json["taskId"]) == (200, "1004", "")


def test_another_accounts_task_looks_like_none(ask: Ask) -> None:
    """The response is the same as for an id that was never given out."""
    task = submit(ask("runninghub", "rh-one"))
    stranger = ask("runninghub", "rh-two")

    assert query(stranger, task) == query(stranger, "1")


def test_what_a_file_holds_is_not_kept(simulator: Simulator, ask: Ask) -> None:
    """A data URI is stored as its size and hash, at any place."""
    image = "data:image/png;base64," + "A" * 100_000
    submit(ask("runninghub"), imageUrl=image, more=[{"url": image}])

    [job] = simulator.provider("runninghub").jobs
    assert job.request.count(b"sha256") == 2
    assert len(job.request) < 1000


def test_numbers_are_accepted_for_numeric_options(ask: Ask) -> None:
    """`duration: 6` does for "6" unless the reading is off, and a text does for an integer."""
    assert submit(ask("runninghub"), duration=6, seed="7")


def test_a_price_preview_costs_nothing_and_counts_as_submit_does(simulator: Simulator, ask: Ask) -> None:
    """The same body is checked with the same schema; no task is started."""
    caller = ask("runninghub")
    path = f"/openapi/v2/price-preview/{MODEL}"

    reply = caller("POST", path, {**BODY, "resolution": "1080p", "duration": "8"}).json
    refused = caller("POST", path, {**BODY, "resolution": "8k"}).json

    assert (reply["estimatedPrice"], reply["currency"], reply["errorCode"]) == (4.032, "CNY", "")
    assert refused["errorMessage"] == "field 'resolution' value 8k is not in the allowed options"
    assert len(simulator.provider("runninghub").jobs) == 0
    contract = simulator.provider("runninghub").contract
    assert [undocumented(contract, "preview_price", body) for body in (reply, refused)] == [[], []]


@pytest.mark.parametrize("path", ["/openapi/v2/run/ai-app/1937084629516193794", "/openapi/v2/run/workflow/7"])
def test_workflows_and_apps_are_tasks_too(simulator: Simulator, ask: Ask, run: Run, path: str) -> None:
    """They answer like a model; they report time, as no document has their price."""
    caller = ask("runninghub")
    reply = caller("POST", path, {"nodeInfoList": [{"nodeId": "6", "fieldName": "text", "fieldValue": "a lighthouse"}]})
    run(simulator.advance(10))

    done = query(caller, reply.json["taskId"])

    assert (reply.json["status"], done["status"], len(done["results"])) == ("QUEUED", "SUCCESS", 1)
    assert done["usage"]["thirdPartyConsumeMoney"] is None
    assert int(done["usage"]["taskCostTime"]) > 0


def test_the_queue_counts_what_waits_and_runs(simulator: Simulator, ask: Ask, run: Run) -> None:
    """A task is counted as queued, then as running, then not at all."""
    caller = ask("runninghub")
    submit(caller)
    counts = []
    for seconds in (1.0, 9.0, 0.0):
        data = caller("GET", "/openapi/v2/queue/status").json["data"]
        counts.append((data["queuedCount"], data["runningCount"], data["totalCurrentTasks"]))
        run(simulator.advance(seconds))

    assert counts == [("1", "0", "1"), ("0", "1", "1"), ("0", "0", "0")]


def test_a_listed_balance_is_held_and_given_back(make_simulator: MakeSimulator, ask: Ask, run: Run) -> None:
    """Two CNY pay for one task of 1.89; a second one is rejected until the first has failed."""
    simulator = make_simulator(names=["runninghub"], keys=[KeyEntry("rh-one", "team", balance=Decimal("2"))])
    caller = ask("runninghub", "rh-one")
    caller.provider = simulator.provider("runninghub")
    task = caller("POST", SUBMIT, BODY, headers={"prefer": "scenario=fail"}).json["taskId"]

    refused = caller("POST", SUBMIT, BODY).json
    account = caller("POST", "/uc/openapi/accountStatus", {"apikey": "rh-one"}).json["data"]
    run(simulator.advance(10))

    assert (refused["errorCode"], account["remainMoney"], account["currency"]) == ("416", "0.11", "CNY")
    assert query(caller, task)["status"] == "FAILED"
    assert submit(caller)


def test_a_thousand_tasks_of_one_instant_have_a_thousand_ids(ask: Ask) -> None:
    """Ids grow with the time, which is paused here; none is used twice."""
    caller = ask("runninghub")

    assert len({submit(caller) for _ in range(1000)}) == 1000
