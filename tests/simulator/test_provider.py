"""A provider on the stage: what handlers ask of it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from staging import START, Caller, MakeStage

from mockreel.contract.messages.error_response import Refused
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Intervention
from mockreel.engine.randomness import snowflake
from mockreel.simulator.provider import Part
from mockreel.webhooks import MemorySender

GOOD = {"model": "solo", "input": {"prompt": "a red door"}}
TELL = {**GOOD, "tell": "http://127.0.0.1:9/hook"}
Run = Callable[[Awaitable[Any]], Any]


def begin(part: Part, **options: Any) -> Any:
    account = part.keyring.find("en_user_one")
    assert account is not None
    course = part.courses.course(options.pop("name", "succeed"))
    return part.begin_for(account.account, course, options.pop("make_id", snowflake), now=START, kind="x", **options)


def test_no_two_jobs_share_an_id(encore: Caller) -> None:
    """Also under a held clock, in a form with few random digits: a job would be lost."""
    count = 20_000
    ids = {begin(encore.part).id for _ in range(count)}

    assert len(ids) == len(encore.part.jobs) == count


def test_a_form_that_gives_one_id_only_is_a_mistake(encore: Caller) -> None:
    """And not an endless search."""
    begin(encore.part, make_id=lambda now, block: "same")

    with pytest.raises(RuntimeError, match="gives ids that are taken; the last was 'same'"):
        begin(encore.part, make_id=lambda now, block: "same")


def test_jobs_do_not_all_take_as_long(encore: Caller) -> None:
    """Each draws its own plan."""
    assert len({begin(encore.part).ends for _ in range(20)}) == 20


def test_a_job_is_told_of_once_when_it_ends(encore: Caller, sink: MemorySender, run: Run) -> None:
    """At the moment at which it ends, to the URL that was given with it, signed."""
    id_ = encore("POST", "/v1/jobs", TELL).json["id"]
    job = encore.part.jobs.get(id_)
    assert job is not None
    assert job.ends is not None
    run(encore.part.agenda.advance(job.ends - START - 0.001))
    assert not sink.sent

    run(encore.part.agenda.advance(1000))

    (sent,) = sink.sent
    assert sent.url == TELL["tell"]
    assert orjson.loads(sent.body)["event"] == "job.done"
    assert orjson.loads(sent.body)["job"] == encore("GET", f"/v1/jobs/{id_}").json
    assert dict(sent.headers)["Encore-Signature"]
    (delivery,) = encore.part.deliveries.of(id_)
    assert delivery.attempts[0].at == job.ends


def test_nobody_is_told_of_a_job_without_a_url(encore: Caller, sink: MemorySender, run: Run) -> None:
    """It waits on no agenda."""
    encore("POST", "/v1/jobs", GOOD)
    assert len(encore.part.agenda) == 0

    run(encore.part.agenda.advance(1000))

    assert not sink.sent


def test_an_intervention_is_told_of_in_place_of_the_end_that_was_planned(
    encore: Caller, sink: MemorySender, run: Run
) -> None:
    """And the planned end comes to nothing."""
    id_ = encore("POST", "/v1/jobs", TELL).json["id"]
    assert encore("DELETE", f"/v1/jobs/{id_}", key="en_boss_one").json["state"] == "dropped"

    run(encore.part.agenda.advance(1000))

    assert [orjson.loads(sent.body)["event"] for sent in sink.sent] == ["job.dropped"]
    assert encore("GET", f"/v1/jobs/{id_}").json["state"] == "dropped"


def test_a_job_that_never_ended_is_told_of_once_it_is_stopped(encore: Caller, sink: MemorySender, run: Run) -> None:
    """`stuck` is on no agenda before."""
    id_ = encore("POST", "/v1/jobs", TELL, headers={"prefer": "scenario=stuck"}).json["id"]
    run(encore.part.agenda.advance(10_000))
    assert not sink.sent

    encore("DELETE", f"/v1/jobs/{id_}", key="en_boss_one")
    run(encore.part.agenda.settle())

    assert [orjson.loads(sent.body)["event"] for sent in sink.sent] == ["job.dropped"]


def test_who_waits_for_a_job_is_answered_when_it_ends(encore: Caller, run: Run) -> None:
    """By the clock, which somebody else advances."""

    async def go() -> Any:
        waiting = asyncio.ensure_future(encore.waiting("POST", "/v1/wait", GOOD))
        await asyncio.sleep(0)
        await encore.part.agenda.advance(2)
        assert not waiting.done()
        await encore.part.agenda.advance(10)
        return orjson.loads((await waiting).body)

    assert run(go())["state"] == "done"
    assert not encore.part._waiting


def test_who_waits_for_a_job_is_answered_when_it_is_stopped(encore: Caller, run: Run) -> None:
    """Without waiting for the clock."""

    async def go() -> Any:
        waiting = asyncio.ensure_future(encore.waiting("POST", "/v1/wait", GOOD))
        await asyncio.sleep(0)
        (job,) = encore.part.jobs
        state = encore.part.contract.lifecycle.states["dropped"]
        encore.part.intervene(job, Intervention(encore.part.clock.now(), state))
        return orjson.loads((await waiting).body)

    assert run(go())["state"] == "dropped"


def test_who_waits_for_a_job_that_has_ended_does_not_wait(encore: Caller, run: Run) -> None:
    """Also under a held clock, where nothing moves."""
    id_ = encore("POST", "/v1/jobs", GOOD).json["id"]
    run(encore.part.agenda.advance(1000))
    job = encore.part.jobs.get(id_)
    assert job is not None

    assert run(asyncio.wait_for(encore.part.wait_for(job), 5)) is True


def test_nobody_waits_longer_than_the_patience(make_encore: MakeStage, run: Run) -> None:
    """In real seconds, whatever the stage's clock does; nothing is kept of who waited."""
    part = make_encore(patience=0.02).part("encore")
    job = begin(part, name="stuck")

    assert run(part.wait_for(job)) is False
    assert not part._waiting


def test_several_can_wait_for_one_job(encore: Caller, run: Run) -> None:
    """Each is answered."""
    job = begin(encore.part)

    async def go() -> list[bool]:
        waiting = [asyncio.ensure_future(encore.part.wait_for(job)) for _ in range(3)]
        await asyncio.sleep(0)
        await encore.part.agenda.advance(1000)
        return await asyncio.gather(*waiting)

    assert run(go()) == [True, True, True]


def test_who_waits_on_another_event_loop_is_answered_too(make_encore: MakeStage) -> None:
    """A test client may serve each request on a loop of its own, in a thread of its own."""
    part = make_encore(patience=20.0).part("encore")
    job = begin(part)
    found: list[bool] = []
    waits = threading.Event()

    async def wait() -> None:
        asyncio.get_running_loop().call_soon(waits.set)
        found.append(await part.wait_for(job))

    thread = threading.Thread(target=lambda: asyncio.run(wait()))
    thread.start()
    assert waits.wait(5)
    while not part._waiting:
        pass
    asyncio.run(part.agenda.advance(1000))
    thread.join(5)

    assert found == [True]


def test_with_a_running_clock_a_wait_ends_by_itself(make_encore: MakeStage, run: Run) -> None:
    """At the speed of the clock."""
    part = make_encore(clock=Clock(start=START, speed=1000.0)).part("encore")

    async def go() -> bool:
        part.agenda.start()
        ended = await part.wait_for(begin(part))
        await part.agenda.stop()
        return ended

    assert run(go()) is True


def test_what_is_drawn_depends_on_its_purpose_alone(make_encore: MakeStage) -> None:
    """Not on what was drawn before."""
    part, other = make_encore(seed=3).part("encore"), make_encore(seed=4).part("encore")

    assert part.draw("secret", 1) == part.draw("secret", 1)
    assert len({part.draw("secret", 1), part.draw("secret", 2), part.draw("id", 1), other.draw("secret", 1)}) == 4
    assert len(part.draw("secret", size=8)) == 8
    assert [part.count("a"), part.count("a"), part.count("b")] == [1, 2, 1]


@pytest.mark.parametrize("id_", ["", None, "none", "\x00"])
def test_an_id_that_nobody_has_is_refused(id_: str | None, encore: Caller) -> None:
    """With the row that the caller names."""
    begin(encore.part)
    (account,) = encore.part.keyring.accounts.values()

    with pytest.raises(Refused, match=r"^unknown-job$"):
        encore.part.job_of(account, id_)
    with pytest.raises(Refused, match=r"^other-row$"):
        encore.part.job_of(account, id_, row="other-row")


def test_what_is_kept_of_a_request_is_its_bytes(encore: Caller) -> None:
    """And no more memory than they need."""
    (job,) = [begin(encore.part, request=b'{"a":1}')]

    assert job.request == b'{"a":1}'


def test_jobs_are_bounded(make_encore: MakeStage) -> None:
    """The oldest is forgotten, and is then as one that never was."""
    say = Caller(make_encore(max_jobs=2).part("encore"), "k")
    ids = [say("POST", "/v1/jobs", GOOD).json["id"] for _ in range(3)]

    assert [say("GET", f"/v1/jobs/{id_}").status for id_ in ids] == [404, 200, 200]
    assert len(say("GET", "/v1/jobs").json["jobs"]) == 2
