"""The events of a simulator, in order, for its followers."""

import asyncio
import threading
import timeit
from collections.abc import Awaitable, Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from support.caller import FOURTH, START, Caller, MakeSimulator

from mockreel.contract import State
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Intervention
from mockreel.simulator.events import Event, EventStream, event_stream
from mockreel.simulator.provider import Provider
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Change, Simulator, build_simulator, load_contracts
from mockreel.webhooks import MemorySender

GOOD = {"model": "solo", "input": {"prompt": "x"}}
TOLD = {**GOOD, "tell": "http://127.0.0.1:9/hook"}
Run = Callable[[Awaitable[Any]], Any]


def _kinds(events: tuple[Event, ...]) -> list[str]:
    return [event.kind for event in events]


def _states(events: tuple[Event, ...]) -> list[Change]:
    return [
        Change(e.at, str(e.provider), str(e.account), str(e.job), e.fields["state"], e.fields["word"])
        for e in events
        if e.kind == "state"
    ]


def test_a_request_comes_before_what_it_brought_about(encore: Caller, encore_simulator: Simulator) -> None:
    """The exchange, and then the first state of its job."""
    events = encore_simulator.events
    cursor = events.cursor

    job = encore("POST", "/v1/jobs", GOOD).json["id"]

    request, state = events.since(cursor).events
    assert (request.kind, request.provider, request.job) == ("request", "encore", job)
    assert {name: request.fields[name] for name in ("method", "path", "status", "refusal")} == {
        "method": "POST",
        "path": "/v1/jobs",
        "status": 201,
        "refusal": None,
    }
    assert (state.kind, state.job, state.at) == ("state", job, START)


def test_an_error_response_is_reported_with_its_violations(encore: Caller, encore_simulator: Simulator) -> None:
    """The error response and the violations, without the values."""
    encore("POST", "/v1/jobs", {"model": "solo", "input": {"prompt": 7}})

    (event,) = encore_simulator.events.since().events

    assert event.fields["refusal"] == "invalid-body"
    assert any("/input/prompt" in violation for violation in event.fields["violations"])


def test_the_first_look_finds_what_was_before(encore: Caller, encore_simulator: Simulator, run: Run) -> None:
    """Before the first reader nothing is stored for the stream; it starts from the journal and the jobs."""
    encore("POST", "/v1/jobs", TOLD)
    run(encore_simulator.advance(100))

    assert encore_simulator.journal.observer is None
    news = encore_simulator.events.since()
    assert _kinds(news.events)[0] == "request"
    assert _states(news.events) == encore_simulator.changes()
    assert [event.number for event in news.events] == list(range(1, news.cursor + 1))


def test_attempts_are_reported_after_their_state(
    encore: Caller, encore_simulator: Simulator, run: Run, sink: MemorySender
) -> None:
    """With their number and outcome; the query of their URL is left out."""
    sink.receiver = lambda _: 500 if len(sink.sent) < 2 else 200
    cursor = encore_simulator.events.cursor
    encore("POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/hook?secret=abc"})
    run(encore_simulator.advance(1000))

    events = encore_simulator.events.since(cursor).events
    attempts = [event for event in events if event.kind == "attempt"]
    assert [(one.fields["attempt"], one.fields["status"]) for one in attempts] == [(1, 500), (2, 200)]
    assert attempts[0].fields["url"] == "http://127.0.0.1:9/hook"
    ended = next(event for event in events if event.kind == "state" and event.fields["state_kind"] == "succeeded")
    assert ended.number < attempts[0].number


def test_no_secret_is_reported(make_simulator: MakeSimulator, run: Run, sink: MemorySender) -> None:
    """Neither a key in a path or a query, nor the credentials of a callback URL."""
    simulator = make_simulator(names=["runflow"])
    cursor = simulator.events.cursor
    ask = Caller(simulator.provider("runflow"), "rf_live_secret_key")
    ask("GET", "/v1/runs/rf_live_secret_key?key=rf_live_secret_key")
    callback = "http://user:hidden-word@127.0.0.1:9/hook?token=hidden-word"
    ask("POST", "/v1/models/google/veo3.1/lite/runs", {"input": {"prompt": "x"}, "callback_url": callback})
    run(simulator.advance(100))

    events = simulator.events.since(cursor).events
    assert "secret_key" not in str(events)
    assert "hidden-word" not in str(events)
    assert {"request", "attempt"} <= {event.kind for event in events}


def test_under_a_held_clock_the_same_calls_give_the_same_events(make_encore: MakeSimulator, run: Run) -> None:
    """Number for number."""

    def scene() -> tuple[Event, ...]:
        simulator = make_encore()
        cursor = simulator.events.cursor
        ask = Caller(simulator.provider("encore"), "en_user_one")
        ask("POST", "/v1/jobs", TOLD)
        run(simulator.advance(1.5))
        ask("POST", "/v1/jobs", GOOD, headers={"prefer": "scenario=fail"})
        run(simulator.advance(60))
        return simulator.events.since(cursor).events

    assert scene() == scene()


def test_changes_of_the_clock_are_reported(encore_simulator: Simulator, run: Run) -> None:
    """One event for all that was done to it between two looks; nothing where nothing was done."""
    events, clock = encore_simulator.events, encore_simulator.clock
    cursor = events.cursor
    run(encore_simulator.advance(0))
    assert events.since(cursor).events == ()

    run(encore_simulator.advance(5))
    clock.set_speed(60)
    (event,) = events.since(cursor).events

    assert (event.kind, event.at) == ("clock", START + 5)
    assert event.fields == {"now": START + 5, "held": True, "speed": 60.0}


def test_a_change_of_the_simulator_may_be_noted(encore_simulator: Simulator) -> None:
    """It costs nothing without readers, and is not stored then."""
    events = encore_simulator.events
    events.note("rule", provider="encore", scenario="fail")
    assert events.since().events == ()

    events.note("rule", provider="encore", scenario="fail")

    (event,) = events.since().events
    assert (event.number, event.kind, event.fields) == (1, "rule", {"scenario": "fail"})
    assert event.row()["scenario"] == "fail"


def test_a_slow_reader_gets_the_number_of_dropped_events(encore: Caller, encore_simulator: Simulator) -> None:
    """The newest stay."""
    events = EventStream(encore_simulator, limit=3)
    cursor = events.cursor
    for _ in range(5):
        encore("GET", "/v1/jobs/none")
        events.look()

    news = events.since(cursor)

    assert [event.number for event in news.events] == [3, 4, 5]
    assert (news.cursor, news.skipped) == (5, 2)


def test_jobs_of_before_are_found_in_steps_and_each_change_is_reported_once(
    encore: Caller, encore_simulator: Simulator, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """One that is changed before it was found, too."""
    monkeypatch.setattr(event_stream, "_SOME_OLDER", 1)
    provider = encore_simulator.provider("encore")
    for _ in range(6):
        encore("POST", "/v1/jobs", GOOD)
        encore_simulator.clock.advance_to(encore_simulator.clock.now() + 0.1)
    events = EventStream(encore_simulator, limit=3)
    cursor = events.cursor
    before = encore_simulator.changes()
    ended = next(iter(provider.jobs))
    provider.intervene(ended, Intervention(encore_simulator.clock.now(), _terminal(provider, "failed")))

    found: list[Event] = []
    for _ in range(200):
        news = events.since(cursor)
        cursor = news.cursor
        found += news.events
        run(encore_simulator.advance(0.05))

    assert sorted(_states(tuple(found))) == sorted(set(encore_simulator.changes()) - set(before))


def test_the_next_change_of_many_jobs_is_known_once_all_are_found(
    encore: Caller, encore_simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In steps, of which each looks at some."""
    monkeypatch.setattr(event_stream, "_SOME_OLDER", 1)
    for _ in range(6):
        encore("POST", "/v1/jobs", GOOD)
    first = EventStream(encore_simulator).next_change
    events = EventStream(encore_simulator, limit=1)

    steps = sum(1 for _ in events.starting())

    assert (steps, events.next_change) == (5, first)


def _terminal(provider: Provider, kind: str) -> State:
    return next(state for state in provider.contract.lifecycle.states.values() if state.kind == kind)


def test_a_stream_without_readers_stops_listening(encore: Caller, encore_simulator: Simulator) -> None:
    """When more has happened than it would keep; the next reader continues from the journal."""
    events = EventStream(encore_simulator, limit=3)
    cursor = events.cursor
    for _ in range(5):
        encore("GET", "/v1/jobs/none")
    assert encore_simulator.journal.observer is None

    encore_simulator.clock.advance_to(START + 1)
    encore("GET", "/v1/jobs/none")
    news = events.since(cursor)

    assert _kinds(news.events) == ["request", "clock"]
    assert (news.cursor, news.skipped) == (7, 5)


def test_a_cursor_of_another_stream_starts_again(encore: Caller, encore_simulator: Simulator) -> None:
    """A page that was opened on the server before this one misses nothing."""
    encore("GET", "/v1/jobs/none")

    assert len(encore_simulator.events.since(1000).events) == 1


def test_a_reset_is_reported_and_the_stream_goes_on(encore: Caller, encore_simulator: Simulator, run: Run) -> None:
    """Numbers continue; pending changes of the removed jobs are reported first."""
    events = encore_simulator.events
    cursor = events.cursor
    encore("POST", "/v1/jobs", GOOD)
    run(encore_simulator.advance(100))
    expected = encore_simulator.changes()
    run(_begin_anew(encore_simulator))
    encore("POST", "/v1/jobs", GOOD)

    news = events.since(cursor)

    at = _kinds(news.events).index("reset")
    assert _states(news.events[:at]) == expected
    assert _states(news.events[at:]) == encore_simulator.changes()
    assert news.skipped == 0


def test_a_waiting_reader_is_woken_by_a_request(encore: Caller, encore_simulator: Simulator, run: Run) -> None:
    """At once, and with the requested batch."""

    async def scene() -> list[str]:
        events = encore_simulator.events
        waiting = asyncio.ensure_future(events.wait(events.cursor))
        await asyncio.sleep(0)
        assert not waiting.done()
        encore("GET", "/v1/jobs/none")
        return _kinds((await waiting).events)

    assert run(scene()) == ["request"]


def test_a_waiting_reader_is_woken_by_a_change_of_the_clock(
    encore: Caller, encore_simulator: Simulator, run: Run
) -> None:
    """From another thread as well."""

    async def scene() -> list[str]:
        events = encore_simulator.events
        waiting = asyncio.ensure_future(events.wait(events.cursor))
        await asyncio.sleep(0)
        thread = threading.Thread(target=encore_simulator.clock.resume)
        thread.start()
        await asyncio.to_thread(thread.join)
        return _kinds((await waiting).events)

    assert run(scene()) == ["clock"]


def test_a_waiting_reader_is_woken_when_a_job_changes_by_the_clock(make_encore: MakeSimulator, run: Run) -> None:
    """Nothing happens on the simulator except that time passes."""
    simulator = make_encore(clock=Clock(start=START, speed=100_000))

    async def scene() -> list[str]:
        events = simulator.events
        Caller(simulator.provider("encore"), "en_user_one")("POST", "/v1/jobs", GOOD)
        cursor = 0
        states: list[str] = []
        while "succeeded" not in states:
            news = await events.wait(cursor, timeout=30)
            cursor = news.cursor
            states += [e.fields["state_kind"] for e in news.events if e.kind == "state"]
        return states

    assert run(scene()) == ["pending", "pending", "succeeded"]


def test_a_wait_ends_with_its_timeout(encore_simulator: Simulator, run: Run) -> None:
    """With nothing; no reader is left waiting."""
    events = encore_simulator.events

    assert run(events.wait(events.cursor, timeout=0.001)).events == ()
    assert events._waiters == set()


def test_a_feed_is_followed_batch_by_batch(encore: Caller, encore_simulator: Simulator, run: Run) -> None:
    """From now on unless a cursor says otherwise."""

    async def scene() -> list[list[str]]:
        encore("GET", "/v1/jobs/none")
        batches: list[list[str]] = []
        follower = encore_simulator.events.follow(0, timeout=10)
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
def test_the_stream_has_exactly_the_changes_of_the_simulator(acts: list[tuple[str, Any]], before: bool) -> None:
    """In order of time and each once, after any actions and at any time of reading."""
    simulator = build_simulator(
        _ENCORE, clock=Clock(start=START, held=True), accept_any_key=True, sender=MemorySender()
    )
    reported: list[Change] = []
    cursor = 0

    def look() -> None:
        nonlocal cursor
        news = simulator.events.since(cursor)
        reported.extend(_states(news.events))
        cursor = news.cursor

    if before:
        look()
    with asyncio.Runner() as runner:
        for act, value in acts:
            if act == "look":
                look()
            elif act == "advance":
                runner.run(_advance(simulator, value))
            else:
                _act(simulator, act, value)
        look()
    assert sorted(reported) == sorted(simulator.changes())
    assert [change.at for change in reported] == [change.at for change in simulator.changes()]
    for job in simulator.provider("encore").jobs:
        assert [one for one in reported if one.job == job.id] == simulator.changes(job=job.id)


async def _begin_anew(simulator: Simulator) -> None:
    simulator.reset()


async def _advance(simulator: Simulator, seconds: float) -> None:
    await simulator.advance(seconds)


def _act(simulator: Simulator, act: str, value: Any) -> None:
    provider = simulator.provider("encore")
    if act == "submit":
        wish = {"prefer": f"scenario={value}"}
        assert Caller(provider, "en_user_one")("POST", "/v1/jobs", TOLD, headers=wish).status == 201
        return
    jobs = [job for job in provider.jobs if not job.state(simulator.clock.now()).terminal]
    if jobs:
        ends = [state for state in provider.contract.lifecycle.states.values() if state.terminal]
        job = jobs[value % len(jobs)]
        provider.intervene(job, Intervention(simulator.clock.now(), ends[value % len(ends)]))


@pytest.mark.parametrize("jobs", [10_000])
def test_a_look_at_many_open_jobs_costs_microseconds(jobs: int) -> None:
    """While nothing has changed, no job is evaluated."""
    simulator = build_simulator(
        _ENCORE, clock=Clock(start=START, held=True), accept_any_key=True, settings=Settings(keep_bodies=False)
    )
    events = simulator.events
    events.look()
    ask = Caller(simulator.provider("encore"), "en_user_one")
    for _ in range(jobs):
        ask("POST", "/v1/jobs", GOOD)
    cursor = events.cursor

    seconds = min(timeit.repeat(lambda: events.since(cursor), number=100, repeat=5)) / 100

    assert len(events._upcoming) == jobs
    assert seconds < 200e-6
