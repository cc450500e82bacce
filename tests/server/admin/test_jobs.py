"""Jobs by hand: listed, inspected, completed, failed, cancelled; and what the provider says of them then."""

from typing import Any

import pytest
from server.admin.control_rig import GOOD, Admin, OpenAdmin

from mockreel.server.admin.job_routes import MOST_EXCHANGES
from mockreel.webhooks import MemorySender

STUCK = {"prefer": "scenario=stuck", "authorization": "Bearer en_user_one_of_many"}


def test_jobs_are_listed_page_by_page_newest_first(admin: Admin) -> None:
    """Each page says where the next one begins; the last says that there is none."""
    ids = [admin.submit() for _ in range(5)]

    first = admin.get("jobs?limit=2")
    second = admin.get(f"jobs?limit=2&after={first['next']}")
    third = admin.get(f"jobs?limit=2&after={second['next']}")

    assert [job["id"] for page in (first, second, third) for job in page["jobs"]] == ids[::-1]
    assert (first["count"], third["next"]) == (5, None)
    assert "next" in admin.get("jobs?after=encore/nobody", 400)["detail"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=waiting", 1),
        ("state=pending", 1),
        ("state=done", 1),
        ("state=succeeded", 1),
        ("state=broken", 0),
        ("account=account-1", 2),
        ("account=account-2", 0),
        ("model=solo", 2),
        ("model=encore/solo", 2),
        ("model=encore/grand/finale", 0),
        ("state=done&account=account-1&provider=encore", 1),
    ],
)
def test_jobs_are_narrowed(query: str, found: int, admin: Admin) -> None:
    """By state (our name, the provider's word, or the sort), account and model."""
    admin.submit()
    admin.advance(100)
    admin.submit()

    assert len(admin.get(f"jobs?{query}")["jobs"]) == found


def test_a_job_is_shown_whole(admin: Admin, sink: MemorySender) -> None:
    """Its exchanges, its plan, what happened, its webhooks."""
    id_ = admin.submit(tell="http://127.0.0.1:9/hook")
    admin.advance(100)
    admin.ask("GET", f"/v1/jobs/{id_}")

    job = admin.get(f"jobs/encore/{id_}")

    assert job["input"] == {"prompt": "a red door"}
    assert [step["state"] for step in job["plan"]] == ["waiting", "working", "done"]
    assert [step["state"] for step in job["passed"]] == ["waiting", "working", "done"]
    assert [one["operation"] for one in job["exchanges"]] == ["create_job", "get_job"]
    assert job["exchanges"][0]["body"]["input"] == {"prompt": "a red door"}
    assert job["exchanges"][1]["reply"]["state"] == "done"
    assert job["deliveries"][0]["body"]["event"] == "job.done"
    assert job["deliveries"][0]["attempts"][0]["status"] == 204


def test_a_job_that_is_not_there_is_not_found(admin: Admin) -> None:
    """With where to look."""
    answer = admin.get("jobs/encore/nobody", 404)

    assert (answer["title"], "list of jobs" in answer["detail"]) == ("Not found", True)
    assert admin.get("jobs/nobody/x", 400)["valid"] == ["encore"]
    for action in ("complete", "fail", "cancel"):
        admin.post(f"jobs/encore/nobody/{action}", status=404)


def test_a_stuck_job_is_completed(admin: Admin, sink: MemorySender) -> None:
    """It passes the states between at once, has its clip, and its callback is sent as it would have been."""
    id_ = str(admin.ask("POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/"}, headers=STUCK).json()["id"])
    assert admin.get(f"jobs/encore/{id_}")["ends"] is None

    job = admin.post(f"jobs/encore/{id_}/complete")

    assert [step["state"] for step in job["passed"]] == ["waiting", "working", "done"]
    assert job["clip"]["url"].endswith(".mp4")
    assert admin.ask("GET", f"/v1/jobs/{id_}").json()["state"] == "done"
    admin.advance(0)
    assert [b'"event":"job.done"' in out.body for out in sink.sent] == [True]


def test_a_job_fails_with_the_code_that_is_requested(admin: Admin) -> None:
    """By key or by the provider's own code; the default failure without one."""
    ids = [admin.submit() for _ in range(3)]

    admin.post(f"jobs/encore/{ids[0]}/fail")
    admin.post(f"jobs/encore/{ids[1]}/fail", {"code": "stage-fright"})
    wrong = admin.post(f"jobs/encore/{ids[2]}/fail", {"code": "x"}, 400)

    whys = [admin.get(f"jobs/encore/{id_}")["why"] for id_ in ids]
    assert [why and why["name"] for why in whys] == ["default", "stage-fright", None]
    assert admin.ask("GET", f"/v1/jobs/{ids[1]}").json()["why"] == whys[1]["message"]
    assert "stage-fright" in wrong["detail"]


def test_a_job_is_cancelled_with_a_reason(admin: Admin) -> None:
    """As by the provider's own cancellation."""
    id_ = admin.submit()

    admin.post(f"jobs/encore/{id_}/cancel", {"reason": "enough"})

    assert admin.get(f"jobs/encore/{id_}")["intervention"]["reason"] == "enough"
    assert admin.ask("GET", f"/v1/jobs/{id_}").json()["state"] == "dropped"


@pytest.mark.parametrize("action", ["complete", "fail", "cancel"])
def test_what_has_ended_stays_as_it_is(action: str, admin: Admin) -> None:
    """A second end is a conflict that says how and when it ended."""
    id_ = admin.submit()
    admin.post(f"jobs/encore/{id_}/complete")

    answer = admin.post(f"jobs/encore/{id_}/{action}", status=409)

    assert answer["title"] == "Conflict"
    assert "has ended already: it is done" in answer["detail"]


@pytest.mark.parametrize(
    ("action", "body"), [("fail", {"kode": "x"}), ("cancel", {"because": "x"}), ("fail", {"code": 5})]
)
def test_what_is_not_understood_changes_nothing(action: str, body: Any, admin: Admin) -> None:
    """A misspelt field is reported, not ignored."""
    id_ = admin.submit()

    admin.post(f"jobs/encore/{id_}/{action}", body, 400)

    assert admin.get(f"jobs/encore/{id_}")["intervention"] is None


def test_a_provider_without_cancelled_jobs_says_so(open_admin: OpenAdmin) -> None:
    """And how its jobs do end."""
    admin = open_admin("aimlapi")
    made = admin.ask("POST", "/v2/video/generations", {"model": "google/veo-3.1-t2v", "prompt": "a door"})
    desk_jobs = admin.get("jobs")["jobs"]
    assert made.status_code in (200, 201), made.text

    answer = admin.post(f"jobs/aimlapi/{desk_jobs[0]['id']}/cancel", status=409)

    assert "Its jobs end as failed, succeeded." in answer["detail"]


def test_the_input_is_shown_without_the_key(admin: Admin) -> None:
    """Even where a program wrote its key into the prompt."""
    id_ = admin.submit(input={"prompt": "paint en_user_one_of_many red"})

    shown = admin.client.get(f"/_mockreel/jobs/encore/{id_}").text

    assert "paint … red" in shown
    assert "one_of_many" not in shown


def test_of_many_exchanges_about_a_job_the_first_and_the_newest_are_shown(admin: Admin) -> None:
    """The journal has them all."""
    id_ = admin.submit()
    for _ in range(MOST_EXCHANGES + 5):
        admin.ask("GET", f"/v1/jobs/{id_}")

    output = [one["number"] for one in admin.get(f"jobs/encore/{id_}")["exchanges"]]

    assert (len(output), output[:2], output[-1]) == (MOST_EXCHANGES, [1, 8], MOST_EXCHANGES + 6)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("jobs?state=finished", "state: 'finished' is not valid. Valid: waiting, "),
        ("jobs?state=", "state: '' is not valid. Valid: waiting, "),
        ("jobs?model=grand", "model: 'grand' is not valid. Valid: "),
        ("deliveries?status=done", "status: 'done' is not valid. Valid: pending, delivered, failed."),
    ],
)
def test_what_nothing_can_be_is_no_empty_list(query: str, says: str, admin: Admin) -> None:
    """A misspelt filter is reported, with the valid ones."""
    assert admin.get(query, 400)["detail"].startswith(says)
