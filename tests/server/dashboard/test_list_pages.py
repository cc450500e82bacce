"""Pages of long lists, and the bar of a job: without a browser."""

from collections.abc import Callable

import pytest
from support.caller import START, Caller

from mockreel.engine.journal.journal import Entry
from mockreel.server.dashboard import page_window
from mockreel.server.dashboard.job_timeline import timeline
from mockreel.server.dashboard.page_window import ROWS, Filter
from mockreel.simulator.cooperative_work import finish
from mockreel.simulator.simulator import Simulator

Ask = Callable[..., Caller]
Run = Callable[..., object]
GOOD = {"input": {"prompt": "A boat.", "duration": "6s", "resolution": "720p"}}
RUNS = "/v1/models/google/veo3.1/lite/runs"


def _entry(number: int) -> Entry:
    row = "invalid-body" if number % 10 == 0 else None
    return Entry(START + number, "runflow", "account-1", "GET", f"/v1/{number}", "get_run", 200, row, ())


def test_a_window_is_one_page_of_the_newest(simulator: Simulator) -> None:
    """Each entry has the number under which it was counted, also when the oldest were forgotten."""
    for number in range(1, 10_101):
        simulator.journal.note(_entry(number))

    first = finish(page_window.entries(simulator, Filter()))
    last = finish(page_window.entries(simulator, Filter(page=first.pages)))

    assert [number for number, _ in first.items] == list(range(10_100, 10_100 - ROWS, -1))
    assert first.total == len(simulator.journal)
    assert last.items[-1][0] == 10_101 - len(simulator.journal)
    assert page_window.entry(simulator, 10_100) is first.items[0][1]
    assert page_window.entry(simulator, 10_100 - len(simulator.journal)) is page_window.entry(simulator, 10_101) is None


def test_a_filter_counts_what_fits(simulator: Simulator) -> None:
    """And gives one page of it."""
    for number in range(1, 1001):
        simulator.journal.note(_entry(number))

    refused = finish(page_window.entries(simulator, Filter(state="refused", page=2)))
    assert (refused.total, refused.first, refused.last) == (100, 51, 100)
    assert finish(page_window.entries(simulator, Filter(text="/v1/77"))).total == 11
    assert finish(page_window.entries(simulator, Filter(provider="aimlapi"))).total == 0


@pytest.mark.parametrize("text", ["0", "-1", "x", "1e3", "9999999", "²", ""])
def test_what_is_no_page_number_is_the_first(text: str) -> None:
    """Whatever stands in the address."""
    assert Filter.of({"page": text}).page == 1


def test_jobs_of_all_providers_are_one_list(
    simulator: Simulator, ask: Callable[..., Caller], run: Callable[..., object]
) -> None:
    """Newest first; states are those of the moment."""
    ask("runflow")("POST", RUNS, GOOD)
    run(simulator.advance(10))
    ask("aimlapi")("POST", "/v2/video/generations", {"model": "google/veo-3.1-t2v", "prompt": "A boat."})

    assert [provider.name for provider, _ in finish(page_window.jobs(simulator, Filter())).items] == [
        "aimlapi",
        "runflow",
    ]
    assert [provider.name for provider, _ in finish(page_window.jobs(simulator, Filter(state="succeeded"))).items] == [
        "runflow"
    ]
    assert [provider.name for provider, _ in finish(page_window.jobs(simulator, Filter(text="veo-3.1"))).items] == [
        "aimlapi"
    ]


def test_the_bar_of_a_job_is_whole_at_every_moment(
    simulator: Simulator, ask: Callable[..., Caller], run: Callable[..., object]
) -> None:
    """Its parts fill it without a gap, what has passed grows, and it ends full."""
    ask("runflow")("POST", RUNS, GOOD)
    (job,) = simulator.provider("runflow").jobs
    before = -1.0
    for _ in range(12):
        line = timeline(job, simulator.clock.now())
        assert sum(segment.width for segment in line.segments) == pytest.approx(100, abs=0.1)
        passed = sum(segment.width * segment.done for segment in line.segments)
        assert passed > before or not line.running
        assert line.now == pytest.approx(passed / 100, abs=0.1)
        before = passed
        run(simulator.advance(0.4))
    assert not timeline(job, simulator.clock.now()).running


def test_a_job_without_an_end_has_an_open_bar(
    simulator: Simulator, ask: Callable[..., Caller], run: Callable[..., object]
) -> None:
    """There is always room behind what has passed."""
    ask("runflow")("POST", RUNS, GOOD, headers={"Prefer": "scenario=stuck"})
    (job,) = simulator.provider("runflow").jobs
    for seconds in (0, 1, 1000, 100_000):
        run(simulator.advance(seconds))
        line = timeline(job, simulator.clock.now())
        assert line.open
        assert line.now < 100
