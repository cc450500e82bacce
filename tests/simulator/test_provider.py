"""A provider of the simulator: the methods for handlers."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from support.caller import START, Caller, MakeSimulator

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.engine.clock import Clock
from mockreel.engine.jobs.job import Intervention
from mockreel.engine.randomness import snowflake
from mockreel.simulator.provider import Provider
from mockreel.webhooks import MemorySender

GOOD = {"model": "solo", "input": {"prompt": "a red door"}}
TELL = {**GOOD, "tell": "http://127.0.0.1:9/hook"}
Run = Callable[[Awaitable[Any]], Any]


def begin(provider: Provider, **options: Any) -> Any:
    account = provider.keyring.find("en_user_one")
    assert account is not None
    template = provider.templates.template(options.pop("name", "succeed"))
    return provider.begin_for(
        account.account, template, options.pop("make_id", snowflake), now=START, kind="x", **options
    )


def test_no_two_jobs_share_an_id(encore: Caller) -> None:
    """Also under a paused clock, in a form with few random digits: a job would be lost."""
    count = 20_000
    ids = {begin(encore.provider).id for _ in range(count)}

    assert len(ids) == len(encore.provider.jobs) == count


def test_a_form_that_gives_one_id_only_is_a_mistake(encore: Caller) -> None:
    """And not an endless search."""
    begin(encore.provider, make_id=lambda now, block: "same")

    with pytest.raises(RuntimeError, match="returns ids that are in use; the last was 'same'"):
        begin(encore.provider, make_id=lambda now, block: "same")


def test_jobs_do_not_all_take_as_long(encore: Caller) -> None:
    """Each draws its own plan."""
    assert len({begin(encore.provider).ends for _ in range(20)}) == 20


def test_a_job_sends_one_callback_when_it_ends(encore: Caller, sink: MemorySender, run: Run) -> None:
    """At the moment at which it ends, to the URL that was given with it, signed."""
    id_ = encore("POST", "/v1/jobs", TELL).json["id"]
    job = encore.provider.jobs.get(id_)
    assert job is not None
    assert job.ends is not None
    run(encore.provider.scheduler.advance(job.ends - START - 0.001))
    assert not sink.sent

    run(encore.provider.scheduler.advance(1000))

    (sent,) = sink.sent
    assert sent.url == TELL["tell"]
    assert orjson.loads(sent.body)["event"] == "job.done"
    assert orjson.loads(sent.body)["job"] == encore("GET", f"/v1/jobs/{id_}").json
    assert dict(sent.headers)["Encore-Signature"]
    (delivery,) = encore.provider.deliveries.of(id_)
    assert delivery.attempts[0].at == job.ends


def test_a_job_without_a_url_sends_no_callback(encore: Caller, sink: MemorySender, run: Run) -> None:
    """It waits on no agenda."""
    encore("POST", "/v1/jobs", GOOD)
    assert len(encore.provider.scheduler) == 0

    run(encore.provider.scheduler.advance(1000))

    assert not sink.sent


def test_an_intervention_sends_a_callback_instead_of_the_planned_end(
    encore: Caller, sink: MemorySender, run: Run
) -> None:
    """The planned end is dropped."""
    id_ = encore("POST", "/v1/jobs", TELL).json["id"]
    assert encore("DELETE", f"/v1/jobs/{id_}", key="en_boss_one").json["state"] == "dropped"

    run(encore.provider.scheduler.advance(1000))

    assert [orjson.loads(sent.body)["event"] for sent in sink.sent] == ["job.dropped"]
    assert encore("GET", f"/v1/jobs/{id_}").json["state"] == "dropped"


def test_a_job_that_never_ended_sends_a_callback_when_it_is_stopped(
    encore: Caller, sink: MemorySender, run: Run
) -> None:
    """`stuck` is on no agenda before."""
    id_ = encore("POST", "/v1/jobs", TELL, headers={"prefer": "scenario=stuck"}).json["id"]
    run(encore.provider.scheduler.advance(10_000))
    assert not sink.sent

    encore("DELETE", f"/v1/jobs/{id_}", key="en_boss_one")
    run(encore.provider.scheduler.settle())

    assert [orjson.loads(sent.body)["event"] for sent in sink.sent] == ["job.dropped"]


def test_a_waiting_request_is_answered_when_its_job_ends(encore: Caller, run: Run) -> None:
    """By the clock, which another task advances."""

    async def go() -> Any:
        waiting = asyncio.ensure_future(encore.waiting("POST", "/v1/wait", GOOD))
        await asyncio.sleep(0)
        await encore.provider.scheduler.advance(2)
        assert not waiting.done()
        await encore.provider.scheduler.advance(10)
        return orjson.loads((await waiting).body)

    assert run(go())["state"] == "done"
    assert not encore.provider.waits


def test_a_waiting_request_is_answered_when_its_job_is_stopped(encore: Caller, run: Run) -> None:
    """Without waiting for the clock."""

    async def go() -> Any:
        waiting = asyncio.ensure_future(encore.waiting("POST", "/v1/wait", GOOD))
        await asyncio.sleep(0)
        (job,) = encore.provider.jobs
        state = encore.provider.contract.lifecycle.states["dropped"]
        encore.provider.intervene(job, Intervention(encore.provider.clock.now(), state))
        return orjson.loads((await waiting).body)

    assert run(go())["state"] == "dropped"


def test_a_request_for_an_ended_job_does_not_wait(encore: Caller, run: Run) -> None:
    """Also under a paused clock, where nothing moves."""
    id_ = encore("POST", "/v1/jobs", GOOD).json["id"]
    run(encore.provider.scheduler.advance(1000))
    job = encore.provider.jobs.get(id_)
    assert job is not None

    assert run(asyncio.wait_for(encore.provider.wait_for(job), 5)) is True


def test_no_request_waits_longer_than_the_wait_timeout(make_encore: MakeSimulator, run: Run) -> None:
    """In real seconds, whatever the simulator's clock does; no waiter is left behind."""
    provider = make_encore(wait_timeout=0.02).provider("encore")
    job = begin(provider, name="stuck")

    assert run(provider.wait_for(job)) is False
    assert not provider.waits


def test_several_can_wait_for_one_job(encore: Caller, run: Run) -> None:
    """Each is answered."""
    job = begin(encore.provider)

    async def go() -> list[bool]:
        waiting = [asyncio.ensure_future(encore.provider.wait_for(job)) for _ in range(3)]
        await asyncio.sleep(0)
        await encore.provider.scheduler.advance(1000)
        return await asyncio.gather(*waiting)

    assert run(go()) == [True, True, True]


def test_a_waiting_request_on_another_event_loop_is_answered_too(make_encore: MakeSimulator) -> None:
    """A test client may serve each request on a loop of its own, in a thread of its own."""
    provider = make_encore(wait_timeout=20.0).provider("encore")
    job = begin(provider)
    found: list[bool] = []
    waits = threading.Event()

    async def wait() -> None:
        asyncio.get_running_loop().call_soon(waits.set)
        found.append(await provider.wait_for(job))

    thread = threading.Thread(target=lambda: asyncio.run(wait()))
    thread.start()
    assert waits.wait(5)
    while not provider.waits:
        pass
    asyncio.run(provider.scheduler.advance(1000))
    thread.join(5)

    assert found == [True]


def test_with_a_running_clock_a_wait_ends_by_itself(make_encore: MakeSimulator, run: Run) -> None:
    """At the speed of the clock."""
    provider = make_encore(clock=Clock(start=START, speed=1000.0)).provider("encore")

    async def go() -> bool:
        provider.scheduler.start()
        ended = await provider.wait_for(begin(provider))
        await provider.scheduler.stop()
        return ended

    assert run(go()) is True


def test_what_is_drawn_depends_on_its_purpose_alone(make_encore: MakeSimulator) -> None:
    """Not on what was drawn before."""
    provider, other = make_encore(seed=3).provider("encore"), make_encore(seed=4).provider("encore")

    assert provider.draw("secret", 1) == provider.draw("secret", 1)
    assert (
        len({provider.draw("secret", 1), provider.draw("secret", 2), provider.draw("id", 1), other.draw("secret", 1)})
        == 4
    )
    assert len(provider.draw("secret", size=8)) == 8
    assert [provider.count("a"), provider.count("a"), provider.count("b")] == [1, 2, 1]


@pytest.mark.parametrize("id_", ["", None, "none", "\x00"])
def test_an_unknown_id_is_rejected(id_: str | None, encore: Caller) -> None:
    """With the row that the caller names."""
    begin(encore.provider)
    (account,) = encore.provider.keyring.accounts.values()

    with pytest.raises(ErrorResponse, match=r"^unknown-job$"):
        encore.provider.job_of(account, id_)
    with pytest.raises(ErrorResponse, match=r"^other-row$"):
        encore.provider.job_of(account, id_, row="other-row")


def test_what_is_stored_of_a_request_is_its_bytes(encore: Caller) -> None:
    """And no more memory than they need."""
    (job,) = [begin(encore.provider, request=b'{"a":1}')]

    assert job.request == b'{"a":1}'


def test_jobs_are_bounded(make_encore: MakeSimulator) -> None:
    """The oldest is forgotten, and is then as one that never was."""
    say = Caller(make_encore(max_jobs=2).provider("encore"), "k")
    ids = [say("POST", "/v1/jobs", GOOD).json["id"] for _ in range(3)]

    assert [say("GET", f"/v1/jobs/{id_}").status for id_ in ids] == [404, 200, 200]
    assert len(say("GET", "/v1/jobs").json["jobs"]) == 2
