"""Servers that answer with what no check expects: it is contained, other verdicts and the time are kept."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import pytest
from conformance.saboteurs.response_changes import setting
from conformance.saboteurs.saboteur import Stranger, altering, honest_contract, meddling

from mockreel.conformance.check import Check, Outcome
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.conformance.checks import EVERY
from mockreel.conformance.generated.generated_requests import Generated
from mockreel.conformance.other_readings import fitting_readings
from mockreel.conformance.reports.report import Report
from mockreel.conformance.spending_guard import SpendingGuard
from mockreel.conformance.suite import Plan
from mockreel.conformance.targets.url_target import RemoteTarget, Unreachable
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem
from mockreel.webhooks import Outgoing


def outcomes_of(target: Stranger, *checks: Check, budget: float = 100_000) -> list[Outcome]:
    context = CheckContext(target.contract, target, CheckOptions(quick=True, budget=budget))
    try:
        return list(run(context, checks)) if checks else list(run(context))
    finally:
        target.close()


def trips(context: CheckContext) -> Iterator[Problem]:
    context.judged()
    raise TypeError("this was not expected")
    yield


def holds(context: CheckContext) -> Iterator[Problem]:
    context.judged()
    yield from ()


def test_a_check_that_breaks_could_not_be_run_and_leaves_the_others() -> None:
    """Its outcome names the error, the exit code is 2, the verdicts around it are kept."""
    checks = (Check("one", "", "reads", holds), Check("two", "", "reads", trips), Check("three", "", "reads", holds))
    outcomes = outcomes_of(Stranger(honest_contract("aimlapi")), *checks)

    verdicts = {one.check: one.verdict for one in outcomes}
    assert (verdicts["one"], verdicts["two"], verdicts["three"]) == ("holds", "broke", "holds")
    assert "TypeError: this was not expected" in outcomes[1].error
    assert Report("mock", "1", 0, tuple(outcomes[:3])).exit_code == 2


def test_moments_with_and_without_an_offset_fall_short() -> None:
    """They cannot be compared, which is a finding and no traceback."""
    change = setting("/created_at", "2026-01-01T00:00:00")
    target = Stranger(honest_contract("runflow"), answering=altering("get_run", change=change)())

    outcomes = outcomes_of(target)

    assert next(one for one in outcomes if one.check == "record.moments").verdict == "falls short"
    assert [one.check for one in outcomes if one.verdict == "broke"] == []


def test_a_webhook_that_is_no_text_falls_short() -> None:
    """Bytes that are no UTF-8 are a finding and no traceback."""

    def junk(message: Outgoing, _: int) -> Outgoing:
        return replace(message, body=b"\xff\xfe")

    outcomes = outcomes_of(Stranger(honest_contract("runflow"), sender=meddling(junk)))

    assert next(one for one in outcomes if one.check == "callback.valid").verdict == "falls short"
    assert [one.check for one in outcomes if one.verdict == "broke"] == []


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
@pytest.mark.parametrize("pause", [0.05, 1.0, 2.0])
def test_the_budget_bounds_the_time(provider: str, pause: float) -> None:
    """However slow the target is, the run ends within a tenth more than its budget, by the target's own clock."""
    target = Stranger(honest_contract(provider))
    target.pause = pause
    start = target.now()

    outcomes = outcomes_of(target, budget=60)

    assert target.now() - start <= 66
    assert outcomes


def starved(context: CheckContext, seconds: float) -> None:
    """Let each case that is judged take so long, as on a machine that has no time for us."""
    judged = context.judged

    def slowly(cases: int = 1) -> None:
        context.target.wait(seconds)
        judged(cases)

    context.judged = slowly  # type: ignore[method-assign]


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
@pytest.mark.parametrize("seconds", [0.02, 0.5, 3.0])
def test_the_budget_bounds_the_time_of_a_starved_machine(provider: str, seconds: float) -> None:
    """However long it takes to judge what came, the run ends in time; what is left says how many minutes it needs."""
    target = Stranger(honest_contract(provider))
    context = CheckContext(target.contract, target, CheckOptions(quick=True, budget=60))
    context.budget.requests_planned = 5000
    starved(context, seconds)
    start = target.now()

    outcomes = list(run(context))
    elapsed = target.now() - start
    target.close()

    assert elapsed <= 66
    assert {one.verdict for one in outcomes} <= {"holds", "not checked"}
    reasons = {reason for one in outcomes for reason in one.skip_reasons if "is used up" in reason}
    assert all(re.search(r"the rest needs \d+ more minutes?: give --budget \d+ or more", one) for one in reasons)
    assert reasons
    assert sum(one.cases for one in outcomes) > 0


def test_time_is_left_for_the_checks_of_jobs() -> None:
    """A run whose first checks take all of the time still judges what it saw of its jobs."""
    target = Stranger(honest_contract("aimlapi"))
    context = CheckContext(target.contract, target, CheckOptions(quick=True, budget=60))

    def endless(context: CheckContext) -> Iterator[Problem]:
        while True:
            context.target.wait(1.0)
            context.tasks_due()
            context.budget.check_time()
            context.judged()
        yield

    jobs = [one for one in EVERY if one.id in ("lifecycle.known", "lifecycle.forward")]
    outcomes = {one.check: one.verdict for one in run(context, [Check("endless", "", "reads", endless), *jobs])}
    target.close()

    assert outcomes["endless"] == "not checked"
    assert (outcomes["lifecycle.known"], outcomes["lifecycle.forward"]) == ("holds", "holds")


def test_a_generator_that_works_on_when_the_time_is_up_sends_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What generates may be at work for long: it is left, and what it did not send is told."""
    target = Stranger(honest_contract("aimlapi"))
    generated = Generated(CheckContext(target.contract, target, CheckOptions(budget=0.2)), budget=0.2, left=0.2)
    go_on, sent = threading.Event(), threading.Event()

    def works_on(self: Generated, _: object) -> None:
        go_on.wait(30)
        answer = self._app(
            {"PATH_INFO": "/v1/models", "REQUEST_METHOD": "GET", "wsgi.input": BytesIO()}, lambda *_: None
        )
        assert answer == [b""]
        sent.set()

    monkeypatch.setattr(Generated, "_generate", works_on)
    outcomes = list(generated.run())
    go_on.set()

    assert sent.wait(30)
    assert {one.verdict for one in outcomes} == {"not checked"}
    assert "were left when the time was up" in outcomes[0].skip_reasons[0]
    target.close()


def test_other_readings_are_not_tried_when_the_time_is_up() -> None:
    """A note says so."""
    contract = honest_contract("runninghub")
    target = Stranger(contract)
    context = CheckContext(contract, target, CheckOptions(quick=True, budget=1), ends=target.now() - 1)
    problem = Problem(context.facts.row("no-key"), "one", "other", SentRequest("GET", "/"), "x")
    context.passing.append(problem)
    context.budget.requests_sent = 1
    outcome = next(one for one in run(context, ()) if one.check == "reply.documented")
    target.close()

    assert outcome.verdict == "falls short"
    assert fitting_readings(context, Plan(providers=("runninghub",)), [outcome]) == [
        "the time ended before every other reading was tried"
    ]


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler, int], None]) -> Iterator[str]:
    """A server over sockets; `answer` gets the handler and how many requests came before."""
    count = iter(range(1_000_000))

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65536)
            if self.raw_requestline and self.parse_request():
                answer(self, next(count))
            self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fine(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")


def remote(url: str) -> RemoteTarget:
    contract = honest_contract("aimlapi")
    return RemoteTarget(url, contract, guard=SpendingGuard(contract, "full"), keys={})


def drops_the_first(handler: BaseHTTPRequestHandler, number: int) -> None:
    if number:
        fine(handler)


def test_a_read_whose_connection_is_dropped_is_sent_once_more() -> None:
    """As any client does; it is counted."""
    with answering(drops_the_first) as url:
        target = remote(url)
        response = target.send(SentRequest("GET", "/x"))
        target.close()

    assert (response.status, target.dropped) == (200, 1)


def test_a_write_whose_connection_is_dropped_is_not_sent_again() -> None:
    """It may have begun a job."""
    with answering(drops_the_first) as url:
        target = remote(url)
        with pytest.raises(Unreachable, match="was not answered"):
            target.send(SentRequest("POST", "/x", body=b"{}"))
        target.close()


def test_a_body_with_a_false_content_encoding_is_reported() -> None:
    """In words, not in those of a library."""

    def junk(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\njunk")

    with answering(junk) as url:
        target = remote(url)
        with pytest.raises(Unreachable, match="not packed as its content-encoding says"):
            target.send(SentRequest("GET", "/x"))
        target.close()
