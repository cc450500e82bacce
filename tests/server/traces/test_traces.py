"""Traces: what a request, its job and its webhooks become, as an exporter in memory receives it."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from support.local_http import WebhookReceiver, webhook_receiver

from mockreel import MockServer, serving
from mockreel.client.admin import ControlClient

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    """It rejects the first attempt."""
    with webhook_receiver(lambda number: 500 if number == 1 else 204) as found:
        yield found


def _spans(server_does: Any) -> list[ReadableSpan]:
    """The spans of a server on a paused clock; those of jobs end with it, too."""
    exporter, tracers = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    with serving(held=True, traces=tracers) as server:
        server_does(server)
    return list(exporter.get_finished_spans())


def _submit(server: MockServer, *, headers: Mapping[str, str] | None = None, **fields: Any) -> httpx2.Response:
    return httpx2.post(
        f"{server.runflow.url}/v1/models/google/veo3.1/lite/runs",
        json={"input": {"prompt": "A boat."}, **fields},
        headers={"authorization": f"Bearer {server.runflow.key}", **(headers or {})},
        trust_env=False,
    )


def _advance(server: MockServer) -> None:
    with ControlClient(server.control.url) as control:
        control.advance(60)


def test_a_request_continues_the_trace_of_its_caller() -> None:
    """With the operation as its name, and the status."""

    def does(server: MockServer) -> None:
        assert _submit(server, headers={"traceparent": PARENT}).status_code == 201

    request = next(span for span in _spans(does) if span.kind is SpanKind.SERVER)

    assert request.name == "POST create_run"
    assert request.attributes is not None
    assert request.attributes["http.response.status_code"] == 201
    assert request.parent is not None
    assert f"{request.context.trace_id:032x}" == PARENT.split("-")[1]
    assert f"{request.parent.span_id:016x}" == PARENT.split("-")[2]


def test_a_job_is_a_child_of_its_request_and_attempts_are_children_of_the_job(receiver: WebhookReceiver) -> None:
    """All in one trace; the webhook carries the context of its attempt."""

    def does(server: MockServer) -> None:
        _submit(server, callback_url=receiver.url)
        _advance(server)

    spans = _spans(does)
    (request,) = (span for span in spans if span.kind is SpanKind.SERVER)
    (job,) = (span for span in spans if span.kind is SpanKind.INTERNAL)
    first, second = (span for span in spans if span.kind is SpanKind.CLIENT)

    assert job.parent is not None
    assert job.parent.span_id == request.context.span_id
    assert [one.parent and one.parent.span_id for one in (first, second)] == [job.context.span_id] * 2
    assert first.name == "webhook run.completed"
    assert [one.status.status_code for one in (first, second)] == [StatusCode.ERROR, StatusCode.UNSET]
    carried = [headers["traceparent"].split("-")[2] for headers in receiver.headers]
    assert carried == [f"{one.context.span_id:016x}" for one in (first, second)]
    assert len({span.context.trace_id for span in spans}) == 1


def test_a_jobs_span_has_the_states_that_it_entered(receiver: WebhookReceiver) -> None:
    """In the provider's words, with the moments of the simulator's clock."""

    def does(server: MockServer) -> None:
        _submit(server)
        _advance(server)

    (job,) = (span for span in _spans(does) if span.kind is SpanKind.INTERNAL)

    assert [event.name for event in job.events] == ["queued", "dispatching", "running", "succeeded"]
    assert job.attributes is not None
    assert job.attributes["mockreel.state"] == "succeeded"


def test_polls_begin_no_job() -> None:
    """Each is a request of its own."""

    def does(server: MockServer) -> None:
        run = _submit(server).json()
        url, key = f"{server.runflow.url}/v1/runs/{run['id']}", server.runflow.key
        for _ in range(2):
            httpx2.get(url, headers={"authorization": f"Bearer {key}"}, trust_env=False)

    spans = _spans(does)

    assert sorted(span.name for span in spans) == ["GET get_run", "GET get_run", "POST create_run", "job runflow"]


def test_an_error_response_is_named() -> None:
    """By its name in the contract; a client's error is no error of the server."""

    def does(server: MockServer) -> None:
        assert _submit(server, input={"prompt": 1}).status_code == 422

    (request,) = _spans(does)

    assert request.attributes is not None
    assert request.attributes["error.type"] == "invalid-body"
    assert request.status.status_code is StatusCode.UNSET


def test_no_span_has_a_key_or_a_prompt() -> None:
    """Nor an address."""

    def does(server: MockServer) -> None:
        _submit(server, callback_url="http://127.0.0.1:9/hook?token=secret-of-the-hook")
        _advance(server)

    reported = "".join(span.to_json() for span in _spans(does))

    assert not [text for text in ("rf_live_", "A boat.", "secret-of-the-hook") if text in reported]
