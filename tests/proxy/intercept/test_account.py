"""The account of a run: requests, jobs, and what they would have cost."""

from collections.abc import Awaitable, Callable
from typing import Any

from support.caller import Caller, MakeSimulator

from mockreel.proxy.intercept.run_summary import account_of
from mockreel.simulator.simulator import Simulator

Ask = Callable[..., Caller]
Run = Callable[[Awaitable[Any]], Any]
RUN = "/v1/models/google/veo3.1/lite/runs"
TRAM = {"prompt": "A tram.", "imageUrl": "https://example.com/a.jpg", "aspectRatio": "16:9", "resolution": "720p"}
TASK = "/openapi/v2/rhart-video-v3.1-lite-official/image-to-video"
GENERATION = {"model": "google/veo-3.1-lite-generate-001", "prompt": "Rain.", "duration": 8}


def _boat(seconds: str = "6s") -> dict[str, Any]:
    return {"input": {"prompt": "A boat.", "duration": seconds, "resolution": "720p"}}


def test_sums_are_added_per_currency_and_the_unknown_is_counted(simulator: Simulator, ask: Ask) -> None:
    """Nothing is converted, and nothing guessed."""
    ask("runflow")("POST", RUN, _boat())
    ask("runflow")("POST", RUN, _boat("8s"))
    ask("aimlapi", "key")("POST", "/v2/video/generations", GENERATION)
    ask("runninghub", "key")("POST", TASK, {**TRAM, "duration": "6"})
    account = account_of(simulator)
    reported = list(account.cost_avoided.lines())

    assert account.requests == 4
    assert reported[0] == "Estimated cost avoided: at least 0.42 USD + 1.89 CNY."
    assert "Not included: 1 job of unknown price." in reported
    assert "4 jobs are still running." in reported


def test_a_job_that_failed_is_counted_and_its_price_is_not(simulator: Simulator, ask: Ask, run: Run) -> None:
    """Where its provider's row says that nothing is charged."""
    ask("runflow")("POST", RUN, _boat(), headers={"Prefer": "scenario=fail"})
    run(simulator.advance(60))
    account = account_of(simulator)

    assert list(account.cost_avoided.lines()) == [
        "Estimated cost avoided: nothing.",
        "Not included: 1 job that ended without a charge.",
    ]
    assert any(line.startswith("  google/veo3.1/lite: failed, at least 0.18 USD") for line in account.lines)


def test_a_key_that_the_provider_would_reject_is_reported(make_simulator: MakeSimulator) -> None:
    """Any key is accepted here; `Bearer undefined` is what a variable sends that is not set."""
    simulator = make_simulator()
    ask = Caller(simulator.provider("runflow"), "undefined")
    ask("POST", RUN, _boat())
    ask("POST", RUN, _boat())
    Caller(simulator.provider("runflow"), "rf_live_mine")("POST", RUN, _boat())

    (reported,) = (line for line in account_of(simulator).lines if "would reject" in line)
    assert reported.startswith("  1 key without the form of Runflow's (rf_live_…")


def test_equal_jobs_are_one_line(simulator: Simulator, ask: Ask) -> None:
    """With their number."""
    for _ in range(3):
        ask("runflow")("POST", RUN, _boat())

    assert "  create_run 201 3 times" in account_of(simulator).lines
    assert "  google/veo3.1/lite: queued, at least 0.18 USD each, 3 jobs" in account_of(simulator).lines


def test_rejected_requests_say_why(simulator: Simulator, ask: Ask) -> None:
    """By operation, status and row, and with the fields that were wrong."""
    ask("runflow")("POST", RUN, {"input": {"prompt": "A boat.", "duration": "5s"}})
    ask("runflow", None)("POST", RUN, _boat())
    ask("runflow")("GET", "/v1/nowhere")
    lines = account_of(simulator).lines

    assert "  create_run 422 invalid-body" in lines
    assert "  create_run 401 no-key" in lines
    assert "  GET /v1/nowhere 404 unknown-path" in lines
    assert any(line.startswith("  rejected for /input/duration: ") for line in lines)


def test_only_what_the_journal_has_kept_is_listed_and_it_says_so(make_simulator: MakeSimulator) -> None:
    """A long run has more requests than are stored."""
    simulator = make_simulator(names=["runflow"])
    simulator.journal._limit = 5
    for _ in range(7):
        Caller(simulator.provider("runflow"), "rf_live_one")("GET", "/v1/health")

    assert account_of(simulator).lines[-1] == "Of 7 requests the newest 5 are listed."


def test_an_unused_mock_server_reports_nothing(simulator: Simulator) -> None:
    """No provider is named."""
    assert account_of(simulator).lines == []


def test_results_that_were_fetched_are_no_requests(simulator: Simulator, ask: Ask, run: Run) -> None:
    """They are files, and not the provider's API."""
    caller = ask("runflow")
    id_ = caller("POST", RUN, _boat()).json["id"]
    run(simulator.advance(60))
    url = caller("GET", f"/v1/runs/{id_}").json["output"]["outputs"][0]["url"]
    caller("GET", url.removeprefix("http://mock.test"))

    assert account_of(simulator).requests == 2
