"""Runflow's runs: created, polled, cancelled, rated; and the older endpoint that waits."""

import asyncio
from decimal import Decimal
from typing import Any

import orjson
import pytest
from providers.runflow.requests import HOOK, INPUT, LITE, Ask, Run, code, create, read, undocumented
from support.caller import Caller, MakeSimulator

from mockreel.contract.messages.message import Response
from mockreel.engine.accounts.account import KeyEntry
from mockreel.simulator.simulator import Simulator


def test_a_run_is_created_queued_with_what_was_sent(simulator: Simulator, ask: Ask) -> None:
    """201, the whole record, the input as given, and no fields that only its end has."""
    run = create(ask("runflow"), callback_url=HOOK, metadata={"order": "17"}, client_ref="one")

    assert run["status_code"] == "queued"
    assert run["input"] == INPUT
    assert (run["callback_url"], run["metadata"], run["client_ref"]) == (HOOK, {"order": "17"}, "one")
    assert (run["output"], run["cost"], run["completed_at"], run["started_at"]) == (None, None, None, None)
    assert undocumented(simulator.provider("runflow").contract, "create_run", run, status=201) == []


def test_a_run_passes_the_documented_states_to_a_normalized_output(simulator: Simulator, ask: Ask, run: Run) -> None:
    """queued, dispatching, running, succeeded; every response until then fits the schema."""
    caller = ask("runflow")
    made = create(caller)
    seen = []
    for _ in range(60):
        record = read(caller, made)
        assert undocumented(simulator.provider("runflow").contract, "get_run", record) == []
        seen.append(record["status_code"])
        run(simulator.advance(0.1))

    assert list(dict.fromkeys(seen)) == ["queued", "dispatching", "running", "succeeded"]
    [clip] = record["output"]["outputs"]
    assert clip["url"].startswith("http://mock.test/")
    assert (clip["type"], clip["duration"]) == ("video", 4.0)
    assert record["output"]["nsfw_detected"] is False
    assert record["cost"] == "0.12"
    assert record["duration_ms"] > 0


@pytest.mark.parametrize(
    "model", ["google/veo3.1/fast/image-to-video", "runflow/smart-resize", "google/nano-banana-pro"]
)
def test_models_of_any_depth_have_runs(simulator: Simulator, ask: Ask, run: Run, model: str) -> None:
    """The id in the path may have any number of segments; images end as images."""
    fields: dict[str, dict[str, Any]] = {
        "google/veo3.1/fast/image-to-video": {"prompt": "a", "image_url": "https://example.com/a.png"},
        "runflow/smart-resize": {"image_url": "https://example.com/a.png", "aspect_ratio": "1:1", "resolution": "1K"},
        "google/nano-banana-pro": {"prompt": "a", "num_images": 3},
    }
    caller = ask("runflow")
    made = create(caller, model=f"/v1/models/{model}", input=fields[model])
    run(simulator.advance(10))
    outputs = read(caller, made)["output"]["outputs"]

    assert {entry["type"] for entry in outputs} == {"video" if "veo" in model else "image"}
    assert len({entry["url"] for entry in outputs}) == (3 if "nano" in model else 1)


def test_a_failed_run_says_why_and_costs_nothing(simulator: Simulator, ask: Ask, run: Run) -> None:
    """The published failure: code, message and stage."""
    caller = ask("runflow")
    made = create(caller, scenario="fail")
    run(simulator.advance(10))
    record = read(caller, made)

    assert (record["status_code"], record["output"], record["cost"]) == ("failed", None, "0")
    assert record["failure_code"] == "INPUT_VALIDATION_FAILED"
    assert record["failure_message"] == "image dimensions exceed 4096x4096"
    assert record["failure_stage_code"] == "preprocess"


def test_flagged_and_partial_runs_can_be_had(simulator: Simulator, ask: Ask, run: Run) -> None:
    """What the output says of itself, and the state that only some runs end in."""
    caller = ask("runflow")
    flagged, partial = create(caller, scenario="nsfw"), create(caller, scenario="partial")
    run(simulator.advance(10))

    assert read(caller, flagged)["output"]["nsfw_detected"] is True
    assert read(caller, partial)["status_code"] == "partial_succeeded"
    assert read(caller, partial)["output"] is not None


def test_another_accounts_run_looks_like_none(simulator: Simulator, ask: Ask) -> None:
    """404 RUN_NOT_FOUND for both, so that existence is not revealed."""
    made = create(ask("runflow", "rf_live_one"))
    other = ask("runflow", "rf_live_two")

    assert code(other("GET", f"/v1/runs/{made['id']}")) == (404, "RUN_NOT_FOUND")
    assert code(other("GET", "/v1/runs/01J0")) == (404, "RUN_NOT_FOUND")


def test_an_admin_cancels_a_run_once(simulator: Simulator, ask: Ask, run: Run) -> None:
    """201 on the transition, 200 and unchanged afterwards; late results are dropped."""
    made = create(ask("runflow", "rf_live_one"), callback_url=HOOK)
    admin = ask("runflow", "rf_svc_one")
    first = admin("POST", f"/v1/admin/runs/{made['id']}/cancellation", {"reason": "by mistake"})
    second = admin("POST", f"/v1/admin/runs/{made['id']}/cancellation")
    run(simulator.advance(20))

    assert (first.status, first.json["status_code"]) == (201, "canceled")
    assert (second.status, second.json["completed_at"]) == (200, first.json["completed_at"])
    assert read(admin, made)["status_code"] == "canceled"
    assert len(simulator.provider("runflow").deliveries.of(made["id"])) == 1


def test_only_an_admin_cancels(simulator: Simulator, ask: Ask) -> None:
    """A member gets 403; an admin of another account 404; a reason that is too short 422."""
    caller = ask("runflow", "rf_live_one")
    path = f"/v1/admin/runs/{create(caller)['id']}/cancellation"

    assert code(caller("POST", path)) == (403, "PERMISSION_DENIED")
    assert code(ask("runflow", "rf_svc_two")("POST", path)) == (404, "RUN_NOT_FOUND")
    assert code(ask("runflow", "rf_svc_one")("POST", path, {"reason": "no"})) == (422, "VALIDATION_ERROR")


def test_feedback_is_set_and_cleared(simulator: Simulator, ask: Ask) -> None:
    """The record has it; null removes it."""
    caller = ask("runflow")
    made = create(caller)
    path = f"/v1/runs/{made['id']}/feedback"
    given = caller("PATCH", path, {"is_positive": True, "reason": "sharp"}).json
    cleared = caller("PATCH", path, {"is_positive": None, "reason": None}).json

    assert (given["feedback_is_positive"], given["feedback_reason"]) == (True, "sharp")
    assert (cleared["feedback_is_positive"], cleared["feedback_reason"]) == (None, None)
    assert read(caller, made) == cleared


def test_the_log_has_a_line_for_each_state(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Of one run, of all, and one by one."""
    caller = ask("runflow")
    made = create(caller)
    create(caller)
    run(simulator.advance(20))
    of_one = caller("GET", f"/v1/runs/{made['id']}/logs").json
    of_all = caller("GET", "/v1/runs/any/logs").json
    line = of_one["items"][2]

    assert [item["message"] for item in of_one["items"]] == [
        "run queued",
        "run dispatching",
        "run running",
        "run succeeded",
    ]
    assert len(of_all["items"]) == 8
    assert caller("GET", f"/v1/runs/any/logs/{line['id']}").json == line
    assert undocumented(simulator.provider("runflow").contract, "list_run_logs", of_one) == []
    assert caller("GET", f"/v1/runs/{made['id']}/node-runs").json["items"] == []
    assert code(caller("GET", f"/v1/runs/any/logs/{made['id']}")) == (404, "NOT_FOUND")


def test_the_statuses_are_those_of_the_lifecycle(simulator: Simulator, ask: Ask) -> None:
    """With a word on which of them are final."""
    rows = ask("runflow")("GET", "/v1/runs/statuses").json["items"]

    assert [row["code"] for row in rows if not row["is_terminal"]] == ["queued", "dispatching", "running"]
    assert len(rows) == 7


def test_usage_is_summed_up_by_date(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Both ends of the range count; a range without runs is empty."""
    caller = ask("runflow")
    create(caller)
    create(caller, scenario="fail")
    run(simulator.advance(20))
    stats = caller("GET", "/v1/runs-stats?start=2026-01-01T00:00:00Z&end=2026-01-01T23:59:59Z").json

    assert stats["timeline"] == [{"date": "2026-01-01", "runs": 2, "spend": "0.12"}]
    assert [row["flow_slug"] for row in stats["by_flow"]] == ["google/veo3.1/lite"]
    assert undocumented(simulator.provider("runflow").contract, "get_runs_stats", stats) == []
    assert caller("GET", "/v1/runs-stats?start=2025-01-01T00:00:00Z&end=2025-12-31T00:00:00Z").json["timeline"] == []
    assert code(caller("GET", "/v1/runs-stats?start=2025-01-01T00:00:00Z")) == (422, "VALIDATION_ERROR")


# The older endpoint ----------------------------------------------------------------------------------------------

OLD = "/v1/run/google/veo3.1/fast/image-to-video"
OLD_INPUT = {"prompt": "A kite above dunes.", "image_url": "https://example.com/input.jpg"}


def waited(simulator: Simulator, run: Run, caller: Caller, seconds: float, **headers: str) -> Response:
    """The response of the older endpoint after the clock was advanced."""

    async def play() -> Response:
        answer = caller.provider.answer(caller.request("POST", OLD, OLD_INPUT, headers=headers))
        assert not isinstance(answer, Response)
        waiting = asyncio.ensure_future(answer)
        await asyncio.sleep(0)
        await simulator.advance(seconds)
        return await waiting

    response: Response = run(play())
    return response


def test_the_older_endpoint_answers_when_its_run_has_ended(simulator: Simulator, ask: Ask, run: Run) -> None:
    """The input is unwrapped in the body, the result in the response."""
    response = waited(simulator, run, ask("runflow"), 10)

    assert response.status == 200
    assert list(orjson.loads(response.body)) == ["video"]
    assert ask("runflow")("GET", "/v1/runs").json["items"][0]["status_code"] == "succeeded"


def test_a_failure_is_the_older_endpoints_error(simulator: Simulator, ask: Ask, run: Run) -> None:
    """With the code and the message of the failure."""
    response = waited(simulator, run, ask("runflow"), 10, prefer="scenario=fail")

    assert response.status == 422
    assert orjson.loads(response.body)["code"] == "INPUT_VALIDATION_FAILED"


def test_a_run_that_never_ends_is_given_up(make_simulator: MakeSimulator, run: Run) -> None:
    """After the real seconds that a request may wait."""
    simulator = make_simulator(names=["runflow"], wait_timeout=0.01)
    caller = Caller(simulator.provider("runflow"), "rf_live_one")

    assert waited(simulator, run, caller, 10, prefer="scenario=stuck").status == 504


# Error answers --------------------------------------------------------------------------------------------------------


def test_every_violation_is_listed_with_its_path(simulator: Simulator, ask: Ask) -> None:
    """Also a missing field's."""
    reply = ask("runflow")("POST", f"{LITE}/runs", {"input": {"duration": "5s", "seed": "x"}})

    assert code(reply) == (422, "VALIDATION_ERROR")
    assert {tuple(error["loc"]) for error in reply.json["errors"]} == {
        ("body", "input", "prompt"),
        ("body", "input", "duration"),
        ("body", "input", "seed"),
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/v1/nothing", None, (404, "NOT_FOUND")),
        ("DELETE", "/v1/runs", None, (405, "METHOD_NOT_ALLOWED")),
        ("POST", "/v1/models/google/none/runs", {"input": {}}, (404, "MODEL_NOT_FOUND")),
        ("POST", f"{LITE}/runs", {}, (422, "VALIDATION_ERROR")),
        ("POST", f"{LITE}/runs", {"input": INPUT, "callback_url": "x" * 2049}, (422, "VALIDATION_ERROR")),
        ("POST", f"{LITE}/runs", {"input": INPUT, "client_ref": "x" * 256}, (422, "VALIDATION_ERROR")),
        ("GET", "/v1/runs?limit=501", None, (422, "VALIDATION_ERROR")),
    ],
)
def test_the_envelope_has_the_violations(
    simulator: Simulator, ask: Ask, *, method: str, path: str, body: Any, expected: tuple[int, str]
) -> None:
    """A flat object of code, message and errors."""
    reply = ask("runflow")(method, path, body)

    assert code(reply) == expected
    assert set(reply.json) == {"code", "message", "errors"}


def test_keys_are_required(simulator: Simulator, ask: Ask) -> None:
    """No key and a wrong key are both 401."""
    assert code(ask("runflow", None)("GET", "/v1/runs")) == (401, "UNAUTHORIZED")
    assert code(ask("runflow", "invalid-key")("GET", "/v1/runs")) == (401, "UNAUTHORIZED")
    assert ask("runflow", None)("GET", "/v1/health").json == {"status": "ok"}


def test_a_too_busy_service_says_no_more_than_the_page(simulator: Simulator, ask: Ask) -> None:
    """The published 429 has only a code and a message, and no Retry-After header."""
    reply = ask("runflow")("POST", f"{LITE}/runs", {"input": INPUT}, headers={"prefer": "scenario=rate-limited"})

    assert reply.status == 429
    assert reply.json == {"code": "RATE_LIMITED", "message": "Rate limit exceeded: ..."}
    assert set(reply.headers) == {"content-type", "preference-applied"}


def test_every_documented_code_can_be_played(simulator: Simulator, ask: Ask) -> None:
    """By the name of its row, at any operation."""
    for row in simulator.provider("runflow").contract.errors.values():
        reply = ask("runflow")("GET", "/v1/runs", headers={"prefer": f"scenario=refuse; code={row.name}"})
        assert reply.status == row.status


def test_a_listed_balance_runs_out(make_simulator: MakeSimulator, run: Run) -> None:
    """402 once it does not cover the next run; what is under way is finished and paid."""
    entry = KeyEntry("rf_live_poor", "poor", balance=Decimal("0.20"))
    simulator = make_simulator(names=["runflow"], keys=[entry])
    caller = Caller(simulator.provider("runflow"), "rf_live_poor")
    create(caller)
    run(simulator.advance(10))
    reply = caller("POST", f"{LITE}/runs", {"input": INPUT})

    assert code(reply) == (402, "INSUFFICIENT_CREDIT")
    assert caller("GET", "/v1/billing/balance").json["balance"] == "0.08"


# Idempotency -----------------------------------------------------------------------------------------------------


def test_an_idempotency_key_gives_the_same_response_again(simulator: Simulator, ask: Ask) -> None:
    """The same run for the same body, a conflict for another, each account for itself."""
    caller, key = ask("runflow"), {"idempotency-key": "k1"}
    first = caller("POST", f"{LITE}/runs", {"input": INPUT}, headers=key)
    again = caller("POST", f"{LITE}/runs", {"input": INPUT}, headers=key)
    other = caller("POST", f"{LITE}/runs", {"input": {**INPUT, "seed": 1}}, headers=key)
    stranger = ask("runflow", "rf_live_two")("POST", f"{LITE}/runs", {"input": INPUT}, headers=key)

    assert (again.status, again.response.body) == (201, first.response.body)
    assert code(other) == (409, "CONFLICT")
    assert stranger.json["id"] != first.json["id"]
    assert len(caller("GET", "/v1/runs").json["items"]) == 1


def test_without_the_header_each_call_is_a_run(simulator: Simulator, ask: Ask) -> None:
    """A client_ref does not make two runs one."""
    caller = ask("runflow")

    assert create(caller, client_ref="same")["id"] != create(caller, client_ref="same")["id"]
