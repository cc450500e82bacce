"""What requests cost as jobs grow in number, and how long one of them keeps the event loop from all others.

`python -m bench.growth PROVIDER JOBS` prints figures as JSON: of the processor time of one process, which others on the
machine disturb less. A turn is what a request does before others may be answered.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any

import orjson

from bench import control_turns
from bench.cases import first_act, polled, without_callback
from bench.figures import Figure
from mockreel.cli.use.serve_command import collector_spared
from mockreel.contract import pointers
from mockreel.contract.conversation.demo_jobs import Exchange
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.clock import Clock
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import build_simulator, load_contracts

SIZES = (1_000, 100_000, 1_000_000)
# No request may keep the loop longer, in milliseconds.
LONGEST_STEP = 50.0
# How often submit and poll are measured; what reads every job is measured once.
MANY = 500
START = 1_767_225_600.0
HEADERS = [(b"authorization", b"Bearer bench"), (b"content-type", b"application/json")]
# What looks at many jobs: path and query, by provider.
QUESTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "runflow": {
        "newest runs": ("/v1/runs", "limit=50"),
        "filtered runs": ("/v1/runs", "q=status_code:failed&limit=50"),
        "sorted runs": ("/v1/runs", "sort_by=cost&limit=50"),
        "stats": ("/v1/runs-stats", "start=2025-01-01T00:00:00Z&end=2035-01-01T00:00:00Z"),
        "log of all runs": ("/v1/runs/any/logs", "limit=50"),
    },
    "aimlapi": {"speed of all models": ("/models/metrics", ""), "transactions": ("/v2/billing/transactions", "")},
    "runninghub": {"tasks that wait": ("/openapi/v2/queue/status", "")},
}


def figures(providers: tuple[str, ...], *, sizes: tuple[int, ...]) -> list[Figure]:
    """Every question at every size, each size in a process of its own."""
    return [
        Figure(**row)
        for provider in providers
        if first_act(provider) is not None
        for jobs in sizes
        for row in orjson.loads(
            subprocess.run(
                [sys.executable, "-m", "bench.growth", provider, str(jobs)], capture_output=True, check=True
            ).stdout
        )
    ]


def measure(name: str, jobs: int) -> Iterator[Mapping[str, Any]]:
    """Submit that many jobs to a provider in this process, let them end, and send requests."""
    clock = Clock(held=True, start=START)
    settings = Settings(max_jobs=jobs + MANY + 1)
    with collector_spared():  # as `serve` does
        simulator = build_simulator(load_contracts([name]), clock=clock, accept_any_key=True, settings=settings)
    provider = simulator.provider(name)
    act = first_act(name)
    assert act is not None
    assert act.poll is not None
    body = orjson.dumps(without_callback(act.submit.body))
    submit = Request(act.submit.method, act.submit.path, HEADERS, b"", body, "http://bench")
    for _ in range(jobs):
        clock.advance_to(clock.now() + 0.001)
        response = _done(provider.answer(submit))
    clock.advance_to(clock.now() + 3600)
    poll = _request(polled(act.poll, str(pointers.value(orjson.loads(response.body), act.id or ""))))
    title = f"{name} at {jobs:,} jobs"
    yield _row(f"{title}: poll", median(_turn(provider, poll)[0] for _ in range(MANY)) * 1000, "us")
    yield _row(f"{title}: submit", median(_turn(provider, submit)[0] for _ in range(MANY)) * 1000, "us")
    for what, (path, query) in QUESTIONS.get(name, {}).items():
        request = Request("GET", path, HEADERS, query.encode(), b"", "http://bench")
        longest, count = _turn(provider, request)
        yield _row(f"{title}: {what}, longest of {count:,} turns", longest, "ms", aim=LONGEST_STEP, at_most=True)
    while len(provider.jobs) < settings.max_jobs:
        _done(provider.answer(submit))
    yield _row(
        f"{title}: the submit that reaches the limit", _turn(provider, submit)[0], "ms", aim=LONGEST_STEP, at_most=True
    )
    yield _row(f"{title}: a submit beyond it", median(_turn(provider, submit)[0] for _ in range(MANY)) * 1000, "us")
    newest = next(reversed(provider.jobs)).id
    for what, longest, count, size in control_turns.turns(simulator, f"{name}/{newest}"):
        reported = f"{title}: {what} over control ({size:,} bytes), longest of {count:,} turns"
        yield _row(reported, longest, "ms", aim=LONGEST_STEP, at_most=True)


def _row(name: str, value: float, unit: str, **more: Any) -> Mapping[str, Any]:
    return {"name": name, "value": value, "unit": unit, **more}


def _request(exchange: Exchange) -> Request:
    path, _, query = exchange.path.partition("?")
    body = b"" if exchange.body is None else orjson.dumps(exchange.body)
    return Request(exchange.method, path, HEADERS, query.encode(), body, "http://bench")


def _turn(provider: Provider, request: Request) -> tuple[float, int]:
    """Milliseconds of the longest step of a request, and the number of its steps."""
    taken: list[float] = []
    answer = _timed(taken, lambda: provider.answer(request))
    if not isinstance(answer, Response):
        steps = answer.__await__()
        try:
            while True:
                _timed(taken, lambda: next(steps))
        except StopIteration as ended:
            answer = ended.value
    assert answer.status < 300, answer.body
    return max(taken), len(taken)


def _timed(taken: list[float], step: Callable[[], Any]) -> Any:
    began = time.process_time()
    try:
        return step()
    finally:
        taken.append((time.process_time() - began) * 1000)


def _done(answer: Answer) -> Response:
    assert isinstance(answer, Response)
    assert answer.status < 300, answer.body
    return answer


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps([*measure(sys.argv[1], int(sys.argv[2]))]))
