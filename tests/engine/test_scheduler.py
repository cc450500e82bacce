"""The queue of due times: order, settling, the runner of a running clock, and what happens between event loops."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.engine.clock import LATEST, Clock
from mockreel.engine.scheduler import Scheduler
from mockreel.errors import OptionError

Run = Callable[[Awaitable[Any]], Any]


def held_agenda(start: float = 1000.0) -> Scheduler:
    return Scheduler(Clock(start=start, held=True))


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans())), st.lists(st.integers(0, 8), min_size=1, max_size=6))
def test_actions_run_in_order_of_time_and_then_of_entry(entries: list[tuple[int, bool]], steps: list[int]) -> None:
    """However the time is cut into advances, and whether an action is awaited or not, each runs once, at its moment."""
    clock = Clock(start=0.0, held=True)
    scheduler = Scheduler(clock)
    ran: list[tuple[float, int]] = []

    def action(number: int, waits: bool) -> Callable[[], Awaitable[None] | None]:
        async def later() -> None:
            await asyncio.sleep(0)
            ran.append((clock.now(), number))

        return later if waits else lambda: ran.append((clock.now(), number))

    for number, (moment, waits) in enumerate(entries):
        scheduler.at(moment, action(number, waits))

    async def go() -> int:
        return sum([await scheduler.advance(step) for step in steps])

    count = asyncio.run(go())

    end = sum(steps)
    assert ran == sorted((moment, number) for number, (moment, _) in enumerate(entries) if moment <= end)
    assert count == len(ran)
    assert len(scheduler) == len(entries) - len(ran)
    assert clock.now() == end


def test_what_an_action_schedules_is_run_too_if_it_falls_due(run: Run) -> None:
    """A chain of actions is followed to the end of the advance, each at its own moment, and no further."""
    clock = Clock(start=0.0, held=True)
    scheduler = Scheduler(clock)
    moments: list[float] = []

    def again() -> None:
        moments.append(clock.now())
        scheduler.at(clock.now() + 1, again)

    scheduler.at(1.0, again)
    run(scheduler.advance(3.5))

    assert moments == [1.0, 2.0, 3.0]
    assert scheduler.next_due == 4.0


def test_an_advance_waits_for_what_its_actions_wait_for(run: Run) -> None:
    """It returns when it is settled: an action of many iterations has ended, and the next began only then."""
    scheduler = held_agenda()
    reported: list[str] = []

    async def slow() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        reported.append("slow")

    scheduler.at(1001.0, slow)
    scheduler.at(1001.0, lambda: reported.append("after"))
    run(scheduler.advance(1))

    assert reported == ["slow", "after"]


def test_settling_runs_what_is_due_now_and_moves_no_time(run: Run) -> None:
    """`settle` is an advance by nothing."""
    scheduler = held_agenda()
    reported: list[str] = []
    scheduler.at(999.0, lambda: reported.append("was due"))
    scheduler.at(1000.0, lambda: reported.append("is due"))
    scheduler.at(1000.1, lambda: reported.append("is not"))

    run(scheduler.settle())

    assert reported == ["was due", "is due"]


def test_an_action_that_breaks_stops_nothing(run: Run) -> None:
    """Error listeners are called, and later actions run, awaited or not."""
    errors: list[Exception] = []
    scheduler = Scheduler(Clock(start=0.0, held=True), on_error=errors.append)
    reported: list[str] = []

    async def breaks_later() -> None:
        await asyncio.sleep(0)
        raise ValueError("later")

    def breaks() -> None:
        raise ValueError("at once")

    scheduler.at(1.0, breaks)
    scheduler.at(1.0, breaks_later)
    scheduler.at(1.0, lambda: reported.append("after"))

    assert run(scheduler.advance(1)) == 3
    assert [str(error) for error in errors] == ["at once", "later"]
    assert reported == ["after"]


def test_an_error_is_logged_without_listeners(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """The default listener is the log of `mockreel`."""
    scheduler = held_agenda()

    def breaks() -> None:
        raise ValueError("oh")

    scheduler.at(1000.0, breaks)
    run(scheduler.settle())

    assert [(record.name, record.levelname) for record in caplog.records] == [("mockreel", "ERROR")]
    assert "ValueError: oh" in caplog.text


def test_concurrent_advances_add_up(run: Run) -> None:
    """The second starts where the first ended."""
    clock = Clock(start=0.0, held=True)
    scheduler = Scheduler(clock)
    moments: list[float] = []
    for moment in (1.0, 2.0, 3.0):
        scheduler.at(moment, lambda: moments.append(clock.now()))

    async def both() -> tuple[int, int]:
        return await asyncio.gather(scheduler.advance(1.5), scheduler.advance(1.5))

    assert list(run(both())) == [1, 2]
    assert clock.now() == 3.0
    assert moments == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_the_clock_is_not_advanced_by_what_is_no_time(seconds: float, run: Run) -> None:
    """Nothing moves, and the message says why."""
    scheduler = held_agenda()

    with pytest.raises(OptionError, match="never runs backwards"):
        run(scheduler.advance(seconds))


def test_the_clock_is_not_advanced_beyond_the_last_date(run: Run) -> None:
    """Later moments could not be written in any response."""
    scheduler = held_agenda()

    with pytest.raises(OptionError, match="year 9999"):
        run(scheduler.advance(LATEST))


def test_nothing_runs_by_itself_while_the_clock_is_held(run: Run) -> None:
    """Not even actions that are due: a paused simulator is repeatable."""
    scheduler = held_agenda()
    reported: list[str] = []

    async def turns() -> None:
        scheduler.start()
        scheduler.at(1000.0, lambda: reported.append("now"))
        for _ in range(20):
            await asyncio.sleep(0)
        await scheduler.stop()

    run(turns())

    assert reported == []
    assert len(scheduler) == 1


def test_a_running_clock_runs_actions_when_they_fall_due(run: Run) -> None:
    """In the order of their moments, whatever the order of entry."""
    clock = Clock(start=0.0, speed=1000.0)
    scheduler = Scheduler(clock)
    moments: list[tuple[float, float]] = []

    async def wait() -> None:
        scheduler.start()
        over = asyncio.Event()
        scheduler.at(30.0, over.set)
        for moment in (20.0, 10.0):
            scheduler.at(moment, lambda moment=moment: moments.append((moment, clock.now())))  # type: ignore[misc]
        await over.wait()
        await scheduler.stop()

    run(wait())

    assert [moment for moment, _ in moments] == [10.0, 20.0]
    assert all(now >= moment for moment, now in moments)


@pytest.mark.parametrize(
    ("clock", "change"),
    [
        (Clock(start=0.0, held=True, speed=1e6), Clock.resume),
        (Clock(start=0.0, speed=1e-3), lambda clock: clock.set_speed(1e6)),
        (Clock(start=0.0, speed=1e-3), lambda clock: clock.advance_to(9999)),
    ],
    ids=["resume", "speed", "jump"],
)
def test_a_change_of_the_clock_wakes_the_runner(clock: Clock, change: Callable[[Clock], None], run: Run) -> None:
    """What seemed far away falls due at once."""
    scheduler = Scheduler(clock)

    async def wait() -> None:
        over = asyncio.Event()
        scheduler.at(1000.0, over.set)
        scheduler.start()
        for _ in range(5):
            await asyncio.sleep(0)
        change(clock)
        await asyncio.wait_for(over.wait(), 10)
        await scheduler.stop()

    run(wait())


def test_an_earlier_action_wakes_the_runner(run: Run) -> None:
    """It does not sleep on towards the one that was the next."""
    clock = Clock(start=0.0)
    scheduler = Scheduler(clock)

    async def wait() -> None:
        scheduler.start()
        scheduler.at(1e6, lambda: None)
        for _ in range(5):
            await asyncio.sleep(0)
        over = asyncio.Event()
        scheduler.at(0.0, over.set)
        await asyncio.wait_for(over.wait(), 10)
        await scheduler.stop()

    run(wait())


def test_an_advance_and_a_running_clock_run_nothing_twice_and_lose_nothing(run: Run) -> None:
    """An advance runs the remaining actions, and waits for those that the runner has started."""
    clock = Clock(start=0.0, speed=100_000.0)
    scheduler = Scheduler(clock)
    ran: list[int] = []

    def action(number: int) -> Callable[[], Awaitable[None]]:
        async def later() -> None:
            for _ in range(number % 3):
                await asyncio.sleep(0)
            ran.append(number)

        return later

    async def race() -> None:
        scheduler.start()
        for number in range(500):
            scheduler.at(number, action(number))
        for _ in range(10):
            await scheduler.advance(50)
            await asyncio.sleep(0)
        await scheduler.settle()
        await scheduler.stop()

    run(race())

    assert sorted(ran) == list(range(500))
    assert scheduler.in_flight == 0


def test_stopping_ends_what_is_under_way(run: Run) -> None:
    """Nothing is left behind on the event loop."""
    scheduler = Scheduler(Clock(start=0.0))
    seen: list[str] = []

    async def endless() -> None:
        seen.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("ended")

    async def go() -> int:
        scheduler.start()
        scheduler.at(0.0, endless)
        while not seen:
            await asyncio.sleep(0)
        await scheduler.stop()
        return len(asyncio.all_tasks()) - 1

    assert run(go()) == 0
    assert seen == ["begun", "ended"]


def test_it_goes_on_in_another_event_loop() -> None:
    """Some test clients make a loop for each request: the scheduler follows, and loses nothing that waits."""
    clock = Clock(start=0.0, held=True)
    scheduler = Scheduler(clock)
    reported: list[float] = []
    for moment in (1.0, 2.0, 3.0):
        scheduler.at(moment, lambda: reported.append(clock.now()))

    for _ in range(3):
        asyncio.run(scheduler.advance(1))

    assert reported == [1.0, 2.0, 3.0]


def test_it_can_be_stopped_in_another_event_loop_than_it_was_started_in() -> None:
    """What belonged to a loop that is gone is gone with it."""
    scheduler = Scheduler(Clock(start=0.0))

    async def begin() -> None:
        scheduler.start()
        scheduler.at(0.0, lambda: asyncio.sleep(0))

    asyncio.run(begin())
    asyncio.run(scheduler.stop())

    assert scheduler.in_flight == 0


def test_the_runner_of_a_loop_that_was_left_ends() -> None:
    """Two alternating loops do not end up with two runners each."""
    scheduler = Scheduler(Clock(start=0.0, held=True))

    async def count() -> int:
        scheduler.start()
        for _ in range(5):
            await asyncio.sleep(0)
        return sum(task.get_name() == "mockreel-scheduler" for task in asyncio.all_tasks())

    with asyncio.Runner() as first, asyncio.Runner() as second:
        assert [runner.run(count()) for runner in (first, second, first, second)] == [1, 1, 1, 1]


def test_what_a_loop_that_ends_leaves_unfinished_is_done_on_the_next() -> None:
    """A test client that ends its loop with each request does not lose a callback that was on its way."""
    scheduler = Scheduler(Clock(start=0.0))
    seen: list[str] = []

    async def slow() -> None:
        seen.append("begun")
        if len(seen) == 1:
            await asyncio.Event().wait()
        seen.append("ended")

    async def begin() -> None:
        scheduler.start()
        scheduler.at(0.0, slow)
        while not seen:
            await asyncio.sleep(0)

    asyncio.run(begin())
    assert (len(scheduler), scheduler.in_flight) == (1, 0)

    asyncio.run(scheduler.settle())

    assert seen == ["begun", "begun", "ended"]


def test_an_advance_that_is_given_up_loses_nothing(run: Run) -> None:
    """The action that it was at is due still, and so are those behind it."""
    scheduler = held_agenda()
    seen: list[str] = []

    async def slow() -> None:
        seen.append("begun")
        if len(seen) == 1:
            await asyncio.Event().wait()

    scheduler.at(1001.0, slow)
    scheduler.at(1001.0, lambda: seen.append("after"))

    async def give_up() -> None:
        task = asyncio.ensure_future(scheduler.advance(5))
        while not seen:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(give_up())
    assert len(scheduler) == 2

    run(scheduler.advance(5))

    assert seen == ["begun", "begun", "after"]
