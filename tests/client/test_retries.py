"""What is retried: reads as the docs advise, submits only if no second job can start."""

import httpx2
import pytest
from support.client_rig import MODES, PROVIDERS, WORK, Lost, Trick, rigged

from mockreel.client import (
    DeadlineExceeded,
    NotReached,
    OutOfCredit,
    ReplyNotUnderstood,
    SubmitUncertain,
    TooManyRequests,
    Unavailable,
)
from mockreel.errors import OptionError

every = pytest.mark.parametrize("provider", PROVIDERS)
mode = pytest.mark.parametrize("mode", MODES)

BROKEN = httpx2.ReadTimeout("no answer in time")
REJECTED = httpx2.ConnectError("Connection refused")
PAGE = "<html><head><title>524: A timeout occurred</title></head></html>"


def busy(seconds: str | None = None, **headers: str) -> httpx2.Response:
    """Too many requests."""
    more = {"retry-after": seconds} if seconds is not None else {}
    return httpx2.Response(429, headers={**more, **headers}, json={"code": "RATE_LIMITED", "message": "Later."})


@every
@mode
@pytest.mark.parametrize(
    "trick",
    [
        BROKEN,
        REJECTED,
        busy(),
        httpx2.Response(503, json={}),
        httpx2.Response(524, html=PAGE),
        httpx2.Response(200, html=PAGE),
    ],
    ids=["timeout", "refused connection", "429", "503", "gateway's page", "a page instead of JSON"],
)
def test_a_poll_goes_on_after_what_passes(provider: str, mode: str, trick: Trick) -> None:
    """Three times in a row, with a wait that grows."""
    with rigged(provider, mode) as rig:
        client = rig.client()
        job = client.submit(*WORK[provider])
        rig.tricks = [trick, trick, trick]

        assert client.poll(job).job == job
    assert rig.pauses == [0.75, 1.5, 3.0]  # the half of 1, 2 and 4 seconds is left to chance
    assert len(rig.sent) == 5


@every
@mode
def test_a_poll_is_given_up_after_as_many_tries_as_the_docs_say(provider: str, mode: str) -> None:
    """The last error response is raised."""
    with rigged(provider, mode) as rig:
        client = rig.client()
        job = client.submit(*WORK[provider])
        rig.tricks = [httpx2.Response(500, json={}) for _ in range(9)]
        with pytest.raises(Unavailable):
            client.poll(job)
        rig.tricks = [BROKEN for _ in range(9)]
        with pytest.raises(NotReached, match="ReadTimeout: no answer in time"):
            client.poll(job)

    assert len(rig.sent) == 1 + 5 + 5


@every
@mode
@pytest.mark.parametrize("trick", [busy(), REJECTED], ids=["429", "refused connection"])
def test_a_submit_is_sent_again_if_nothing_was_started(provider: str, mode: str, trick: Trick) -> None:
    """After a 429, and where no connection was had."""
    with rigged(provider, mode) as rig:
        rig.tricks = [trick, trick]
        rig.client().submit(*WORK[provider])

        assert len(rig.sent) == 3
        assert sum(len(account.jobs) for account in rig.provider.keyring.accounts.values()) == 1


@every
@mode
@pytest.mark.parametrize(
    "trick",
    [
        Lost(BROKEN),
        Lost(httpx2.RemoteProtocolError("Server disconnected")),
        Lost(httpx2.WriteError("Broken pipe")),
        httpx2.Response(500, json={"message": "Internal server error"}),
        httpx2.Response(503, json={"code": "MODEL_UNAVAILABLE", "message": "Down."}),
        httpx2.Response(504, html=PAGE),
        httpx2.Response(200, html=PAGE),
    ],
    ids=["timeout", "disconnected", "broken pipe", "500", "503", "504", "a page"],
)
def test_a_submit_that_may_have_started_a_job_is_not_sent_again(provider: str, mode: str, trick: Trick) -> None:
    """It could be paid twice: the error says how the job is found."""
    with rigged(provider, mode) as rig:
        rig.tricks = [trick]
        with pytest.raises(
            SubmitUncertain, match=r"may have started and cost money, so the request was not sent again"
        ) as at:
            rig.client().submit(*WORK[provider])

        assert len(rig.sent) == 1
    assert at.value.find in str(at.value)
    assert at.value.mark is None or at.value.mark in at.value.find


@mode
def test_a_job_is_found_by_its_mark(mode: str) -> None:
    """What the error of an uncertain submit says can be done, can be done."""
    with rigged("runflow", mode) as rig:
        client = rig.client()
        client.submit(*WORK["runflow"])
        rig.tricks = [Lost(BROKEN)]
        with pytest.raises(SubmitUncertain) as at:
            client.submit(*WORK["runflow"])
        found = client.find(at.value.mark)

        assert found is not None
        assert client.wait(found).urls
        assert client.find("unknown-to-all") is None


@mode
def test_with_an_idempotency_key_a_submit_is_sent_again(mode: str) -> None:
    """If such a key is documented; there is one job after any number of requests."""
    with rigged("runflow", mode) as rig:
        rig.tricks = [Lost(BROKEN), httpx2.Response(503, json={})]
        job = rig.client().submit(*WORK["runflow"], idempotency_key="order-7")

        assert [request.headers["idempotency-key"] for request in rig.sent] == ["order-7"] * 3
        assert [one.id for account in rig.provider.keyring.accounts.values() for one in account.jobs] == [job.id]


def test_with_an_idempotency_key_doubt_stays_doubt() -> None:
    """Once a job may have started, a later error response does not make that certain."""
    with rigged("runflow") as rig:
        error = httpx2.Response(402, json={"code": "INSUFFICIENT_CREDIT", "message": "None left."})
        rig.tricks = [Lost(BROKEN), error]
        with pytest.raises(SubmitUncertain, match="ReadTimeout"):
            rig.client().submit(*WORK["runflow"], idempotency_key="order-7")
        rig.tricks = [error]
        with pytest.raises(OutOfCredit):
            rig.client().submit(*WORK["runflow"], idempotency_key="order-8")


@pytest.mark.parametrize("provider", ["aimlapi", "runninghub"])
def test_an_undocumented_idempotency_key_is_rejected(provider: str) -> None:
    """It would look safe and be none."""
    with rigged(provider) as rig, pytest.raises(OptionError, match="documents none"):
        rig.client().submit(*WORK[provider], idempotency_key="order-7")


@pytest.mark.parametrize("options", [{"idempotency_key": "two words"}, {"idempotency_key": ""}, {"mark": "it's"}])
def test_a_mark_that_would_be_changed_in_transit_is_rejected(options: dict[str, str]) -> None:
    """Before anything is sent."""
    with rigged("runflow") as rig:
        with pytest.raises(OptionError):
            rig.client().submit(*WORK["runflow"], **options)
        assert rig.sent == []


@mode
@pytest.mark.parametrize(
    ("given", "waited"),
    [("7", 7.0), ("Fri, 21 Nov 2025 10:00:30 GMT", 30.0), ("soon", 0.75), ("", 0.75)],
)
def test_retry_after_is_heeded(mode: str, given: str, waited: float) -> None:
    """As seconds, or as a date by the response's own clock; what is neither counts for nothing."""
    with rigged("runflow", mode) as rig:
        rig.tricks = [busy(given, date="Fri, 21 Nov 2025 10:00:00 GMT")]
        rig.client().submit(*WORK["runflow"])

    assert rig.pauses == [waited]


def test_a_retry_after_beyond_the_deadline_is_not_waited_for() -> None:
    """The time that was given is what counts."""
    with rigged("runflow") as rig:
        rig.tricks = [busy("3600")]
        with pytest.raises(
            DeadlineExceeded, match=r"submit of google/veo3.1/lite did not end within 60 s; last: .*RATE_LIMITED"
        ):
            rig.client().run(*WORK["runflow"], deadline=60)

    assert rig.pauses == []


@mode
def test_a_submit_has_a_deadline_too(mode: str) -> None:
    """It says if nothing was started; an uncertain start takes precedence."""
    with rigged("runflow", mode) as rig:
        client = rig.client()
        rig.tricks = [busy("20"), busy("20")]
        with pytest.raises(DeadlineExceeded) as at:
            client.submit(*WORK["runflow"], deadline=30)
        assert at.value.job is None
        rig.tricks = [Lost(BROKEN), busy("20")]
        with pytest.raises(SubmitUncertain):
            client.submit(*WORK["runflow"], deadline=10, idempotency_key="order-9")


def test_too_many_requests_raise_in_the_end() -> None:
    """With the seconds that the provider named last."""
    with rigged("runflow") as rig:
        rig.tricks = [busy("2") for _ in range(5)]
        with pytest.raises(TooManyRequests) as at:
            rig.client().submit(*WORK["runflow"])

    assert at.value.retry_after == 2.0
    assert rig.pauses == [2.0] * 4


@mode
def test_an_inference_that_is_not_found_may_be_found_later(mode: str) -> None:
    """As was reported of polls; but not for ever."""
    missing = {"title": "Not Found", "status": 404, "message": "Inference not found"}
    with rigged("aimlapi", mode) as rig:
        client = rig.client()
        job = client.submit(*WORK["aimlapi"])
        rig.tricks = [httpx2.Response(404, json=missing), httpx2.Response(404, json=missing)]

        assert client.wait(job).urls


def test_one_request_has_no_longer_than_the_whole_call() -> None:
    """Its own time-out is cut to what is left."""
    with rigged("runflow") as rig:
        client = rig.client(timeout=20)
        job = client.submit(*WORK["runflow"])
        client.poll(job, deadline=3)

        assert [request.extensions["timeout"]["read"] for request in rig.sent] == [20, 3]


def test_a_response_without_a_known_state_is_not_guessed_at() -> None:
    """The job stays known, so that the wait can be resumed."""
    with rigged("runflow") as rig:
        client = rig.client()
        job = client.submit(*WORK["runflow"])
        rig.tricks = [httpx2.Response(200, json={"id": job.id, "status_code": "pondering"})]
        with pytest.raises(ReplyNotUnderstood, match=r"unknown state 'pondering'; valid: canceled, .*drift") as at:
            client.wait(job)

    assert at.value.job == job


def test_a_submit_without_a_job_id_says_how_to_find_the_job() -> None:
    """It is neither an error response nor of use."""
    with rigged("runflow") as rig:
        rig.tricks = [httpx2.Response(201, json={"status_code": "queued"})]
        with pytest.raises(SubmitUncertain, match=r"has no job id.*client_ref"):
            rig.client().submit(*WORK["runflow"])
