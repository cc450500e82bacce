"""Strict clients under faults: what may be asked again when a reply was damaged, and what may not be believed."""

import httpx2
from engine.faults.conftest import Received
from engine.faults.test_client import Paused, play, told

from mockreel import serving
from mockreel.server.mock_server import RunningStage

LITE = ("google/veo3.1/lite", {"prompt": "A kite."})


def broken(stage: RunningStage) -> list[str]:
    return [one.rule for one in stage.violations(rules=["all"])]


def test_a_poll_whose_reply_was_damaged_may_be_sent_again() -> None:
    """Though the job was over then: nobody had been told."""
    with serving("runflow", held=True) as stage, Paused(stage) as client:
        job = client.submit(*LITE)
        stage.advance(100)
        play(stage, "truncated; operation=get_run; nth=1")
        assert client.poll(job).state == "succeeded"
        assert broken(stage) == []

        client.poll(job)
        assert "polled-after-end" in broken(stage)


def test_a_refusal_that_never_arrived_may_be_asked_for_again() -> None:
    """A whole one may not."""
    with serving("runflow", held=True) as stage, httpx2.Client(trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {stage.runflow.key}"
        url = f"{stage.runflow.url}/v1/runs/00000000-0000-7000-8000-000000000000"
        play(stage, "truncated; nth=1")
        try:
            client.get(url)
        except httpx2.RemoteProtocolError:
            client.get(url)
        assert "retried-permanent-error" not in broken(stage)

        client.get(url)
        assert "retried-permanent-error" in broken(stage)


def test_who_takes_a_badly_signed_callback_is_told_so(received: Received) -> None:
    """With 2xx; a former secret may be taken, while it is being rotated."""
    for fault, found in (("callback-badly-signed", ["accepted-bad-signature"]), ("callback-rotated-secret", [])):
        with serving("runflow", held=True) as stage:
            told(stage, received, fault)[0].close()
            assert broken(stage) == found
