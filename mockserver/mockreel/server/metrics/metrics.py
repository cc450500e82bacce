"""What has happened on a simulator, counted: requests, error responses, jobs, webhook attempts, cost avoided."""

from collections import Counter
from decimal import Decimal
from typing import Any

from mockreel import __version__
from mockreel.contract.messages.message import Response
from mockreel.engine.billing import cost_avoided
from mockreel.server.cooperative_loop import settle_jobs, yielding
from mockreel.server.metrics.prometheus_text import CONTENT_TYPE, Family, Histogram, exposition
from mockreel.simulator.events import Event, News
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks.delivery import lateness

SECONDS = (0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_PENDING = "pending"


class Metrics:
    """Counts the events of a simulator from now on, beside its requests, which it does not slow down.

    The event stream is limited. If more happens between two reads than it holds, the number of uncounted events is a
    metric.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._cursor = 0
        self._open: dict[tuple[str, str], str] = {}  # the state of each open job, by provider and id
        self._states: Counter[tuple[str, str]] = Counter()
        self._info = Family("mockreel_info", "The version.", "gauge", ("version",), {(__version__,): 1})
        self._requests = Family(
            "mockreel_requests_total", "Requests answered.", "counter", ("provider", "operation", "status")
        )
        self._errors = Family(
            "mockreel_error_responses_total",
            "Error responses, by their name in the contract.",
            "counter",
            ("provider", "error"),
        )
        self._faults = Family("mockreel_faults_total", "Faults injected.", "counter", ("provider", "fault"))
        self._jobs = Family("mockreel_jobs", "Jobs by the state they are in.", "gauge", ("provider", "state"))
        self._attempts = Family(
            "mockreel_webhook_attempts_total",
            "Attempts to deliver a webhook, by HTTP status or kind of error.",
            "counter",
            ("provider", "event", "result"),
        )
        self._late = Histogram(
            "mockreel_webhook_lateness_seconds",
            "Simulated seconds between the moment at which an attempt was due and its start.",
            ("provider",),
            SECONDS,
        )
        self._cost = Family("mockreel_cost_avoided", "Estimated cost avoided.", "gauge", ("currency",))
        self._unknown = Family("mockreel_cost_unknown_jobs", "Jobs whose price is not known.", "gauge")
        self._skipped = Family("mockreel_events_skipped_total", "Events that were not counted.", "counter", (), {(): 0})

    async def run(self, simulator: Simulator) -> None:
        """Count until this is cancelled, beside the requests."""
        async for news in simulator.events.follow(self._cursor):
            self._count(news)

    async def response(self) -> Response:
        """What Prometheus is answered."""
        await settle_jobs(self._simulator.providers.values())
        async for _ in yielding(self._simulator.events.starting()):
            pass
        return Response(200, self.to_bytes(), ((b"content-type", CONTENT_TYPE), (b"cache-control", b"no-store")))

    def to_bytes(self) -> bytes:
        """The figures as they are now."""
        self._count(self._simulator.events.since(self._cursor))
        saved = cost_avoided(self._simulator)
        self._cost.set({(currency,): float(Decimal(amount)) for currency, amount in saved.sums.items()})
        self._unknown.set({(): saved.unknown})
        self._jobs.set({labels: count for labels, count in self._states.items() if count})
        families: list[Family | Histogram] = [
            self._info,
            self._requests,
            self._errors,
            self._faults,
            self._jobs,
            self._attempts,
            self._late,
            self._cost,
            self._unknown,
            self._skipped,
        ]
        return exposition(families)

    def _count(self, news: News) -> None:
        if news.cursor <= self._cursor:  # counted already, by a concurrent read
            return
        self._cursor = news.cursor
        self._skipped.add(by=news.skipped)
        for event in news.events:
            self._count_event(event)

    def _count_event(self, event: Event) -> None:
        fields, provider = event.fields, event.provider or ""
        match event.kind:
            case "request":
                self._count_request(provider, fields)
            case "attempt" if not fields["forged"]:
                result = str(fields["status"] or fields["error"])
                self._attempts.add(provider, fields["event"], result)
                self._count_lateness(provider, fields)
            case "state":
                self._count_state(provider, event.job or "", fields)
            case "reset":
                self._open.clear()
                self._states.clear()
            case _:
                pass

    def _count_request(self, provider: str, fields: Any) -> None:
        self._requests.add(provider, fields["operation"] or "", str(fields["status"]))
        if fields["refusal"]:
            self._errors.add(provider, fields["refusal"])
        if fields["fault"]:
            self._faults.add(provider, fields["fault"])

    def _count_lateness(self, provider: str, fields: Any) -> None:
        delivery = self._simulator.provider(provider).deliveries.get(fields["delivery"])
        late = None if delivery is None else lateness(delivery, fields["attempt"])
        if late is not None:
            self._late.observe(provider, value=late)

    def _count_state(self, provider: str, job: str, fields: Any) -> None:
        before = self._open.pop((provider, job), None)
        if before is not None:
            self._states[provider, before] -= 1
        self._states[provider, fields["word"]] += 1
        if fields["state_kind"] == _PENDING:
            self._open[provider, job] = fields["word"]
