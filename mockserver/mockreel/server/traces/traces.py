"""Spans of a simulator: a request, the job that it began, and every attempt to deliver a webhook about it.

A request continues the trace of its `traceparent` header, a job is a child of its request, an attempt a child of its
job; and the webhook carries the context of its attempt, so that the receiver's trace goes on.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mockreel import __version__
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.events import Event
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import Delivery, Outcome, Outgoing, Sender
from mockreel.webhooks.dispatcher import Attempting

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider
    from mockreel.simulator.provider_adapter import Answer

# The most jobs with a known span; webhooks about an older one begin a new trace.
MOST_JOBS = 10_000
_W3C = TraceContextTextMapPropagator()
_CARRIED = {b"traceparent", b"tracestate"}
_PENDING = "pending"


class Traces:
    """Makes the spans of a simulator, beside what it does.

    Args:
        tracers: makes the tracer; its processors decide where spans go.
    """

    def __init__(self, simulator: Simulator, tracers: TracerProvider) -> None:
        self._tracer = tracers.get_tracer("mockreel", __version__)
        self._jobs: OrderedDict[tuple[str, str], Span] = OrderedDict()
        for simulated in simulator.providers.values():
            requests, attempts = RequestSpans(self, simulated), AttemptSpans(self, simulated.name)
            simulated.answer_through(requests.wrap)
            simulated.deliveries.attempt_through(attempts.wrap)
            simulated.deliveries.send_through(attempts.sending)

    def start(self, name: str, kind: SpanKind, context: Context | None, attributes: Mapping[str, Any]) -> Span:
        return self._tracer.start_span(name, context=context, kind=kind, attributes=attributes)

    def begin_job(self, provider: str, job: str, operation: str | None, parent: Context) -> None:
        """Begin the span of a job, as a child of its request's; once."""
        if (provider, job) in self._jobs:
            return
        attributes = {"mockreel.provider": provider, "mockreel.job": job, "mockreel.operation": operation or ""}
        self._jobs[provider, job] = self.start(f"job {provider}", SpanKind.INTERNAL, parent, attributes)
        if len(self._jobs) > MOST_JOBS:
            oldest = self._jobs.popitem(last=False)[1]
            if oldest.is_recording():
                oldest.end()

    def job(self, provider: str, job: str) -> Context | None:
        """The context of a job's span; None where it is not known."""
        span = self._jobs.get((provider, job))
        return None if span is None else set_span_in_context(span)

    async def run(self, simulator: Simulator) -> None:
        """Write the states of jobs into their spans, until this is cancelled; then end those that are open."""
        try:
            async for news in simulator.events.follow():
                for event in news.events:
                    self._record(event)
        finally:
            self._forget()

    def _forget(self) -> None:
        """End the spans of all jobs."""
        for span in self._jobs.values():
            if span.is_recording():
                span.end()
        self._jobs.clear()

    def _record(self, event: Event) -> None:
        if event.kind == "reset":
            self._forget()
        span = self._jobs.get((event.provider or "", event.job or "")) if event.kind == "state" else None
        if span is None or not span.is_recording():
            return
        span.add_event(event.fields["word"], {"mockreel.clock": event.at})
        if event.fields["state_kind"] == _PENDING:
            return
        span.set_attribute("mockreel.state", event.fields["word"])
        if event.fields["state_kind"] == "failed":
            span.set_status(Status(StatusCode.ERROR))
        span.end()


@dataclass(frozen=True)
class RequestSpans:
    traces: Traces
    simulated: "Provider"

    def wrap(self, answer: "Callable[[Request], Answer]") -> "Callable[[Request], Answer]":
        """The same answers, each within a span."""

        def traced(request: Request) -> "Answer":
            carried = {name.decode(): value.decode("latin-1") for name, value in request.headers if name in _CARRIED}
            attributes = {"http.request.method": request.method, "mockreel.provider": self.simulated.name}
            span = self.traces.start(request.method, SpanKind.SERVER, _W3C.extract(carried), attributes)
            answered = answer(request)
            if isinstance(answered, Response):
                return self._end_span(span, answered)
            self._note_job(span)
            return self._later(span, answered)

        return traced

    async def _later(self, span: Span, answer: Awaitable[Response]) -> Response:
        try:
            response = await answer
        except BaseException:
            span.end()
            raise
        return self._end_span(span, response)

    def _note_job(self, span: Span) -> None:
        """The job of a request that waits for it: it is the newest, and nothing has begun since."""
        newest = next(reversed(self.simulated.jobs), None)
        if newest is not None and newest.created == self.simulated.clock.now():
            self.traces.begin_job(self.simulated.name, newest.id, newest.kind, set_span_in_context(span))

    def _end_span(self, span: Span, response: Response) -> Response:
        journal = self.simulated.journal
        entry = journal.get(journal.count)
        if entry is not None and entry.operation is not None:
            span.update_name(f"{entry.method} {entry.operation}")
            span.set_attribute("mockreel.operation", entry.operation)
        if entry is not None and entry.row is not None:
            span.set_attribute("error.type", entry.row)
        job = self.simulated.jobs.get(entry.job) if entry is not None and entry.job is not None else None
        if entry is not None and job is not None and job.created == entry.at:
            self.traces.begin_job(self.simulated.name, job.id, job.kind, set_span_in_context(span))
        span.set_attribute("http.response.status_code", response.status)
        if response.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        return response


@dataclass(frozen=True)
class AttemptSpans:
    """The spans of one provider's attempts to deliver webhooks."""

    traces: Traces
    provider: str
    _current: ContextVar[Delivery | None] = field(default_factory=lambda: ContextVar("delivery", default=None))

    def wrap(self, attempt: Attempting) -> Attempting:
        """The same attempts; the sender knows the delivery of each."""

        async def traced(delivery: Delivery, began: float) -> None:
            token = self._current.set(delivery)
            try:
                await attempt(delivery, began)
            finally:
                self._current.reset(token)

        return traced

    def sending(self, sender: Sender) -> Sender:
        """The same sender, each attempt within a span whose context the webhook carries."""
        return TracedSender(self, sender)

    def start(self, message: Outgoing) -> tuple[Span, Outgoing]:
        """Begin the span of an attempt, and put its context into the webhook's headers."""
        delivery = self._current.get()
        attributes: dict[str, Any] = {"http.request.method": "POST", "mockreel.provider": self.provider}
        parent, name = None, "webhook"
        if delivery is not None:
            parent, name = self.traces.job(self.provider, delivery.subject), f"webhook {delivery.event}"
            attributes |= {
                "mockreel.job": delivery.subject,
                "mockreel.delivery": delivery.id,
                "mockreel.attempt": len(delivery.attempts) + 1,
            }
        span = self.traces.start(name, SpanKind.CLIENT, parent, attributes)
        carried: dict[str, str] = {}
        _W3C.inject(carried, set_span_in_context(span))
        return span, replace(message, headers=(*message.headers, *carried.items()))


@dataclass(frozen=True)
class TracedSender:
    """Sends within spans."""

    spans: AttemptSpans
    inner: Sender

    async def send(self, message: Outgoing) -> Outcome:
        span, message = self.spans.start(message)
        try:
            outcome = await self.inner.send(message)
            if outcome.status is not None:
                span.set_attribute("http.response.status_code", outcome.status)
            if outcome.error is not None:
                span.set_attribute("error.type", outcome.error)
            if outcome.error is not None or (outcome.status or 0) >= 400:
                span.set_status(Status(StatusCode.ERROR))
            return outcome
        finally:
            span.end()

    async def close(self) -> None:
        await self.inner.close()
