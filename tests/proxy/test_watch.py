"""Both directions are checked against the contract: one line per violation, with the fact and its place."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from proxy.conftest import KEY, SUBMIT, Between, FakeUpstream, PutBetween
from support.caller import START

from mockreel.contract.messages.message import Request, Response


def _spoilt(
    change: Callable[[dict[str, Any]], Any], *, status: int | None = None
) -> Callable[[Request, Response], Response]:
    """Changes the body of every response that is JSON."""

    def tamper(_: Request, response: Response) -> Response:
        body = orjson.loads(response.body)
        change(body)
        return Response(status or response.status, orjson.dumps(body), response.headers)

    return tamper


def _says(**fields: Any) -> Callable[[Request, Response], Response]:
    return _spoilt(lambda body: body.update(fields))


def _job(between: Between) -> str:
    id_: str = between.submit().json()["id"]
    return id_


def test_a_job_by_the_book_is_no_violation(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Submit, polls, balance and an error response of the provider's own."""
    between = put_between()
    job = _job(between)
    for seconds in (0, 1, 2, 12):
        provider.provider.clock.advance_to(START + seconds)
        between.send("GET", f"/v1/runs/{job}")
    between.send("GET", "/v1/billing/balance")
    between.send("GET", "/v1/runs/01a1fc26-6fac-7335-9e7a-f48a3848d822")
    between.send("GET", "/v1/billing/balance", key="rf_live_invalid")

    assert between.violations == []
    assert "8 requests" in between.output[2]


def test_a_request_that_breaks_a_schema_is_reported_with_its_fact(put_between: PutBetween) -> None:
    """What was sent, what is allowed, where the contract says so, and why it is believed."""
    between = put_between()
    between.submit(duration="9s")

    (line,) = between.violations
    assert line.startswith(f"runflow request POST {SUBMIT} (422): expected what the contract allows, came ")
    assert "/input/duration" in line
    assert '"9s"' in line
    assert "the input schema of google/veo3.1/lite [models.json google/veo3.1/lite, documented; " in line
    assert "https://" in line


@pytest.mark.parametrize(
    ("line", "body", "key", "reported"),
    [
        ("GET /v1/nothing", None, KEY, "there is no such operation"),
        ("GET /v1/runs?limit=0", None, KEY, "0 is less than the minimum"),
        (f"POST {SUBMIT}", b'{"input":', KEY, "create_run"),
        ("GET /v1/billing/balance", None, None, "a key in header Authorization, came none"),
        ("POST /v1/models/google/none/runs", {"input": {}}, KEY, "the model is not known"),
    ],
)
def test_each_part_of_a_request_is_checked(
    put_between: PutBetween, line: str, body: Any, key: str | None, reported: str
) -> None:
    """Operation, query, body, key, model."""
    between = put_between()
    method, _, path = line.partition(" ")
    between.send(method, path, body, key=key)

    (output,) = between.violations
    assert output.startswith("runflow request ")
    assert reported in output


@pytest.mark.parametrize(
    ("tamper", "reported"),
    [
        (_says(status_code=7), "/status_code"),
        (_spoilt(lambda _: None, status=299), "expected one of the statuses"),
        (
            lambda _, reply: Response(reply.status, reply.body, ((b"content-type", b"text/html"),)),
            "text/html instead of",
        ),
        (lambda _, reply: Response(reply.status, b"{", reply.headers), "the body is not JSON"),
        (
            _spoilt(lambda body: body.update(code="WHAT", message="no", errors=None), status=400),
            "an error response that errors",
        ),
    ],
)
def test_each_part_of_a_response_is_checked(
    put_between: PutBetween, provider: FakeUpstream, tamper: Callable[[Request, Response], Response], reported: str
) -> None:
    """Schema, status, content type, JSON, error response rows."""
    between = put_between()
    provider.tamper = tamper
    between.submit()

    assert any(line.startswith("runflow reply ") and reported in line for line in between.violations)


def test_the_headers_of_a_request_are_checked(put_between: PutBetween) -> None:
    """One that the operation wants is missing."""
    between = put_between()
    between.send("PUT", "/asset-uploads/01a1fc26-6fac-7335-9e7a-f48a3848d822?token=t", key=None)

    assert any("came the header content-type is missing" in line for line in between.violations)


def test_the_headers_of_a_response_are_checked(put_between: PutBetween, provider: FakeUpstream) -> None:
    """A declared one must be what its schema says."""
    between = put_between(name="aimlapi")
    provider.tamper = lambda _, reply: Response(
        200,
        b'{"id": "a", "status": "queued"}',
        ((b"content-type", b"application/json"), (b"x-aimlapi-usd-spent", b"lots")),
    )
    between.send("GET", "/v2/video/generations?generation_id=a")

    assert any("came the header x-aimlapi-usd-spent: " in line for line in between.violations)


def test_a_provider_that_accepts_what_it_forbids_is_reported(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Perhaps the contract is old: both sides are reported."""
    between = put_between(allow=("retried-permanent-error",))
    used = orjson.loads(between.submit().content)
    provider.tamper = lambda _, reply: Response(201, orjson.dumps(used), reply.headers)
    between.submit(duration="9s")

    request, reply, job = between.violations
    assert request.startswith("runflow request ")
    assert "that of an earlier job" in job
    assert "came accepted, although /input/duration" in reply


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (["queued", "running", "queued"], "expected something that follows running, came queued"),
        (["succeeded", "running"], "expected still succeeded, came running"),
        (["running", "sleeping"], "came 'sleeping' - a job is one of queued, "),
    ],
)
def test_a_wrong_job_is_reported_across_its_polls(
    put_between: PutBetween, provider: FakeUpstream, words: list[str], reported: str
) -> None:
    """Backwards, on after its end, into a state that there is not."""
    between = put_between()
    job, other = _job(between), _job(between)
    for word in words:
        between.send("GET", f"/v1/runs/{other}")
        provider.tamper = _says(status_code=word)
        between.send("GET", f"/v1/runs/{job}")
        provider.tamper = None

    (line,) = [line for line in between.violations if line.startswith("runflow job ") and "results" not in line]
    assert line.startswith(f"runflow job GET /v1/runs/{job} (200): ")
    assert reported in line
    assert "lifecycle.yaml" in line or "conversation.yaml" in line


def test_a_job_is_known_from_its_submit_on(put_between: PutBetween, provider: FakeUpstream) -> None:
    """Its first state is in the response to the submit."""
    between = put_between()
    provider.tamper = _says(status_code="running")
    job = _job(between)
    provider.tamper = _says(status_code="queued")
    between.send("GET", f"/v1/runs/{job}")

    assert any("follows running, came queued" in line for line in between.violations)


def test_a_violation_is_reported_once_and_counted(put_between: PutBetween) -> None:
    """The next of the same are in the sums."""
    between = put_between(allow=("retried-permanent-error",))
    for _ in range(3):
        between.submit(duration="9s")

    assert len(between.violations) == 1
    assert "3 requests, 3 violations (1 different)." in between.output
    assert any(line.startswith("  3 times: runflow request create_run: ") for line in between.output)


def test_json_has_every_violation_and_the_sums(put_between: PutBetween) -> None:
    """One object a line, each time."""
    between = put_between(as_json=True, allow=("retried-permanent-error",))
    for _ in range(2):
        between.submit(duration="9s")
    rows = [orjson.loads(line) for line in between.output]

    assert [row["event"] for row in rows] == ["listening", "violation", "violation", "summary"]
    assert rows[1]["where"] == "models.json google/veo3.1/lite"
    assert rows[1]["evidence"] == "documented"
    assert rows[1]["sources"]
    assert rows[-1]["violations"] == 2


@pytest.mark.parametrize(
    ("key", "reported"),
    [
        ("rf_live_mockreel", "The key is mockreel's example; Runflow will reject it."),
        ("sk-of-somebody-else", "Keys of Runflow begin with rf_live_ or rfk_ or rf_svc_; this one does not"),
    ],
)
def test_a_key_that_the_provider_will_reject_is_reported_once(put_between: PutBetween, key: str, reported: str) -> None:
    """Without showing it."""
    between = put_between()
    for _ in range(2):
        between.send("GET", "/v1/billing/balance", key=key)

    assert len([line for line in between.output if line.startswith(reported)]) == 1
    assert key not in "\n".join(between.output)


def test_another_reading_of_the_docs_is_held_to(put_between: PutBetween, provider: FakeUpstream) -> None:
    """What one reading forbids another one allows."""
    words = []
    for reading in ("canceled", "cancelled"):
        provider.tamper = None
        between = put_between(readings={"cancel-spelling": reading})
        job, provider.tamper = _job(between), _says(status_code="cancelled")
        between.send("GET", f"/v1/runs/{job}")
        words.append(any("'cancelled'" in line for line in between.violations))

    assert words == [True, False]


def test_reports_contain_no_terminal_control_characters(put_between: PutBetween) -> None:
    """Control characters in a violation's text are shown, not sent."""
    between = put_between()
    between.submit(duration="\x1b[2J\x9b31m\u202e9s")

    (line,) = between.violations
    assert line.isprintable()
    assert "u202e" in line
