"""What was asked, what was not, and what a run says of both: numbers, exit codes, the plan, the time that it takes."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from conformance.saboteurs.saboteur import Stranger, honest_contract

from mockreel.cli.gate.check_command import command
from mockreel.conformance.check import Outcome
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.conformance.checks import EVERY
from mockreel.conformance.generated import generated_requests
from mockreel.conformance.jobs.task_queue import Tasks
from mockreel.conformance.reports.report import Report
from mockreel.conformance.run_plan import Announcement
from mockreel.conformance.spending_guard import SpendingGuard
from mockreel.conformance.suite import Plan, check_mock
from mockreel.conformance.targets.base_url import Access, check_url
from mockreel.conformance.targets.url_target import RemoteTarget
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.server.socket_server import serving
from mockreel.simulator.in_process import mock_target
from mockreel.simulator.in_process.mock_target import MockTarget, Skipped
from mockreel.simulator.settings import Settings

PROVIDERS = ("runflow", "aimlapi", "runninghub")
KEYS = Access(key="rf_live_one", other_key="rf_live_two", full=True)


class Silent(Stranger):
    """A target to which nothing may be sent."""

    def send(self, request: SentRequest) -> ReceivedResponse:
        raise Skipped("nothing may be sent")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_check_that_sent_nothing_does_not_hold(provider: str) -> None:
    """Not one of all checks holds where nothing can be asked."""
    contract = honest_contract(provider)
    target = Silent(contract)
    outcomes = list(run(CheckContext(contract, target, CheckOptions(quick=True, budget=100_000))))
    target.close()

    assert [one.check for one in outcomes if one.verdict == "holds"] == []
    assert [one.check for one in outcomes if one.verdict == "not checked" and not one.reasons] == []


def test_the_numbers_say_how_many_were_not_checked() -> None:
    """Four numbers with the sum of the checks; exit code 3 where nothing falls short and something was not asked."""
    checked = Outcome("a", "", "runflow", 1, (), (), "", 0.0)
    unchecked = replace(checked, check="b", cases=0, skip_reasons=("give --key",))
    report = Report("mock", "1", 0, (checked, unchecked))

    assert report.numbers == {"holds": 1, "falls short": 0, "doubtful": 0, "not checked": 1}
    assert report.exit_code == 3
    assert replace(report, fail_on=frozenset()).exit_code == 0
    assert replace(report, outcomes=(checked, replace(unchecked, chosen=True))).exit_code == 0
    assert replace(report, outcomes=(replace(checked, error="it broke"),)).exit_code == 2


def test_a_check_that_skipped_cases_does_not_hold() -> None:
    """What was planned and not asked is said, whatever came of the rest."""
    outcome = Outcome("a", "", "runflow", 5, (), ("3 cases: no room",), "", 0.0)

    assert outcome.verdict == "not checked"


def test_allowing_and_failing_on_the_same_is_an_error() -> None:
    """`--allow-unchecked` and `--fail-on unchecked` contradict each other."""
    result = CliRunner().invoke(command, ["mock", "--allow-unchecked", "--fail-on", "unchecked"])

    assert result.exit_code != 0
    assert "--allow-unchecked" in str(result.exception)


def test_an_unreachable_target_is_one_sentence_and_exit_code_2() -> None:
    """A URL that does not answer: no list of checks that broke."""
    result = CliRunner().invoke(
        command, ["http://127.0.0.1:9", "--provider", "runflow", "--only-ours"], env={"COLUMNS": ""}
    )

    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1
    assert "http://127.0.0.1:9" in result.output


def test_the_plan_is_announced_first() -> None:
    """Checks, requests, jobs and webhooks, before anything is asked."""
    plans: list[Announcement] = []
    outcomes: list[Outcome] = []
    check_mock(
        Plan(providers=("runflow",), quick=True, generated=False),
        watcher=outcomes.append,
        announcer=lambda plan: plans.append(plan) if not outcomes else None,
    )

    (plan,) = plans
    assert plan.checks == len(outcomes) - 1
    assert plan.requests > 100
    assert plan.jobs > 10
    assert plan.webhooks > 10
    assert "checks" in plan.sentence()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_one_seed_gives_one_sequence_of_requests(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs of everything send the same requests in the same order, however long each takes."""
    monkeypatch.setattr(generated_requests, "RATE", 1)
    sent: list[list[tuple[str, ...]]] = [[], []]
    real = MockTarget.send
    for number, log in enumerate(sent):

        def send(
            self: MockTarget, request: SentRequest, log: list[tuple[str, ...]] = log, pause: float = number * 0.0005
        ) -> ReceivedResponse:
            log.append((request.method, request.path, request.query, request.body.decode("latin-1"), request.who))
            threading.Event().wait(pause)
            return real(self, request)

        monkeypatch.setattr(mock_target.MockTarget, "send", send)
        check_mock(Plan(providers=(provider,), quick=True, budget=60, checks=("body.refused", "generated")))

    assert sent[0] == sent[1]
    assert len(sent[0]) > 50


def test_tasks_wait_side_by_side() -> None:
    """Three tasks that wait for 5 s each take 5 s together; one that is not over is closed when the time is up."""
    clock, ended, closed = [0.0], [], []

    def wait(seconds: float) -> None:
        clock[0] += seconds

    def task(name: str, seconds: float) -> Iterator[float]:
        try:
            yield seconds
            ended.append(name)
        finally:
            closed.append(name)

    tasks = Tasks(lambda: clock[0], wait)
    for name, seconds in (("a", 5.0), ("b", 5.0), ("c", 5.0), ("d", 50.0)):
        tasks.add(task(name, seconds))
    tasks.finish(until=10.0)

    assert clock[0] == 10.0
    assert ended == ["a", "b", "c"]
    assert closed == ["a", "b", "c", "d"]


@pytest.mark.parametrize("provider", ["aimlapi", "runninghub"])
def test_a_server_whose_jobs_never_end_does_not_pass(provider: str) -> None:
    """The budget ends the run in time; what had not ended is told as not checked, and what was learnt is kept."""
    plan = Plan(
        providers=(provider,), quick=True, generated=False, budget=6, checks=("lifecycle.ends", "lifecycle.known")
    )
    start = time.monotonic()
    with serving(provider, settings=Settings(pace="documented")) as simulator:
        report = check_url(getattr(simulator, provider).url, plan, KEYS)
    verdicts = {one.check: one.verdict for one in report.outcomes}
    cases = {one.check: one.cases for one in report.outcomes}

    assert verdicts["lifecycle.ends"] == "not checked"
    assert cases["lifecycle.known"] > 0
    assert report.exit_code == 3
    assert report.seconds < 6 * 1.1 + 1
    assert time.monotonic() - start < 20


def test_a_second_run_on_the_same_account_holds() -> None:
    """The secret of each run is made the one that signs, and is removed at its end."""
    checks = ("callback.signature", "callback.comes")
    plan = Plan(providers=("runflow",), quick=True, generated=False, budget=25, checks=checks)
    with serving("runflow", speed=10.0) as simulator:
        verdicts = [check_url(simulator.runflow.url, plan, KEYS).numbers for _ in range(2)]

    assert [one["falls short"] for one in verdicts] == [0, 0]
    assert [one["holds"] for one in verdicts] == [3, 3]


def test_a_file_behind_a_redirect_is_found() -> None:
    """The URL of a result may lead on to where the file is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            moved = self.path == "/a"
            self.send_response(302 if moved else 200)
            self.send_header("location", "/b") if moved else None
            self.send_header("content-length", "0" if moved else "4")
            self.end_headers()
            self.wfile.write(b"" if moved else b"clip")

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    contract = honest_contract("runflow")
    target = RemoteTarget(url, contract, guard=SpendingGuard(contract), keys={})
    response = target.fetch(f"{url}/a")
    target.close()
    server.shutdown()
    server.server_close()

    assert (response.status, response.body) == (200, b"clip")


def test_another_reading_that_fits_is_named() -> None:
    """A server of another reading is told which reading would fit what it does."""
    plan = Plan(providers=("runflow",), quick=True, generated=False, budget=25, checks=("list.filter", "list.pages"))
    with serving("runflow", speed=20.0, readings={"pagination-keys": "next-pq-prev-pq"}) as simulator:
        report = check_url(simulator.runflow.url, plan, KEYS)

    assert any("pagination-keys=next-pq-prev-pq" in note for note in report.notes), report.notes


def test_every_check_is_of_a_known_level() -> None:
    """What a check does to its target is said with it, as --list shows."""
    assert {check.level for check in EVERY} <= {"reads", "breaking", "jobs"}
