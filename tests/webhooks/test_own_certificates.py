"""`serve`, `listen --forward-to` and `trigger` reach a receiver at `https://localhost` with one's own certificate."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner
from support.local_http import WebhookReceiver, webhook_receiver

from mockreel.cli import group
from mockreel.server.socket_server import serving
from mockreel.server.webhook_receiver import HandledWebhook, Receiver, Server
from mockreel.simulator.in_process.sample_webhooks import happening
from mockreel.simulator.simulator import load_contracts
from mockreel.webhooks import Targets
from mockreel.webhooks.recognition import Recogniser

trustme = pytest.importorskip("trustme")


@dataclass(frozen=True)
class Handler:
    """A webhook handler with TLS, and the file of its authority."""

    receiver: WebhookReceiver
    ca: Path


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[Handler]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    with webhook_receiver(tls=context, name="localhost") as receiver:
        yield Handler(receiver, ca)


@pytest.mark.parametrize("by", ["option", "environment", "nothing"])
def test_serve_delivers_there(by: str, handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """If its authority is named; else the delivery says what to do."""
    if by == "environment":
        monkeypatch.setenv("SSL_CERT_FILE", str(handler.ca))
    with serving("runflow", held=True, ca=handler.ca if by == "option" else None) as server:
        body = {"input": {"prompt": "a boat", "duration": "4s"}, "callback_url": handler.receiver.url}
        url = f"{server.runflow.url}/v1/models/google/veo3.1/lite/runs"
        made = httpx2.post(url, json=body, headers={"Authorization": "Bearer k"}, trust_env=False)
        assert made.status_code == 201
        server.advance(100)
        (delivery,) = server.simulator.provider("runflow").deliveries

    trusted = by != "nothing"
    assert (delivery.status, len(handler.receiver.received)) == (("delivered", 1) if trusted else ("failed", 0))
    assert trusted or "--ca FILE, or SSL_CERT_FILE" in delivery.reason


@pytest.mark.parametrize("named", [True, False])
def test_trigger_sends_there(named: bool, handler: Handler) -> None:
    """With `--ca`; without it, it says so and ends with 1."""
    more = ["--ca", str(handler.ca)] if named else []
    ended = CliRunner().invoke(group, ["trigger", "runflow", "run.completed", "--to", handler.receiver.url, *more])

    assert (ended.exit_code, len(handler.receiver.received)) == ((0, 1) if named else (1, 0))
    assert named or "--ca FILE, or SSL_CERT_FILE" in ended.output


@contextlib.contextmanager
def listening(ca: Path | None, forward: str) -> Iterator[tuple[str, list[HandledWebhook]]]:
    """A `listen` that hands on, and what it has shown."""
    shown: list[HandledWebhook] = []
    ready = threading.Event()
    receiver = Receiver(
        Recogniser(load_contracts(["runflow"]).values()), Targets(), shown.append, forward=forward, ca=ca
    )
    server = Server(receiver, ready=lambda _: ready.set())
    thread = threading.Thread(target=server.listen)
    thread.start()
    try:
        assert ready.wait(20)
        yield server.url, shown
    finally:
        server.end()
        thread.join()


@pytest.mark.parametrize("named", [True, False])
def test_listen_hands_on_there(named: bool, handler: Handler) -> None:
    """As `listen --forward-to https://localhost… --ca FILE`; else its sender gets 502."""
    sample = happening(load_contracts(["runflow"])["runflow"], "run.completed")
    with listening(handler.ca if named else None, handler.receiver.url) as (url, shown):
        response = httpx2.post(url, content=sample.body, headers=dict(sample.headers), trust_env=False)

    assert (response.status_code, len(handler.receiver.received)) == ((204, 1) if named else (502, 0))
    assert named or "--ca FILE" in shown[0].handed
