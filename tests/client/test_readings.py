"""The client works under every option of every reading."""

from typing import Any

import pytest
from support.client_rig import KEY, MODES, PROVIDERS, WORK, Rig, rigged

from mockreel.client import (
    Conflict,
    Invalid,
    JobCancelled,
    JobEnded,
    JobFailed,
    KeyRefused,
    NotFound,
    OutOfCredit,
    TooManyRequests,
)
from mockreel.client.profile_file import read_profile
from mockreel.contract import known_readings, load_contract

HOOK = "http://127.0.0.1:9/hook"
# Where a request must be written in one way or the other, an option of the client names it.
TOLD = {"key-header", "model-id"}
OPTIONS = [
    (provider, reading.id, option)
    for provider in PROVIDERS
    for reading in known_readings(provider).values()
    for option in reading.options
    if option != reading.default or reading.id == "status-words"
]
under = pytest.mark.parametrize(("provider", "reading", "option"), OPTIONS, ids=[":".join(one) for one in OPTIONS])


@under
def test_a_job_is_run_under_every_reading(provider: str, reading: str, option: str) -> None:
    """It succeeds, it fails with its reason, it is cancelled; its callback is read; each error is what it is."""
    with rigged(provider, MODES[len(option) % 2], readings={reading: option}) as rig:
        client = rig.client(readings={reading: option} if reading in TOLD else None)
        _knows_its_words(rig)
        _ends_well(rig, client)
        _ends_badly(rig, client)
        _is_error(rig, client)
        if rig.provider.contract.callbacks.events:
            _is_reported(rig, client)


def _knows_its_words(rig: Rig) -> None:
    """With the meaning that the lifecycle gives them; where a cancelled job is FAILED, it is a failure here too."""
    words = read_profile(rig.provider.name).words
    states = rig.provider.contract.lifecycle.states.values()

    assert {one.word for one in states if words.get(one.word.casefold()) != one.kind} <= {"FAILED"}


def _ends_well(rig: Rig, client: Any) -> None:
    outcome = client.run(*WORK[rig.provider.name])

    assert outcome.state == "succeeded"
    assert [url.startswith("http://") for url in outcome.urls] == [True]


def _ends_badly(rig: Rig, client: Any) -> None:
    expected = rig.provider.contract.failures["default"]
    rig.prefer = "scenario=fail"
    with pytest.raises(JobFailed) as failed:
        client.run(*WORK[rig.provider.name])
    failure = failed.value.outcome.failure
    assert failure is not None
    assert failure.message == expected.message
    assert failure.code in (str(expected.code), "internal_server_error")

    rig.prefer = ""
    if rig.provider.contract.conversation.cancel is None:
        return
    job = client.submit(*WORK[rig.provider.name])
    if not client.poll(job).ended:
        client.cancel(job)
        # One reading has no word for it: then it is a failure like another.
        with pytest.raises(JobEnded) as ended:
            client.wait(job)
        assert isinstance(ended.value, JobCancelled) or "documented-four" in rig.provider.contract.chosen.values()


def _is_error(rig: Rig, client: Any) -> None:
    model, fields = WORK[rig.provider.name]
    refusals = {
        "scenario=insufficient-credit": OutOfCredit,
        "scenario=rate-limited": TooManyRequests,
        "scenario=refuse; code=wrong-key": KeyRefused,
    }
    for rig.prefer, kind in refusals.items():
        with pytest.raises(kind):
            client.submit(model, fields)
    rig.prefer = ""
    with pytest.raises(Invalid) as invalid:
        client.submit(model, {**fields, "prompt": 7})
    assert invalid.value.message
    assert "prompt" in f"{invalid.value.violations} {invalid.value.message}" or _names_no_field(rig)
    with pytest.raises(NotFound):
        client.poll("9" * 19 if rig.provider.name == "runninghub" else "00000000-0000-7000-8000-000000000000")


def _names_no_field(rig: Rig) -> bool:
    """Three envelopes do not name the invalid field."""
    return rig.provider.contract.chosen.get("error-envelope") in ("a", "a-documented", "c")


def _is_reported(rig: Rig, client: Any) -> None:
    signed = rig.provider.contract.callbacks.signature is not None
    secret = _secret(rig) if signed else None
    for rig.prefer, state in (("", "succeeded"), ("scenario=fail", "failed"), ("scenario=cancelled", "cancelled")):
        job = client.submit(*WORK[rig.provider.name], callback_url=HOOK)
        rig.run(rig.provider.scheduler.advance(60))
        sent = rig.sink.sent[-1]
        notice = client.callback(sent.body, dict(sent.headers), secret=secret)
        assert (notice.job.id, notice.verified) == (job.id, signed)
        assert notice.outcome is not None
        assert notice.outcome.state == state or (state == "cancelled" and notice.outcome.state == "failed")
        assert bool(notice.outcome.urls) == (state == "succeeded")
    rig.prefer = ""


def _secret(rig: Rig) -> str:
    """A secret for callbacks, created through the API."""
    client = rig.client(readings={"key-header": rig.provider.contract.chosen["key-header"]})
    core = (client if rig.mode == "sync" else client._client)._core
    row = rig.provider.contract.conversation.secret
    assert row is not None
    ask = core.writer.request(rig.provider.contract.operation(row.operation), what="secret", body=row.body)
    reply = client._drive(core.exchanges.request(ask, core.deadline(None)))
    return str(reply.json["plain_secret"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_error_of_a_contract_has_a_kind(provider: str) -> None:
    """By its code or its status: none is without a kind."""
    contract, kinds = load_contract(provider), read_profile(provider).errors.kinds
    coded = {code for row in kinds for code in row.codes}
    fallbacks = {status[0] for row in kinds for status in row.statuses}
    without = [
        name
        for name, row in contract.errors.items()
        if str(row.code) not in coded and (row.status < 400 or str(row.status)[0] not in fallbacks)
    ]
    assert without in ([], ["task-running", "task-queued", "task-failed"])


def test_an_idempotency_key_that_was_used_for_something_else_is_a_conflict() -> None:
    """And the error says what to do."""
    with rigged("runflow") as rig:
        client = rig.client()
        client.submit(*WORK["runflow"], idempotency_key="one")
        with pytest.raises(Conflict, match=r"CONFLICT.*Use a new idempotency key"):
            client.submit("google/veo3.1/lite", {"prompt": "another"}, idempotency_key="one")


def test_no_story_needs_a_key_that_is_shown() -> None:
    """The keys of these tests are words that would be seen."""
    assert all("hush" in key for key in KEY.values())
