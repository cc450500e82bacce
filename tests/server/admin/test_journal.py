"""The journal over the control API: queried, asserted, exported."""

from typing import Any

import pytest
from server.admin.control_rig import GOOD, KEY, Admin

from mockreel.webhooks import MemorySender

SUBMIT = {"operation": "create_job"}


@pytest.fixture
def used(admin: Admin) -> Admin:
    """A good submit, a bad one, a poll, and somebody without a key."""
    id_ = admin.submit(tell="http://127.0.0.1:9/hook")
    admin.ask("POST", "/v1/jobs", {**GOOD, "input": {"prompt": 5}})
    admin.ask("GET", f"/v1/jobs/{id_}")
    admin.ask("GET", "/v1/jobs?limit=3", headers={})
    return admin


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [4, 3, 2, 1]),
        ("order=oldest", [1, 2, 3, 4]),
        ("operation=create_job", [2, 1]),
        ("method=GET", [4, 3]),
        ("path=/v1/jobs/*", [3]),
        ("path=/v1/jobs", [4, 2, 1]),
        ("account=account-1", [3, 2, 1]),
        ("status=401", [4]),
        ("refusal=invalid-body", [2]),
        ("status=201&operation=create_job&provider=encore", [1]),
        ("limit=2", [4, 3]),
        ("limit=2&after=3", [2, 1]),
        ("limit=2&after=2&order=oldest", [3, 4]),
    ],
)
def test_the_journal_is_queried(query: str, numbers: list[int], used: Admin) -> None:
    """Who called what, with which end, in which order."""
    assert [entry["number"] for entry in used.get(f"journal?{query}")["entries"]] == numbers


def test_exchanges_of_a_job_are_found_by_it(used: Admin) -> None:
    """The submit that started it, and its polls."""
    id_ = used.get("jobs")["jobs"][0]["id"]

    assert [entry["operation"] for entry in used.get(f"journal?job={id_}")["entries"]] == ["get_job", "create_job"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("operation=creat_job", "create_job"),
        ("provider=x", "encore"),
        ("status=x", "a whole number"),
        ("order=x", "newest, oldest"),
        ("bodies=yes", "false, true"),
        ("after=x", "a whole number"),
    ],
)
def test_a_question_with_a_slip_is_an_error(query: str, says: str, used: Admin) -> None:
    """Otherwise an empty answer would look like a fact."""
    assert says in used.get(f"journal?{query}", 400)["detail"]


def test_bodies_are_shown_where_they_are_requested(used: Admin) -> None:
    """And in one exchange."""
    assert "body" not in used.get("journal")["entries"][0]
    entry = used.get("journal?bodies=true&order=oldest")["entries"][0]

    assert entry == used.get("journal/1")
    assert entry["body"]["input"] == {"prompt": "a red door"}
    assert entry["reply"]["state"] == "waiting"
    assert entry["headers"]["content-type"] == "application/json"
    assert used.get("journal/9", 404)["detail"].endswith("The journal has 1 to 4.")


def test_pages_say_where_the_next_one_begins(used: Admin) -> None:
    """In the requested order."""
    assert used.get("journal?limit=3")["next"] == 2
    assert used.get("journal?limit=3&after=2")["next"] is None


def test_attempts_and_changes_are_queried_too(used: Admin) -> None:
    """What was delivered, and which states jobs entered."""
    used.advance(100)

    (attempt,) = used.get("journal/attempts")["attempts"]
    changes = used.get("journal/changes?limit=2")

    assert (attempt["event"], attempt["status"], attempt["body"]["event"]) == ("job.done", 204, "job.done")
    assert (changes["count"], [one["state"] for one in changes["changes"]]) == (3, ["done", "working"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        SUBMIT,
        {**SUBMIT, "times": 2},
        {**SUBMIT, "at_least": 2},
        {**SUBMIT, "at_most": 2},
        {"operation": "list_jobs", "status": 200, "times": 0},
        {**SUBMIT, "body": {"input": {"prompt": "a red door"}}, "times": 1},
        {"reply": {"state": "waiting"}, "at_least": 2},
        {"order": [SUBMIT, {"operation": "get_job"}]},
        {"order": [{"status": 201}, {"status": 422}, {"status": 200}, {"status": 401}]},
        {"provider": "encore", "order": [{"method": "POST"}, {"method": "GET"}]},
    ],
)
def test_a_true_assertion_holds(body: Any, used: Admin) -> None:
    """With the exchanges that were found."""
    verdict = used.post("journal/assert", body)

    assert (verdict["holds"], verdict["message"]) == (True, "")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            {**SUBMIT, "body": {"input": {"prompt": "a blue door"}}},
            [
                "Expected at least 1 request with operation 'create_job', body ",
                '{"input":{"prompt":"a blue door"}}; the journal has 0.',
                "#1 POST /v1/jobs (account-1, 201): body.input.prompt is 'a red door', not 'a blue door'",
            ],
        ),
        ({**SUBMIT, "times": 1}, ["Expected 1 request with", "the journal has 2.", "#2 POST /v1/jobs"]),
        ({"method": "DELETE"}, ["Nearest first:", "#4 GET /v1/jobs (no account, 401): method is 'GET', not 'DELETE'"]),
        ({"status": 200, "at_most": 0}, ["Expected 0 requests", "The last of them:", "#3 GET"]),
        (
            {"order": [{"operation": "get_job"}, SUBMIT]},
            ["Step 2 of 2 was not found after #3: operation 'create_job'.", "found: #3 GET", "#4 GET /v1/jobs"],
        ),
        ({"body": {"input": {"x": 1}}}, ["body.input has no 'x'", "body is empty or not stored"]),
    ],
)
def test_what_does_not_hold_says_why(body: Any, says: list[str], used: Admin) -> None:
    """Naming the nearest exchanges with what is otherwise."""
    verdict = used.post("journal/assert", body)

    assert verdict["holds"] is False
    for text in says:
        assert text in verdict["message"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"operatoin": "x"}, "operation"),
        ({"operation": "creat_job"}, "create_job"),
        ({"status": "200"}, "a number"),
        ({"times": -1}, "from 0 up"),
        ({"times": True}, "from 0 up"),
        ({"times": 1, "at_least": 1}, "Give either"),
        ({"order": []}, "a list of questions"),
        ({"order": ["x"]}, "a list of questions"),
        ({"order": [{"times": 1}]}, "'times' is not valid"),
        ({"body": []}, "a JSON object"),
        ({"path": 5}, "a text"),
    ],
)
def test_a_claim_that_is_none_is_an_error(body: Any, says: str, used: Admin) -> None:
    """It neither holds nor fails."""
    assert says in used.post("journal/assert", body, 400)["detail"]


def test_an_empty_journal_says_so(admin: Admin) -> None:
    """There is no nearest exchange."""
    assert admin.post("journal/assert", SUBMIT)["message"].endswith("There is no request in the journal.")
    assert admin.get("journal/1", 404)["detail"].endswith("The journal is empty.")


def test_the_archive_holds_requests_and_callbacks(used: Admin) -> None:
    """In the order of time, with what HAR has no place for under names with an underscore."""
    used.advance(100)

    log = used.get("journal/har")["log"]

    assert (log["version"], log["creator"]["name"]) == ("1.2", "mockreel")
    first, last = log["entries"][0], log["entries"][-1]
    assert first["startedDateTime"] == "2026-01-01T00:00:00.000000+00:00"
    assert (first["request"]["method"], first["request"]["url"]) == ("POST", "http://127.0.0.1:8700/v1/jobs")
    assert first["response"]["status"] == 201
    assert first["_operation"] == "create_job"
    assert (last["request"]["url"], last["_event"]) == ("http://127.0.0.1:9/hook", "job.done")
    queries = [entry["request"]["queryString"] for entry in log["entries"]]
    assert [{"name": "limit", "value": "3"}] in queries


def test_the_archive_is_narrowed_as_the_journal_is(used: Admin) -> None:
    """Callbacks go with their provider and job only."""
    used.advance(100)
    id_ = used.get("jobs")["jobs"][0]["id"]

    assert [row["_number"] for row in used.get("journal/har?status=401")["log"]["entries"]] == [4]
    assert len(used.get(f"journal/har?job={id_}")["log"]["entries"]) == 3


def test_nothing_shown_has_a_key(admin: Admin, sink: MemorySender) -> None:
    """Wherever the program has put it."""
    key = KEY["authorization"].removeprefix("Bearer ")
    id_ = admin.submit(input={"prompt": f"with {key}"}, tell=f"http://127.0.0.1:9/hook?key={key}&to={key}")
    admin.ask("POST", f"/v1/jobs?key={key}", {**GOOD, "key": key, "tell": 5})
    admin.ask("GET", f"/v1/jobs/{key}")
    admin.advance(100)
    (delivery,) = admin.get("deliveries")["deliveries"]

    paths = ["jobs", f"jobs/encore/{id_}", "deliveries", f"deliveries/encore/{delivery['id']}", "journal?bodies=true"]
    paths += ["journal/1", "journal/attempts", "journal/changes", "journal/har", "balances", "rules"]
    shown = {path: admin.client.get(f"/_mockreel/{path}").text for path in paths}

    assert [path for path, text in shown.items() if key in text] == []
    assert "…" in shown["journal/har"]
