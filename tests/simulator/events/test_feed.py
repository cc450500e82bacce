"""What happens on a stage, in order, for whoever follows it."""

import asyncio
import threading
import timeit
from collections.abc import Awaitable, Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from staging import FOURTH, START, Caller, MakeStage

from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Intervention
from mockreel.simulator.events import Event, Feed
from mockreel.simulator.provider import Settings
from mockreel.simulator.simulator import Change, Stage, build_stage, load_contracts
from mockreel.webhooks import MemorySender

GOOD = {"model": "solo", "input": {"prompt": "x"}}
TOLD = {**GOOD, "tell": "http://127.0.0.1:9/told"}
Run = Callable[[Awaitable[Any]], Any]


def _kinds(events: tuple[Event, ...]) -> list[str]:
    return [event.kind for event in events]


def _states(events: tuple[Event, ...]) -> list[Change]:
    return [
        Change(e.at, str(e.provider), str(e.account), str(e.job), e.fields["state"], e.fields["word"])
        for e in events
        if e.kind == "state"
    ]


def test_a_request_comes_before_what_it_brought_about(encore: Caller, encore_stage: Stage) -> None:
    """The exchange, and then the first state of its job."""
    feed = encore_stage.feed
    cursor = feed.cursor

    job = encore("POST", "/v1/jobs", GOOD).json["id"]

    request, state = feed.since(cursor).events
    assert (request.kind, request.provider, request.job) == ("request", "encore", job)
    assert {name: request.fields[name] for name in ("method", "path", "status", "refusal")} == {
        "method": "POST",
        "path": "/v1/jobs",
        "status": 201,
        "refusal": None,
    }
    assert (state.kind, state.job, state.at) == ("state", job, START)


def test_a_refusal_is_told_with_its_violations(encore: Caller, encore_stage: Stage) -> None:
    """The row that was played, and what was wrong, without what stood there."""
    encore("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": 7}})

    (event,) = encore_stage.feed.since().events

    assert event.fields["refusal"] == "invalid-body"
    assert any("/input/prompt" in violation for violation in event.fields["violations"])


def test_the_first_look_finds_what_was_before(encore: Caller, encore_stage: Stage, run: Run) -> None:
    """A stage keeps nothing for a feed that nobody has looked at, but its journal and its jobs know."""
    encore("POST", "/v1/jobs", TOLD)
    run(encore_stage.advance(100))

    assert encore_stage.journal.observer is None
    news = encore_stage.feed.since()
    assert _kinds(news.events)[0] == "request"
    assert _states(news.events) == encore_stage.changes()
    assert [event.number for event in news.events] == list(range(1, news.cursor + 1))


def test_attempts_are_told_after_the_state_that_they_tell_of(
    encore: Caller, encore_stage: Stage, run: Run, sink: MemorySender
) -> None:
    """With their number and what came of them; the query of where they went is left out."""
    sink.receiver = lambda _: 500 if len(sink.sent) < 2 else 200
    cursor = encore_stage.feed.cursor
    encore("POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/told?secret=abc"})
    run(encore_stage.advance(1000))

    events = encore_stage.feed.since(cursor).events
    attempts = [event for event in events if event.kind == "attempt"]
    assert [(one.fields["attempt"], one.fields["status"]) for one in attempts] == [(1, 500), (2, 200)]
    assert attempts[0].fields["url"] == "http://127.0.0.1:9/told"
    ended = next(event for event in events if event.kind == "state" and event.fields["state_kind"] == "succeeded")
    assert ended.number < attempts[0].number


def test_no_secret_is_told(make_stage: MakeStage, run: Run, sink: MemorySender) -> None:
    """Neither a key that stands in a path or a query, nor who a callback goes to as whom."""
    stage = make_stage(names=["runflow"])
    cursor = stage.feed.cursor
    ask = Caller(stage.part("runflow"), "rf_live_secret_key")
    ask("GET", "/v1/runs/rf_live_secret_key?key=rf_live_secret_key")
    callback = "http://user:hidden-word@127.0.0.1:9/told?token=hidden-word"
    ask("POST", "/v1/models/google/veo3.1/lite/runs", {"input": {"prompt": "x"}, "callback_url": callback})
    run(stage.advance(100))

    events = stage.feed.since(cursor).events
    assert "secret_key" not in str(events)
    assert "hidden-word" not in str(events)
    assert {"request", "attempt"} <= {event.kind for event in events}


def test_under_a_held_clock_the_same_calls_give_the_same_events(make_encore: MakeStage, run: Run) -> None:
    """Number for number."""

    def scene() -> tuple[Event, ...]:
        stage = make_encore()
        cursor = stage.feed.cursor
        ask = Caller(stage.part("encore"), "en_user_one")
        ask("POST", "/v1/jobs", TOLD)
        run(stage.advance(1.5))
        ask("POST", "/v1/jobs", GOOD, headers={"prefer": "scenario=fail"})
        run(stage.advance(60))
        return stage.feed.since(cursor).events

    assert scene() == scene()


def test_changes_of_the_clock_are_told(encore_stage: Stage, run: Run) -> None:
    """One event for all that was done to it between two looks; nothing where nothing was done."""
    feed, clock = encore_stage.feed, encore_stage.clock
    cursor = feed.cursor
    run(encore_stage.advance(0))
    assert feed.since(cursor).events == ()

    run(encore_stage.advance(5))
    clock.set_speed(60)
    (event,) = feed.since(cursor).events

    assert (event.kind, event.at) == ("clock", START + 5)
    assert event.fields == {"now": START + 5, "held": True, "speed": 60.0}


def test_whoever_changes_the_stage_may_note_it(encore_stage: Stage) -> None:
    """It costs nothing where nobody listens, and is not kept then."""
    feed = encore_stage.feed
    feed.note("rule", provider="encore", scenario="fail")
    assert feed.since().events == ()

    feed.note("rule", provider="encore", scenario="fail")

    (event,) = feed.since().events
    assert (event.number, event.kind, event.fields) == (1, "rule", {"scenario": "fail"})
    assert event.row()["scenario"] == "fail"


def test_a_slow_reader_is_told_how_much_is_forgotten(encore: Caller, encore_stage: Stage) -> None:
    """The newest are kept."""
    feed = Feed(encore_stage, limit=3)
    cursor = feed.cursor
    for _ in range(5):
        encore("GET", "/v1/jobs/none")
        feed.look()

    news = feed.since(cursor)

    assert [event.number for event in news.events] == [3, 4, 5]
    assert (news.cursor, news.skipped) == (5, 2)


def test_a_feed_that_nobody_looks_at_stops_listening(encore: Caller, encore_stage: Stage) -> None:
    """When more has happened than it would keep; the next look goes on with what the journal still has."""
    feed = Feed(encore_stage, limit=3)
    cursor = feed.cursor
    for _ in range(5):
        encore("GET", "/v1/jobs/none")
    assert encore_stage.journal.observer is None

    encore_stage.clock.advance_to(START + 1)
    encore("GET", "/v1/jobs/none")
    news = feed.since(cursor)

    assert _kinds(news.events) == ["request", "clock"]
    assert (news.cursor, news.skipped) == (7, 5)


def test_a_cursor_of_another_feed_begins_again(encore: Caller, encore_stage: Stage) -> None:
    """A page that was opened on the server before this one misses nothing."""
    encore("GET", "/v1/jobs/none")

    assert len(encore_stage.feed.since(1000).events) == 1


def test_a_stage_that_begins_anew_says_so_and_goes_on(encore: Caller, encore_stage: Stage, run: Run) -> None:
    """Numbers go on; what was not told of the jobs that are gone is told before."""
    feed = encore_stage.feed
    cursor = feed.cursor
    encore("POST", "/v1/jobs", GOOD)
    run(encore_stage.advance(100))
    expected = encore_stage.changes()
    run(_begin_anew(encore_stage))
    encore("POST", "/v1/jobs", GOOD)

    news = feed.since(cursor)

    at = _kinds(news.events).index("reset")
    assert _states(news.events[:at]) == expected
    assert _states(news.events[at:]) == encore_stage.changes()
    assert news.skipped == 0


def test_who_waits_is_woken_by_a_request(encore: Caller, encore_stage: Stage, run: Run) -> None:
    """At once, and with the batch that it asked for."""

    async def scene() -> list[str]:
        feed = encore_stage.feed
        waiting = asyncio.ensure_future(feed.wait(feed.cursor))
        await asyncio.sleep(0)
        assert not waiting.done()
        encore("GET", "/v1/jobs/none")
        return _kinds((await waiting).events)

    assert run(scene()) == ["request"]


def test_who_waits_is_woken_by_a_change_of_the_clock(encore: Caller, encore_stage: Stage, run: Run) -> None:
    """From another thread as well."""

    async def scene() -> list[str]:
        feed = encore_stage.feed
        waiting = asyncio.ensure_future(feed.wait(feed.cursor))
        await asyncio.sleep(0)
        thread = threading.Thread(target=encore_stage.clock.resume)
        thread.start()
        await asyncio.to_thread(thread.join)
        return _kinds((await waiting).events)

    assert run(scene()) == ["clock"]


def test_who_waits_is_woken_when_a_job_changes_by_the_clock(make_encore: MakeStage, run: Run) -> None:
    """Nothing happens on the stage; its time alone goes on."""
    stage = make_encore(clock=Clock(start=START, speed=100_000))

    async def scene() -> list[str]:
        feed = stage.feed
        Caller(stage.part("encore"), "en_user_one")("POST", "/v1/jobs", GOOD)
        cursor = 0
        states: list[str] = []
        while "succeeded" not in states:
            news = await feed.wait(cursor, timeout=30)
            cursor = news.cursor
            states += [e.fields["state_kind"] for e in news.events if e.kind == "state"]
        return states

    assert run(scene()) == ["pending", "pending", "succeeded"]


def test_a_wait_ends_with_its_timeout(encore_stage: Stage, run: Run) -> None:
    """With nothing; nobody is left waiting."""
    feed = encore_stage.feed

    assert run(feed.wait(feed.cursor, timeout=0.001)).events == ()
    assert feed._waiters == set()


def test_a_feed_is_followed_batch_by_batch(encore: Caller, encore_stage: Stage, run: Run) -> None:
    """From now on unless a cursor says otherwise."""

    async def scene() -> list[list[str]]:
        encore("GET", "/v1/jobs/none")
        batches: list[list[str]] = []
        follower = encore_stage.feed.follow(0, timeout=10)
        async for news in follower:
            batches.append(_kinds(news.events))
            if len(batches) == 2:
                break
            encore("POST", "/v1/jobs", GOOD)
        await follower.aclose()  # type: ignore[attr-defined]
        return batches

    assert run(scene()) == [["request"], ["request", "state"]]


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(["succeed", "fail", "stuck", "slow"])),
        st.tuples(st.just("advance"), st.sampled_from([0.0, 0.25, 1.0, 7.5, 60.0])),
        st.tuples(st.just("change"), st.integers(0, 20)),
        st.tuples(st.just("look"), st.none()),
    ),
    max_size=30,
)
_ENCORE = load_contracts(["encore"], data=FOURTH)


@hypothesis.given(acts=ACTS, before=st.booleans())
@hypothesis.settings(max_examples=150)
def test_the_feed_tells_exactly_the_changes_of_the_stage(acts: list[tuple[str, Any]], before: bool) -> None:
    """In the order of time and each once, whatever is done, whenever somebody looks."""
    stage = build_stage(_ENCORE, clock=Clock(start=START, held=True), open_house=True, sender=MemorySender())
    told: list[Change] = []
    cursor = 0

    def look() -> None:
        nonlocal cursor
        news = stage.feed.since(cursor)
        told.extend(_states(news.events))
        cursor = news.cursor

    if before:
        look()
    with asyncio.Runner() as runner:
        for act, value in acts:
            if act == "look":
                look()
            elif act == "advance":
                runner.run(_advance(stage, value))
            else:
                _act(stage, act, value)
        look()
    assert sorted(told) == sorted(stage.changes())
    assert [change.at for change in told] == [change.at for change in stage.changes()]
    for job in stage.part("encore").jobs:
        assert [one for one in told if one.job == job.id] == stage.changes(job=job.id)


async def _begin_anew(stage: Stage) -> None:
    stage.begin_anew()


async def _advance(stage: Stage, seconds: float) -> None:
    await stage.advance(seconds)


def _act(stage: Stage, act: str, value: Any) -> None:
    part = stage.part("encore")
    if act == "submit":
        wish = {"prefer": f"scenario={value}"}
        assert Caller(part, "en_user_one")("POST", "/v1/jobs", TOLD, headers=wish).status == 201
        return
    jobs = [job for job in part.jobs if not job.state(stage.clock.now()).terminal]
    if jobs:
        ends = [state for state in part.contract.lifecycle.states.values() if state.terminal]
        job = jobs[value % len(jobs)]
        part.intervene(job, Intervention(stage.clock.now(), ends[value % len(ends)]))


@pytest.mark.parametrize("jobs", [10_000])
def test_a_look_at_many_open_jobs_costs_microseconds(jobs: int) -> None:
    """While nothing has changed: no job is asked."""
    stage = build_stage(
        _ENCORE, clock=Clock(start=START, held=True), open_house=True, settings=Settings(keep_bodies=False)
    )
    feed = stage.feed
    feed.look()
    ask = Caller(stage.part("encore"), "en_user_one")
    for _ in range(jobs):
        ask("POST", "/v1/jobs", GOOD)
    cursor = feed.cursor

    seconds = min(timeit.repeat(lambda: feed.since(cursor), number=100, repeat=5)) / 100

    assert len(feed._upcoming) == jobs
    assert seconds < 200e-6
