"""The reference client against faults: what it retries, what is uncertain, and what it never repeats."""

from collections.abc import Iterator
from typing import Any

import httpx2
import orjson
import pytest
from support.client_rig import WORK
from support.local_http import WebhookReceiver

from mockreel import serving
from mockreel.client import CallbackRefused, Client, SubmitUncertain, TooManyRequests
from mockreel.client.client_errors import NotReached, ReplyNotUnderstood
from mockreel.server.mock_server import MockServer

SIGNATURE = "runflow-signature"


@pytest.fixture
def runflow() -> Iterator[MockServer]:
    """Runflow alone, on a paused clock."""
    with serving("runflow", held=True) as server:
        yield server


class Paused(Client):
    """A client that notes its pauses and does not make them."""

    def __init__(self, server: MockServer) -> None:
        self.pauses: list[float] = []
        super().__init__(
            "runflow",
            key=server.runflow.key,
            base_url=server.runflow.url,
            sleep=self.pauses.append,
            draw=lambda: 0.5,
        )


def play(server: MockServer, rule: str) -> None:
    from mockreel.simulator.rule_parser import set_faults  # noqa: PLC0415

    set_faults(server.simulator.rules, server.simulator.providers, [rule])


def jobs(server: MockServer) -> list[Any]:
    return list(server.simulator.provider("runflow").jobs)


@pytest.mark.parametrize(
    "fault",
    [
        "lost-answer",
        "lost-answer; by=close",
        "lost-answer; by=hang; seconds=0.02",
        "reset; at=middle",
        "truncated",
        "malformed",
        "empty",
        "garbage",
        "wrong-length",
        "gateway; status=504; accepted=yes",
        "gateway; status=524; accepted=yes",
    ],
)
def test_a_submit_with_a_lost_response_is_uncertain_and_its_job_is_found(runflow: MockServer, fault: str) -> None:
    """It is not sent again, as it could be charged twice; the mark finds the started job."""
    play(runflow, f"{fault}; operation=create_run; nth=1")
    with Paused(runflow) as client:
        with pytest.raises(SubmitUncertain, match="may have started and cost money, so the request was not sent again"):
            client.submit(*WORK["runflow"], mark="order-7")
        assert len(jobs(runflow)) == 1

        found = client.find("order-7")
        assert found is not None
        assert [job.id for job in jobs(runflow)] == [found.id]


@pytest.mark.parametrize("fault", ["reset", "close", "hang; seconds=0.02", "gateway; status=503"])
def test_a_submit_that_was_never_handled_is_doubted_as_well(runflow: MockServer, fault: str) -> None:
    """Without a response it is uncertain; the search finds no job."""
    play(runflow, f"{fault}; operation=create_run; nth=1")
    with Paused(runflow) as client:
        with pytest.raises(SubmitUncertain):
            client.submit(*WORK["runflow"], mark="order-7")
        assert jobs(runflow) == []
        assert client.find("order-7") is None


@pytest.mark.parametrize("fault", ["lost-answer", "lost-answer; by=close", "gateway; status=504; accepted=yes"])
def test_with_an_idempotency_key_the_response_is_repeated(runflow: MockServer, fault: str) -> None:
    """And there is one job."""
    play(runflow, f"{fault}; operation=create_run; nth=1")
    with Paused(runflow) as client:
        job = client.submit(*WORK["runflow"], idempotency_key="order-7")

    assert [one.id for one in jobs(runflow)] == [job.id]
    assert len(client.pauses) == 1


def test_retry_after_is_waited_for(runflow: MockServer) -> None:
    """On a submit too, as nothing was started; without it the client's own backoff applies."""
    play(runflow, "throttled; retry_after=7; operation=create_run; nth=1")
    play(runflow, "throttled; operation=create_run; nth=1")
    with Paused(runflow) as client:
        client.submit(*WORK["runflow"])

    assert client.pauses == [7.0, 1.5]
    assert len(jobs(runflow)) == 1


def test_too_many_requests_raise_in_the_end(runflow: MockServer) -> None:
    """With the last error."""
    play(runflow, "throttled; retry_after=2")
    with Paused(runflow) as client, pytest.raises(TooManyRequests) as at:
        client.submit(*WORK["runflow"])

    assert at.value.retry_after == 2.0


@pytest.mark.parametrize(
    "fault",
    [
        "truncated",
        "malformed",
        "reset",
        "reset; at=middle",
        "close",
        "empty",
        "gateway",
        "wrong-length; by=-5",
        "garbage",
    ],
)
def test_a_poll_goes_on_after_it(runflow: MockServer, fault: str) -> None:
    """It is repeated, and read."""
    with Paused(runflow) as client:
        job = client.submit(*WORK["runflow"])
        play(runflow, f"{fault}; operation=get_run; nth=1")
        play(runflow, f"{fault}; operation=get_run; nth=2")
        assert client.poll(job).job == job

    assert len(client.pauses) == 1 + (len(client.pauses) > 1)
    assert len(runflow.journal.requests(operation="get_run")) == 1 + len(client.pauses)


@pytest.mark.parametrize(("fault", "error"), [("reset", NotReached), ("malformed", ReplyNotUnderstood)])
def test_a_poll_is_given_up_in_the_end(runflow: MockServer, fault: str, error: type[Exception]) -> None:
    """With what went wrong the last time."""
    with Paused(runflow) as client:
        job = client.submit(*WORK["runflow"])
        play(runflow, f"{fault}; operation=get_run")
        with pytest.raises(error):
            client.poll(job)


@pytest.mark.parametrize("fault", ["wrong-content-type", "delay; seconds=0.01", "drip; bytes=100; every=0.001"])
def test_what_is_odd_but_whole_is_understood_at_once(runflow: MockServer, fault: str) -> None:
    """Nothing is requested twice."""
    play(runflow, fault)
    with Paused(runflow) as client:
        job = client.submit(*WORK["runflow"])
        assert client.poll(job).job == job

    assert client.pauses == []


def test_an_interrupted_download_is_repeated(runflow: MockServer, tmp_path: Any) -> None:
    """The file is whole in the end."""
    with Paused(runflow) as client:
        job = client.submit(*WORK["runflow"])
        runflow.advance(100)
        outcome = client.poll(job)
        play(runflow, "truncated; nth=1")
        saved = client.download(outcome, tmp_path / "clip.mp4")
        with httpx2.Client(trust_env=False) as plain:
            assert saved.read_bytes() == plain.get(outcome.urls[0]).content


@pytest.fixture
def came(received: WebhookReceiver) -> WebhookReceiver:
    """The received callbacks."""
    return received


def sent_under(server: MockServer, target: WebhookReceiver, fault: str) -> tuple[Paused, str]:
    """A client whose job sent its callback under a fault, and the secret of its account."""
    client = Paused(server)
    headers = {"Authorization": f"Bearer {server.runflow.key}"}
    with httpx2.Client(base_url=server.runflow.url, headers=headers, trust_env=False) as plain:
        secret = plain.post("/v1/callback-secrets", json={}).json()["plain_secret"]
    play(server, fault)
    client.submit(*WORK["runflow"], callback_url=target.url)
    server.advance(100)
    return client, str(secret)


def test_a_callback_that_comes_twice_says_the_same_twice(runflow: MockServer, came: WebhookReceiver) -> None:
    """The notices are equal, so that the second can be recognised as a duplicate."""
    client, secret = sent_under(runflow, came, "callback-duplicated")
    with client:
        pairs = zip(came.bodies, came.headers, strict=True)
        first, second = (client.callback(body, headers, secret=secret) for body, headers in pairs)

    assert first == second
    assert first.verified


def test_callbacks_out_of_order_each_name_their_job(runflow: MockServer, came: WebhookReceiver) -> None:
    """The later job's arrives first."""
    client, secret = sent_under(runflow, came, "callback-out-of-order; within=500; nth=1")
    with client:
        later = client.submit(*WORK["runflow"], callback_url=came.url)
        runflow.advance(30)
        notices = [
            client.callback(body, headers, secret=secret)
            for body, headers in zip(came.bodies, came.headers, strict=True)
        ]

    assert [notice.job.id for notice in notices] == [later.id, jobs(runflow)[0].id]


@pytest.mark.parametrize("fault", ["callback-badly-signed", "callback-rotated-secret"])
def test_a_callback_that_is_not_signed_with_the_secret_is_rejected(
    runflow: MockServer, came: WebhookReceiver, fault: str
) -> None:
    """Though it says what a good one says."""
    client, secret = sent_under(runflow, came, fault)
    (body,), (headers,) = came.bodies, came.headers
    with client, pytest.raises(CallbackRefused, match="does not sign its bytes"):
        client.callback(body, headers, secret=secret)
    assert orjson.loads(body)["run_id"] == jobs(runflow)[0].id


def test_an_oversized_callback_is_read_and_verified(runflow: MockServer, came: WebhookReceiver) -> None:
    """It is signed over all of it."""
    client, secret = sent_under(runflow, came, "callback-oversized; bytes=500000")
    (body,), (headers,) = came.bodies, came.headers
    with client:
        assert len(body) == 500_000
        assert client.callback(body, headers, secret=secret).verified
