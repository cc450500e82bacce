"""`check --handler`: an honest handler of webhooks holds; each mistake is told, by the question that is about it."""

import dataclasses
import shutil
import subprocess
import threading
import time
from datetime import datetime
from typing import Any

import pytest
from conformance.handlers import (
    BROKEN,
    FORMER,
    HONEST,
    SECRET,
    Looking,
    WebhookRequest,
    careful,
    closing,
    comparing,
    receiving,
    sign_body,
    tolerant,
    trusting,
)

from mockreel.conformance.handler import HandlerPlan, Job, check_handler
from mockreel.conformance.handler.handler_pace import Pace
from mockreel.conformance.reports.report import Report
from mockreel.errors import MockreelError, OptionError

PLAN = HandlerPlan(SECRET, former=(FORMER,))


def check_own_handler(handle: Any, provider: str = "runflow", **plan: Any) -> Report:
    with receiving(handle) as url:
        return check_handler(url, provider, dataclasses.replace(PLAN, **plan))


def wrong(report: Report) -> set[str]:
    return {outcome.check for outcome in report.outcomes if outcome.verdict == "falls short"}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_handler_holds(name: str) -> None:
    """Strict or tolerant, whatever it answers to a forgery; nothing is left out."""
    report = check_own_handler(HONEST[name]())

    assert wrong(report) == set()
    assert report.exit_code == 0
    assert [outcome.check for outcome in report.outcomes if outcome.skip_reasons or not outcome.cases] == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_of_a_handler_is_reported(name: str) -> None:
    """By the question that is about it, with a line that sends the same again."""
    make, question = BROKEN[name]
    report = check_own_handler(make())

    assert f"handler.{question}" in wrong(report)
    assert report.exit_code == 1
    assert all("curl" in finding.curl for finding in report.findings)


@pytest.mark.parametrize("begin", range(0, 57, 8))
def test_eight_digits_are_never_enough(begin: int) -> None:
    """Wherever they stand among the 64."""
    report = check_own_handler(comparing(lambda digits: digits[begin : begin + 8]))

    assert "handler.forged" in wrong(report)


def test_a_handler_that_looks_up_its_run_learns_of_it_first() -> None:
    """By a callable: every job is known before its first webhook, and told once."""
    looking, jobs = Looking(), []

    def known(job: Job) -> None:
        jobs.append(job.id)
        looking.known.add(job.id)

    report = check_own_handler(looking, before=known)

    assert wrong(report) == set()
    assert len(jobs) == len(set(jobs))
    assert "handler.valid" in wrong(check_own_handler(Looking()))


def test_a_url_can_be_called_with_each_job_before_its_webhooks() -> None:
    """The job comes as JSON, with what its webhook will say."""
    looking = Looking()

    def known(request: WebhookRequest) -> int:
        assert request.payload["provider"] == "runflow"
        assert request.payload["payload"]["run_id"] == request.payload["id"]
        looking.known.add(request.payload["id"])
        return 201

    with receiving(known) as url:
        assert wrong(check_own_handler(looking, before=url)) == set()


def test_a_job_that_cannot_be_made_known_is_an_error() -> None:
    """One sentence that says what was sent where, and what is expected."""
    with receiving(lambda _: 500) as url, pytest.raises(MockreelError, match=r"--before .* answered 500"):
        check_own_handler(careful, before=url)


def test_what_is_inferred_is_doubtful() -> None:
    """A handler that accepts whatever is signed, malformed too, breaks no document."""
    report = check_own_handler(tolerant)

    assert {one.check for one in report.outcomes if one.verdict == "doubtful"} == {"handler.malformed"}
    assert report.exit_code == 0


def test_a_closed_connection_is_no_acceptance() -> None:
    """Not of a forgery; and a valid webhook that gets one was not accepted."""
    assert wrong(check_own_handler(closing)) == set()
    assert "handler.valid" in wrong(check_own_handler(lambda _: None))


def test_the_budget_bounds_the_time_and_the_rest_is_reported() -> None:
    """A handler that never answers in time is given up soon, and what was not sent is said."""
    never = threading.Event()
    start = time.monotonic()
    try:
        with receiving(lambda _: 200 + never.wait(20)) as url:
            report = check_handler(url, "runflow", dataclasses.replace(PLAN, budget=1.0))
            seconds = time.monotonic() - start
            never.set()
    finally:
        never.set()

    assert seconds < 9  # less than one answer that is waited for in full
    left = [reason for outcome in report.outcomes for reason in outcome.skip_reasons]
    assert len(left) == len(report.outcomes)
    assert "the budget of 1 s was used up" in left[0]


def test_a_slow_handler_is_sent_several_at_once() -> None:
    """Where it answers them as fast as one; it is asked all that matters, and what it is spared is said."""
    under_way, most, lock = 0, 0, threading.Lock()

    def slow(request: WebhookRequest) -> int | None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.15)
        with lock:
            under_way -= 1
        return careful(request)

    report = check_own_handler(slow)

    assert report.exit_code == 0
    assert most > 4
    assert any("handler.every-digit, as the handler takes 0." in note for note in report.notes)


def test_a_handler_that_responds_one_by_one_is_sent_one_webhook_at_a_time() -> None:
    """So that none is late because of another."""
    pace = Pace()
    for seconds in ([1.0], [1.1], [1.0], [1.0]):
        assert pace.size() == 1
        pace.took(seconds)
    assert pace.size() == 2

    pace.took([1.0, 2.0])
    assert pace.size() == 1


def test_a_line_sends_exactly_the_same_again() -> None:
    """The same bytes under the same signature, made by the shell from the secret in the environment."""
    if not shutil.which("curl") or not shutil.which("openssl"):
        pytest.skip("needs curl and openssl")
    requests: list[WebhookRequest] = []
    with receiving(trusting, requests=requests) as url:
        report = check_handler(url, "runflow", PLAN)
        for finding in [one for one in report.findings if one.check == "handler.forged"]:
            requests.append(WebhookRequest(b"", {}))
            before = len(requests)
            environment = {"MOCKREEL_SECRET": SECRET, "FORMER_SECRET_1": FORMER, "PATH": "/usr/bin:/bin"}
            subprocess.run(["sh", "-c", finding.curl], env=environment, check=True, capture_output=True)
            (again,) = requests[before:]
            assert any(_same(again, one) for one in requests[: before - 1]), finding.subject


def _same(one: WebhookRequest, other: WebhookRequest) -> bool:
    names = ("content-type", "runflow-signature", "runflow-request-id")
    return one.body == other.body and all(one.headers.get(name) == other.headers.get(name) for name in names)


def test_no_secret_stands_in_a_report_about_a_handler() -> None:
    """Neither the secret nor a signature that was made with it is shown."""
    requests: list[WebhookRequest] = []
    with receiving(trusting, requests=requests) as url:
        report = check_handler(url, "runflow", PLAN)
    shown = "\n".join(f"{finding.actual} {finding.curl}" for finding in report.findings)

    assert SECRET not in shown
    assert FORMER not in shown
    assert [one for one in requests if sign_body(one.body) in shown or sign_body(one.body, FORMER) in shown] == []


def test_every_date_is_new() -> None:
    """No webhook tells of a job that ended in another time."""
    requests: list[WebhookRequest] = []
    start = time.time()
    with receiving(careful, requests=requests) as url:
        check_handler(url, "runflow", PLAN)
    payloads = [one.payload for one in requests if isinstance(one.payload, dict)]
    dates = [datetime.fromisoformat(one["completed_at"]) for one in payloads if "completed_at" in one]

    assert dates
    assert all(start - 60 < date.timestamp() <= time.time() for date in dates)


def test_webhooks_are_of_one_operation_unless_others_are_named() -> None:
    """A handler need not know batches; what is left out is said."""
    requests: list[WebhookRequest] = []
    with receiving(careful, requests=requests) as url:
        report = check_handler(url, "runflow", PLAN)
        assert not any(b"batch_id" in one.body for one in requests)
        assert any("create_batch" in note for note in report.notes)
        report = check_handler(url, "runflow", dataclasses.replace(PLAN, operations=("create_batch",)))
    assert "handler.valid" in wrong(report)
    with pytest.raises(OptionError, match="create_batch"):
        check_own_handler(careful, operations=("create_runs",))


def test_a_provider_without_signatures_gets_every_other_check() -> None:
    """RunningHub: accepted in time is inferred, so that what falls short there is doubtful."""
    report = check_own_handler(lambda request: 200 if request.payload else 400, provider="runninghub", secret=None)

    assert report.exit_code == 0
    assert "handler.forged" not in {outcome.check for outcome in report.outcomes}


def test_a_handler_that_does_not_answer_is_an_error() -> None:
    """Nobody at the URL: one sentence that says so."""
    with pytest.raises(MockreelError, match="No handler answers at"):
        check_handler("http://127.0.0.1:1/hook", "runflow", PLAN)


def test_a_handler_check_needs_a_secret_and_webhooks() -> None:
    """A provider that signs needs a secret; one without webhooks has nothing to send."""
    with pytest.raises(OptionError, match="give the secret"):
        check_handler("http://127.0.0.1:1/hook", "runflow", HandlerPlan())
    with pytest.raises(OptionError, match="documents no webhook"):
        check_handler("http://127.0.0.1:1/hook", "aimlapi", HandlerPlan())
