"""Strict clients under faults: what may be repeated after a faulty response, and what must not be trusted."""

import httpx2
from engine.faults.test_client import Paused, play, sent_under
from support.local_http import WebhookReceiver

from mockreel import serving
from mockreel.server.mock_server import MockServer

LITE = ("google/veo3.1/lite", {"prompt": "A kite."})


def broken(server: MockServer) -> list[str]:
    return [one.rule for one in server.violations(rules=["all"])]


def test_a_poll_with_a_faulty_response_may_be_repeated() -> None:
    """Although the job had ended: the client did not know."""
    with serving("runflow", held=True) as server, Paused(server) as client:
        job = client.submit(*LITE)
        server.advance(100)
        play(server, "truncated; operation=get_run; nth=1")
        assert client.poll(job).state == "succeeded"
        assert broken(server) == []

        client.poll(job)
        assert "polled-after-end" in broken(server)


def test_a_request_with_a_lost_error_response_may_be_repeated() -> None:
    """A whole one may not."""
    with serving("runflow", held=True) as server, httpx2.Client(trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {server.runflow.key}"
        url = f"{server.runflow.url}/v1/runs/00000000-0000-7000-8000-000000000000"
        play(server, "truncated; nth=1")
        try:
            client.get(url)
        except httpx2.RemoteProtocolError:
            client.get(url)
        assert "retried-permanent-error" not in broken(server)

        client.get(url)
        assert "retried-permanent-error" in broken(server)


def test_accepting_a_badly_signed_callback_is_reported(received: WebhookReceiver) -> None:
    """With 2xx; a former secret may be accepted during a rotation."""
    for fault, found in (("callback-badly-signed", ["accepted-bad-signature"]), ("callback-rotated-secret", [])):
        with serving("runflow", held=True) as server:
            sent_under(server, received, fault)[0].close()
            assert broken(server) == found
