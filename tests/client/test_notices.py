"""Callbacks: verified by their signature, and read in every form."""

import hashlib
import hmac
from typing import Any

import orjson
import pytest
from support.client_rig import rigged

from mockreel.client import CallbackRefused
from mockreel.errors import OptionError

SECRET = "whsec_one"
EVENT = {
    "event": "run.completed",
    "run_id": "01J0...",
    "status": "succeeded",
    "output": {"image_urls": ["https://cdn.example/1.png"]},
    "duration_ms": 102345,
    "created_at": "2026-05-06T10:00:00.000+00:00",
    "completed_at": "2026-05-06T10:01:42.000+00:00",
    "metadata": None,
}
BODY = orjson.dumps(EVENT)


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The header of a callback, as the docs say that it is made."""
    return {"runflow-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def read(provider: str, body: bytes, headers: dict[str, str], **options: Any) -> Any:
    with rigged(provider) as rig:
        return rig.client().callback(body, headers, **options)


def test_a_signed_callback_is_believed() -> None:
    """With header names in any case, and with its result."""
    headers = {"Runflow-Signature": signed(BODY)["runflow-signature"]}
    notice = read("runflow", BODY, headers, secret=SECRET)

    assert (notice.job.id, notice.event, notice.verified) == ("01J0...", "run.completed", True)
    assert notice.outcome.urls == ("https://cdn.example/1.png",)


def test_several_secrets_hold_while_they_are_changed() -> None:
    """Whichever signed."""
    assert read("runflow", BODY, signed(BODY), secret=["whsec_new", SECRET]).verified


@pytest.mark.parametrize(
    ("body", "headers", "says"),
    [
        (BODY, {}, "it has no Runflow-Signature"),
        (BODY, signed(BODY, "whsec_other"), "does not sign its bytes"),
        (BODY + b" ", signed(BODY), "does not sign its bytes"),
        (BODY, {"runflow-signature": signed(BODY)["runflow-signature"].upper()}, "does not sign its bytes"),
        (BODY, {"runflow-signature": ""}, "does not sign its bytes"),
        (BODY, {"runflow-signature": "sha256=ü"}, "does not sign its bytes"),
        (b"{", signed(b"{"), "its body is not JSON"),
        (b"{}", signed(b"{}"), "it has no job id at /run_id"),
    ],
)
def test_what_is_not_signed_with_the_secret_is_rejected(body: bytes, headers: dict[str, str], says: str) -> None:
    """The error says how to respond, and never shows the secret."""
    with pytest.raises(CallbackRefused, match=f"{says}.*Respond with 4xx") as at:
        read("runflow", body, headers, secret=SECRET)

    assert SECRET not in str(at.value)


@pytest.mark.parametrize("secret", [None, "", [], ["", SECRET]])
def test_where_callbacks_are_signed_a_secret_must_be_given(secret: Any) -> None:
    """It cannot be forgotten by accident."""
    with pytest.raises(OptionError, match="signs its callbacks: give the secret"):
        read("runflow", BODY, signed(BODY), secret=secret)


TASK = {"taskId": "7", "status": "SUCCESS", "errorCode": "", "results": [{"url": "https://cdn.example/1.mp4"}]}
OLD = {"code": 0, "msg": "success", "data": [{"fileUrl": "https://cdn.example/1.mp4", "fileType": "mp4"}]}
FAILED = {"code": 805, "msg": "APIKEY_TASK_STATUS_ERROR", "data": {"failedReason": {"exception_message": "no memory"}}}


@pytest.mark.parametrize("inside", [TASK, orjson.dumps(TASK).decode(), OLD, orjson.dumps(OLD).decode()])
def test_a_callback_is_read_as_object_as_text_and_in_an_envelope(inside: Any) -> None:
    """It has no signature, so it is not verified."""
    body = orjson.dumps({"event": "TASK_END", "taskId": "7", "eventData": inside})
    notice = read("runninghub", body, {})

    assert (notice.job.id, notice.event, notice.verified) == ("7", "TASK_END", False)
    assert (notice.outcome.state, notice.outcome.urls) == ("succeeded", ("https://cdn.example/1.mp4",))


def test_a_callback_without_any_envelope_is_read() -> None:
    """As one handler saw it."""
    assert read("runninghub", orjson.dumps(TASK), {}).outcome.urls == ("https://cdn.example/1.mp4",)


def test_a_failure_is_read_from_an_envelopes_code() -> None:
    """With its reason."""
    body = orjson.dumps({"event": "TASK_END", "taskId": "7", "eventData": orjson.dumps(FAILED).decode()})
    outcome = read("runninghub", body, {}, sort="old-task").outcome

    assert (outcome.state, outcome.failure.code, outcome.failure.message) == (
        "failed",
        "805",
        "APIKEY_TASK_STATUS_ERROR",
    )
    assert outcome.job.sort == "old-task"


def test_a_callback_without_the_job_reports_its_end() -> None:
    """The job itself is to be polled."""
    assert read("runninghub", orjson.dumps({"event": "TASK_END", "taskId": "7", "eventData": {}}), {}).outcome is None


def test_a_secret_for_a_provider_that_signs_nothing_is_a_mistake() -> None:
    """It would look safe and be not."""
    with pytest.raises(OptionError, match="signs nothing: put a secret into your URL"):
        read("runninghub", b"{}", {}, secret=SECRET)
