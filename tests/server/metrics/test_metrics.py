"""`/metrics`: what happened, as the real parser of Prometheus reads it."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.caller import Caller

from mockreel import serving
from mockreel.engine.accounts.account import KeyEntry
from mockreel.server.metrics.metrics import Metrics
from mockreel.server.metrics.prometheus_text import Family, Histogram, exposition
from mockreel.simulator.simulator import Simulator
from mockreel.webhooks import MemorySender

TOKEN = "a-token-of-24-signs-only"
RUNS = "/v1/models/google/veo3.1/lite/runs"
Samples = Mapping[tuple[str, tuple[tuple[str, str], ...]], float]


def _read(text: bytes) -> Samples:
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(text.decode())
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def _submit(ask: Callable[..., Caller], **fields: Any) -> None:
    body = {"input": {"prompt": "A boat.", "duration": "6s", "resolution": "720p"}, **fields}
    assert ask("runflow")("POST", RUNS, body).status == 201


@pytest.fixture
def metrics(simulator: Simulator) -> Metrics:
    """Counts the simulator of the test."""
    return Metrics(simulator)


def test_requests_are_counted_by_operation_and_status(metrics: Metrics, ask: Callable[..., Caller]) -> None:
    """And error responses by their name in the contract."""
    ask("runflow")("GET", "/v1/runs")
    ask("runflow")("GET", "/v1/runs")
    ask("runflow", None)("GET", "/v1/runs")
    found = _read(metrics.to_bytes())

    assert found[_requests("list_runs", "200")] == 2
    assert found[_requests("list_runs", "401")] == 1
    assert found["mockreel_error_responses_total", (("error", "no-key"), ("provider", "runflow"))] == 1


def _requests(operation: str, status: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return "mockreel_requests_total", (("operation", operation), ("provider", "runflow"), ("status", status))


def test_jobs_are_counted_by_the_state_they_are_in(
    metrics: Metrics, simulator: Simulator, ask: Callable[..., Caller], run: Callable[[Any], Any]
) -> None:
    """One that has gone on is counted there only; a reset leaves none."""
    _submit(ask)
    assert _states(metrics) == {"queued": 1}
    run(simulator.advance(60))
    assert _states(metrics) == {"succeeded": 1}
    run(_reset(simulator))
    assert _states(metrics) == {}


async def _reset(simulator: Simulator) -> None:
    simulator.reset()


def _states(metrics: Metrics) -> dict[str, float]:
    found = _read(metrics.to_bytes())
    return {dict(labels)["state"]: value for (name, labels), value in found.items() if name == "mockreel_jobs"}


def test_webhook_attempts_are_counted_with_how_late_they_were(
    metrics: Metrics,
    simulator: Simulator,
    ask: Callable[..., Caller],
    run: Callable[[Any], Any],
    sink: MemorySender,
) -> None:
    """Every attempt by what the receiver answered."""
    answers = iter([500, 204])
    sink.receiver = lambda _: next(answers)
    _submit(ask, callback_url="http://127.0.0.1:9/hook")
    run(simulator.advance(60))
    found = _read(metrics.to_bytes())

    results = {
        dict(labels)["result"]: value for (name, labels), value in found.items() if name.endswith("attempts_total")
    }
    assert results == {"500": 1, "204": 1}
    assert found["mockreel_webhook_lateness_seconds_count", (("provider", "runflow"),)] == 2
    assert found["mockreel_webhook_lateness_seconds_sum", (("provider", "runflow"),)] == 0


def test_the_estimated_cost_avoided_is_a_figure(metrics: Metrics, ask: Callable[..., Caller]) -> None:
    """Per currency; jobs of unknown price are counted beside."""
    _submit(ask)
    found = _read(metrics.to_bytes())

    assert found["mockreel_cost_avoided", (("currency", "USD"),)] == 0.18
    assert found["mockreel_cost_unknown_jobs", ()] == 0


def test_counters_never_fall(
    metrics: Metrics, simulator: Simulator, ask: Callable[..., Caller], run: Callable[[Any], Any]
) -> None:
    """A reset of the server is none of them."""
    ask("runflow")("GET", "/v1/runs")
    metrics.to_bytes()
    run(_reset(simulator))
    ask("runflow")("GET", "/v1/runs")

    assert _read(metrics.to_bytes())[_requests("list_runs", "200")] == 2


def test_a_label_may_hold_anything() -> None:
    """The parser reads back what was counted."""
    text = 'a "quoted"\\ text\nof two lines'
    family = Family("things_total", "Says\nthings \\ so.", "counter", ("what",))
    family.add(text)

    assert _read(exposition([family])) == {("things_total", (("what", text),)): 1}


def test_a_histogram_counts_up(  # as its parsers want it: each bucket holds those before it
) -> None:
    """To the number of all values."""
    histogram = Histogram("late_seconds", "So late.", ("who",), (1.0, 2.5))
    for value in (0.5, 2.0, 2.5, 9.0):
        histogram.observe("me", value=value)
    found = _read(exposition([histogram]))
    buckets = {dict(labels)["le"]: value for (name, labels), value in found.items() if name.endswith("_bucket")}

    assert buckets == {"1": 1, "2.5": 3, "+Inf": 4}
    assert found["late_seconds_sum", (("who", "me"),)] == 14


def test_a_server_serves_its_figures() -> None:
    """With the type that Prometheus expects."""
    with serving(metrics=True) as server:
        httpx2.get(f"{server.runflow.url}/v1/health", trust_env=False)
        response = httpx2.get(f"{server.control.url}/metrics", trust_env=False)

    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert _read(response.content)[_requests("get_health", "200")] == 1


def test_without_the_option_nothing_is_counted() -> None:
    """And the answer says which one it is."""
    with serving() as server:
        response = httpx2.get(f"{server.control.url}/metrics", trust_env=False)

    assert response.status_code == 404
    assert "--metrics" in response.json()["detail"]


def test_off_loopback_the_token_is_needed() -> None:
    """As for the control API."""
    with serving(host="0.0.0.0", keys=[KeyEntry("a-key", "one")], token=TOKEN, metrics=True) as server:
        url = f"http://127.0.0.1:{server.control.url.rpartition(':')[2]}/metrics"
        without = httpx2.get(url, trust_env=False)
        admitted = httpx2.get(url, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False)

    assert (without.status_code, admitted.status_code) == (403, 200)
