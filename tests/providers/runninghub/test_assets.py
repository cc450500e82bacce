"""RunningHub's assets and groups, its lists of apps, models and keys, and what a wrong path gets."""

from typing import Any

import pytest
from providers.runninghub.requests import Ask, Run, good, undocumented

from mockreel.simulator.simulator import Simulator

V2 = "/openapi/v2"
FILE = {"url": "https://example.com/a.png", "assetType": "Image", "name": "a boat"}


def test_an_asset_is_ready_after_a_while(simulator: Simulator, ask: Ask, run: Run) -> None:
    """As the vendor's nodes create one and poll it until it is ready; the file is never fetched."""
    caller = ask("runninghub")
    made = caller("POST", f"{V2}/assets/create", {**FILE, "groupId": "group-1"})
    expected = {"assetId": good(made)["assetId"]}
    seen = [good(made)["status"]]
    run(simulator.advance(5))
    ready = caller("POST", f"{V2}/assets/query", expected)

    assert [*seen, good(ready)["status"]] == ["PROCESSING", "ACTIVE"]
    assert good(ready)["previewUrl"] == FILE["url"]
    for operation, reply in (("create_asset", made), ("get_asset", ready)):
        assert undocumented(simulator.provider("runninghub").contract, operation, reply.json) == []


@pytest.mark.parametrize(
    ("what", "field", "new"),
    [("assets", "assetId", FILE), ("assets/groups", "groupId", {"name": "boats"})],
)
def test_assets_and_groups_are_listed_renamed_and_given_up(
    simulator: Simulator, ask: Ask, what: str, field: str, new: dict[str, Any]
) -> None:
    """Each account has its own, the newest first, a page at a time."""
    caller, other = ask("runninghub", "rh-one"), ask("runninghub", "rh-two")
    first, second = (good(caller("POST", f"{V2}/{what}/create", {**new, "name": name}))[field] for name in "ab")
    page = good(caller("POST", f"{V2}/{what}/list", {"pageNumber": 1, "pageSize": 1}))
    renamed = good(caller("POST", f"{V2}/{what}/update", {field: first, "name": "c"}))
    found = good(caller("POST", f"{V2}/{what}/list", {"name": "c"}))
    caller("POST", f"{V2}/{what}/delete", {field: second})

    assert ([one[field] for one in page["items"]], page["totalCount"]) == ([second], 2)
    assert (renamed["name"], [one[field] for one in found["items"]]) == ("c", [first])
    assert [one[field] for one in good(caller("POST", f"{V2}/{what}/list", {}))["items"]] == [first]
    assert good(other("POST", f"{V2}/{what}/list", {}))["items"] == []
    assert other("POST", f"{V2}/{what}/query", {field: first}).json["code"] == 1004
    assert caller("POST", f"{V2}/{what}/query", {field: second}).json["code"] == 1004


@pytest.mark.parametrize("header", ["Bearer rh-one", "rh-one"])
def test_apps_are_listed_with_a_call_that_names_them(simulator: Simulator, ask: Ask, header: str) -> None:
    """The vendor's own program sends the key without a scheme, and reads the app's id out of the sample call."""
    caller = ask("runninghub")
    body = {"current": 1, "size": 10, "sort": "RECOMMEND"}
    reply = caller("POST", f"{V2}/aiapp/list", body, headers={"authorization": header}, key=None)

    page = good(reply)
    [record] = page["records"]
    assert "/run/ai-app/1937084629516193794 " in record["invokeExample"]
    assert (page["total"], page["current"], page["pages"], page["hasNext"]) == (1, 1, 1, False)
    assert undocumented(simulator.provider("runninghub").contract, "list_apps", reply.json) == []


def test_the_site_lists_and_tells_of_apps_without_a_key(simulator: Simulator, ask: Ask) -> None:
    """The detail of an app has the nodes that the demo has."""
    caller = ask("runninghub")
    listed = caller("POST", "/api/webapp/list", {"current": 1, "size": 30, "tags": [], "sort": "HOTTEST"}, key=None)
    [record] = good(listed)["records"]
    detail = caller("POST", "/api/webapp/simple/detail", {"webappId": record["id"]}, key=None)
    demo = caller("GET", f"/api/webapp/apiCallDemo?apiKey=rh-one&webappId={record['id']}", key=None)

    assert good(detail)["inputNodes"] == good(demo)["nodeInfoList"]
    assert good(detail)["id"] == record["id"]
    assert undocumented(simulator.provider("runninghub").contract, "get_app_detail", detail.json) == []


def test_keys_and_models_of_nodes_are_listed(simulator: Simulator, ask: Ask) -> None:
    """A key is never shown."""
    caller = ask("runninghub", "rh-one")
    keys = caller("GET", f"{V2}/api-key/list")
    models = caller("POST", f"{V2}/resource/list", {"resourceType": "CHECKPOINT", "current": 1, "size": 10})

    assert b"rh-one" not in keys.response.body
    assert [set(key) >= {"key", "apiKeyName", "status"} for key in good(keys)] == [True]
    assert [record["resourceType"] for record in good(models)["records"]] == ["CHECKPOINT"]
    for operation, reply in (("list_keys", keys), ("list_resources", models)):
        assert undocumented(simulator.provider("runninghub").contract, operation, reply.json) == []


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", f"{V2}/no/such/route", 1001),
        ("POST", f"{V2}/price-preview/no/such", 1001),
        ("GET", f"{V2}/query", 1009),
        ("POST", "/task/openapi/none", 412),
        ("DELETE", "/task/openapi/create", 1009),
    ],
)
def test_a_wrong_path_or_method_has_a_code(ask: Ask, method: str, path: str, code: int) -> None:
    """Clients take a response without one for an empty success; V2 has its errorCode beside."""
    answer = ask("runninghub")(method, path, {} if method == "POST" else None).json

    assert answer["code"] == code
    assert answer["msg"]
    if path.startswith(V2):
        assert (answer["errorCode"], answer["errorMessage"]) == (str(code), answer["msg"])


@pytest.mark.parametrize(
    ("name", "path", "shown"),
    [
        ("model-retired", f"{V2}/vidu/text-to-video-q3-pro", {"errorCode": "40310", "taskId": "", "failedReason": {}}),
        ("40310", f"{V2}/vidu/text-to-video-q3-pro", {"errorCode": "40310", "taskUsageList": None, "usage": None}),
        ("task-queue-maxed", f"{V2}/vidu/text-to-video-q3-pro", {"errorCode": "421"}),
        ("1520", f"{V2}/vidu/text-to-video-q3-pro", {"errorCode": "1520", "errorMessage": "单用户并发任务数已达上限"}),
        ("421", "/task/openapi/create", {"code": 421, "msg": "TASK_QUEUE_MAXED", "data": None}),
        ("1520", "/task/openapi/create", {"code": 1520, "msg": "TASK_USER_CONCURRENT_LIMIT", "data": None}),
        ("605", "/task/openapi/create", {"code": 605, "data": None}),
        ("1620", f"{V2}/vidu/text-to-video-q3-pro", {"errorCode": "1620"}),
    ],
)
def test_the_vendors_errors_can_be_played(ask: Ask, name: str, path: str, shown: dict[str, Any]) -> None:
    """By name or by code, in the words of either family."""
    body = {"workflowId": "1850925505116598274", "prompt": "x", "duration": "5", "resolution": "720p"}
    answer = ask("runninghub")("POST", path, body, headers={"prefer": f"scenario=refuse; code={name}"}).json

    assert {key: answer[key] for key in shown} == shown
