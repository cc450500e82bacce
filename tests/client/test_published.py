"""Responses as they were published, and as clients of others expect them: each deviation of the fact sheets."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.client_rig import MODES, WORK, rigged

from mockreel.client import (
    ClientError,
    Invalid,
    JobFailed,
    Money,
    Outcome,
    Refused,
    Result,
    SubmitUncertain,
    Unavailable,
)
from mockreel.contract.data.data_files import read_document

CDN = "https://cdn.example/clip.mp4"
mode = pytest.mark.parametrize("mode", MODES)

Row = dict[str, Any]
ROWS: dict[str, list[Row]] = read_document(Path(__file__).with_name("published.yaml"))


def _called(row: Row) -> str:
    return f"{row['provider']} {str(row['reply'])[:60]}"


def polled(provider: str, body: Any, *, status: int = 200, mode: str = "sync", **headers: str) -> Outcome:
    """What a client makes of a poll's response."""
    with rigged(provider, mode) as rig:
        rig.tricks = [httpx2.Response(status, json=body, headers=headers) for _ in range(5)]
        outcome: Outcome = rig.client().poll("some-id")
        return outcome


def submitted(provider: str, body: Any, *, status: int = 200, **headers: str) -> Any:
    """What a client makes of a submit's response."""
    with rigged(provider) as rig:
        rig.tricks = [httpx2.Response(status, json=body, headers=headers) for _ in range(5)]
        return rig.client().submit(*WORK[provider])


@mode
@pytest.mark.parametrize("row", ROWS["results"], ids=_called)
def test_results_are_found_wherever_they_stand(row: Row, mode: str) -> None:
    """Under each word for success."""
    outcome = polled(row["provider"], row["reply"], mode=mode)

    assert outcome.state in ("succeeded", "partial")
    assert list(outcome.urls) == row["urls"]


@pytest.mark.parametrize(
    "result", [{"text": "hello"}, {"content": "hello"}, {"output": "hello"}, {"url": None, "text": "hello"}]
)
def test_a_text_is_a_result_too(result: Any) -> None:
    """Under the three keys that a client looks at."""
    body = {"status": "SUCCESS", "errorCode": "", "results": [result]}

    assert polled("runninghub", body).results == (Result(None, "hello"),)


@pytest.mark.parametrize("duration", [8, 8.0, "8", "8s"])
def test_a_length_is_read_however_it_is_written(duration: Any) -> None:
    """In a response; test_inputs.py has requests."""
    older = polled("aimlapi", {"id": "a", "status": "completed", "video": {"url": CDN, "duration": duration}})
    newer = polled("runflow", {"status_code": "succeeded", "output": {"outputs": [{"url": CDN, "duration": duration}]}})

    assert (older.results[0].seconds, newer.results[0].seconds) == (8.0, 8.0)


@pytest.mark.parametrize(
    ("provider", "word", "state"),
    [
        *[
            ("aimlapi", word, "pending")
            for word in ("queued", "generating", "waiting", "active", "processing", "dreaming")
        ],
        *[("runflow", word, "pending") for word in ("queued", "dispatching", "running")],
        *[("runflow", word, "cancelled") for word in ("canceled", "cancelled")],
        *[("runninghub", word, "pending") for word in ("CREATE", "QUEUED", "RUNNING", "running")],
        *[("runninghub", word, "cancelled") for word in ("CANCEL", "CANCELLED", "cancel")],
    ],
)
def test_every_word_for_a_state_is_known(provider: str, word: str, state: str) -> None:
    """In any case."""
    key = "status_code" if provider == "runflow" else "status"

    assert polled(provider, {"id": "a", key: word}).state == state


DETAIL = {"detail": [{"loc": ["body"], "msg": "Could not detect face in the image", "type": "face_detection_error"}]}


@mode
@pytest.mark.parametrize("row", ROWS["failures"], ids=_called)
def test_a_failure_is_read_in_every_shape(row: Row, mode: str) -> None:
    """Though one of them looks like an error response of the poll."""
    failure = polled(row["provider"], row["reply"], mode=mode).failure

    assert failure is not None
    assert (failure.code, failure.message, failure.stage) == (row["code"], row["message"], row["stage"])


ENUM = {"code": "invalid_enum_value", "options": ["360p"], "path": ["resolution"], "message": "Invalid enum value."}


@pytest.mark.parametrize("row", ROWS["refusals"], ids=_called)
def test_an_error_response_is_read_in_every_envelope(row: Row) -> None:
    """A rejected submit has started nothing, and the error has its kind."""
    with pytest.raises(Refused) as at:
        submitted(row["provider"], row["reply"], status=row["status"])

    reported = at.value
    assert type(reported).__name__ == row["error"]
    assert (reported.code, reported.status, reported.request_id) == (row["code"], row["status"], row["request_id"])
    assert reported.message
    assert reported.advice in str(reported)


def test_violations_are_read_as_published() -> None:
    """The provider's own list."""
    body = {"message": "Invalid payload provided", "error": {"name": "BadRequestException", "data": [ENUM]}}
    with pytest.raises(Invalid) as at:
        submitted("aimlapi", body, status=400)

    assert at.value.violations == (ENUM,)


@pytest.mark.parametrize("code", ["1000", "1005", "1010", "1011", "1012", "1504"])
def test_a_code_for_trouble_in_a_200_is_no_less_uncertain(code: str) -> None:
    """A poll is retried, a submit is not."""
    body = {"taskId": "", "status": "", "errorCode": code, "errorMessage": "trouble"}
    with pytest.raises(SubmitUncertain, match=code):
        submitted("runninghub", body)
    with pytest.raises(Unavailable, match=code):
        polled("runninghub", body)


@pytest.mark.parametrize("row", ROWS["ids"], ids=_called)
def test_an_id_is_read_unchanged(row: Row) -> None:
    """Whatever it looks like, and under whichever key; a job that fails at once is a job."""
    assert submitted(row["provider"], row["reply"]).id == row["id"]


def test_an_id_with_slashes_is_polled_whole() -> None:
    """In a query and in a path."""
    with rigged("aimlapi") as rig:
        rig.tricks = [httpx2.Response(200, json={"status": "queued"})]
        rig.client().poll("a:b/c d")
        assert rig.sent[0].url.params["generation_id"] == "a:b/c d"
    with rigged("runflow") as rig:
        rig.tricks = [httpx2.Response(200, json={"status_code": "queued"})]
        rig.client().poll("a/b?c")
        assert rig.sent[0].url.raw_path == b"/v1/runs/a%2Fb%3Fc"


@pytest.mark.parametrize("row", ROWS["spent"], ids=_called)
def test_what_was_spent_is_read_and_never_guessed(row: Row) -> None:
    """From any key that has it."""
    amount, _, currency = (row["spent"] or "").partition(" ")
    expected = Money(Decimal(amount), currency) if amount else None

    assert polled(row["provider"], row["reply"], **row["headers"]).spent == expected


def test_an_error_of_a_running_job_is_an_error_of_the_poll() -> None:
    """As the official client does."""
    with pytest.raises(ClientError, match="1504"):
        polled("runninghub", {"taskId": "5", "status": "RUNNING", "errorCode": "1504", "errorMessage": "model timeout"})


def test_a_failed_job_raises_in_a_wait() -> None:
    """With the same error, in whatever shape."""
    with rigged("aimlapi") as rig:
        rig.tricks = [httpx2.Response(200, json={"id": "a", "status": "error", "error": DETAIL})]
        with pytest.raises(JobFailed, match=r"job a failed \(error\): face_detection_error: Could not detect face"):
            rig.client().wait("a")
