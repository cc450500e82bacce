"""A checkpoint of a shared run: a server that joins begins with it, and no entry is lost when the log is shortened."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
import redis
from simulator.storage.redis_server import RedisServer, cancelled_commands
from simulator.storage.rig import START, state
from simulator.storage.shared.rig import LONG, WAIT_SECONDS, Listener, Sharing, sharing, with_two

from mockreel.simulator.storage.checkpoints import checkpoint
from mockreel.simulator.storage.shared import run_archive

pytestmark = cancelled_commands
CHECKPOINT, PACKS = "mockreel:{run}:checkpoint", "mockreel:{run}:packs"
LOG, SERVERS = "mockreel:{run}:log", "mockreel:{run}:servers"


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few entries are many."""
    monkeypatch.setattr(run_archive, "PIECE", 3)


async def _traffic(one: Sharing, *, seconds: float = 60) -> list[str]:
    """Jobs, a webhook, an idempotency key, a refusal, a rule that has met something."""
    await one.control("POST", "rules", {"scenario": "fail", "nth": 2})
    ids = [await one.submit(idempotency_key=f"key-{seconds}"), await one.submit(hook=None)]
    await one.ask("runflow", "POST", "/v1/models/google/veo3.1/lite/runs", {"input": {}})
    await one.control("POST", "clock/advance", {"seconds": seconds})
    return [*ids, await one.submit()]


async def _kept(first: Sharing, second: Sharing) -> Sharing:
    """Have who has the lease make a checkpoint, which both have applied the log beyond; gives that server."""
    await first.until(lambda: first.drives or second.drives)
    driver = first if first.drives else second
    for one in (first, second):
        await one.run.caught_up()
        await one.log.have(one.run.id, one.run.replica.number)
    await driver.run.keeper.keep(lambda: driver.run.fence)
    return driver


def _same(first: Sharing, second: Sharing) -> None:
    assert orjson.dumps(state(first.simulator)) == orjson.dumps(state(second.simulator))


def test_a_server_that_joins_begins_with_the_newest_checkpoint(redis_server: RedisServer) -> None:
    """It applies what came later, and its state is that of the others in every byte."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        await _traffic(first)
        await _kept(first, second)
        behind = first.run.replica.number
        await _traffic(second, seconds=30)
        async with sharing(redis_server.url, receiver) as third:
            assert third.run.keeper.taken == behind
            _same(first, third)
            ids = await _traffic(third, seconds=10)
            assert (await first.poll(ids[0])).body == (await third.poll(ids[0])).body
            assert await third.submit(idempotency_key="key-60") == await first.submit(idempotency_key="key-60")
            await first.run.caught_up()
            await third.run.caught_up()
            _same(first, third)

    with_two(redis_server.url, work)


def test_an_attempt_that_is_under_way_is_in_a_checkpoint(redis_server: RedisServer) -> None:
    """What comes of it is applied by a server that joined meanwhile."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        await first.submit()
        receiver.answers.clear()
        await first.control("POST", "clock/resume")
        await first.control("POST", "clock/speed", {"speed": 1000})
        await receiver.received(1)
        await _kept(first, second)
        async with sharing(redis_server.url, receiver) as third:
            assert third.run.keeper.taken
            assert third.run.replica.under_way_count == 1
            receiver.answers.set()
            await third.until(lambda: third.run.replica.under_way_count == 0)
            (delivery,) = third.simulator.provider("runflow").deliveries
            assert [attempt.outcome.status for attempt in delivery.attempts] == [200]
        assert len(receiver.bodies) == 1

    with_two(redis_server.url, work)


def test_entries_leave_the_log_and_a_look_back_has_them(redis_server: RedisServer) -> None:
    """The log is as short as what is behind the checkpoint; the run is there from its beginning."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        ids = await _traffic(first)
        before = [entry for _, entry in first.log.entries()]
        driver = await _kept(first, second)
        with redis.Redis(port=redis_server.port) as client:
            assert client.xlen(LOG) <= run_archive.PIECE
        assert [entry for _, entry in driver.log.entries()] == before
        status, past = await second.control("GET", f"at/{START + 1}/jobs")
        assert (status, {job["id"] for job in past["jobs"]}) == (200, set(ids[:2]))

    with_two(redis_server.url, work)


def test_a_server_that_was_away_while_entries_left_the_log_goes_on(redis_server: RedisServer) -> None:
    """It reads them where they are."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        awake = await _asleep(second, redis_server)
        ids = await _traffic(first)
        await first.run.keeper.keep(lambda: first.run.fence)
        with redis.Redis(port=redis_server.port) as client:
            assert client.llen(PACKS) * run_archive.PIECE > second.run.replica.number
        awake.set()
        assert (await second.poll(ids[0])).body == (await first.poll(ids[0])).body
        _same(first, second)

    _with_a_driver(redis_server, work)


def test_what_a_server_that_is_there_has_not_applied_stays_in_the_log(redis_server: RedisServer) -> None:
    """A checkpoint is made, but no entry is packed."""

    async def work(first: Sharing, _: Sharing, __: Listener) -> None:
        await _traffic(first)
        with redis.Redis(port=redis_server.port) as client:
            client.zadd(SERVERS, {"slow": 1e17})
            client.hset(f"{SERVERS}:have", "slow", "2")
            await first.log.exchange(first.run.replica.number, first.run.replica.moment, server=first.run.id)
            await first.run.keeper.keep(lambda: first.run.fence)
            assert client.llen(CHECKPOINT) > 0
            assert client.llen(PACKS) == 0

    _with_a_driver(redis_server, work)


async def _asleep(one: Sharing, redis_server: RedisServer) -> asyncio.Event:
    """Have a server do nothing, as on a machine that sleeps, until what this gives is set."""
    awake, run, grown = asyncio.Event(), one.log._run, one.log.grown

    async def run_later(*given: Any) -> Any:
        await awake.wait()
        return await run(*given)

    async def grown_later(after: int) -> None:
        await awake.wait()
        await grown(after)

    await one.run.caught_up()
    one.log._run, one.log.grown = run_later, grown_later  # type: ignore[method-assign,assignment]
    one.run.sequencer.reads_from(float("-inf"))
    with redis.Redis(port=redis_server.port) as client:
        client.zrem(SERVERS, one.run.id)
    return awake


def _with_a_driver(redis_server: RedisServer, work: Callable[[Sharing, Sharing, Listener], Awaitable[None]]) -> None:
    """Two servers of which the first has the lease."""

    async def ordered(first: Sharing, second: Sharing, receiver: Listener) -> None:
        await first.until(lambda: first.drives or second.drives)
        await (work(first, second, receiver) if first.drives else work(second, first, receiver))

    with_two(redis_server.url, ordered)


def test_only_who_has_the_lease_keeps_a_checkpoint(redis_server: RedisServer) -> None:
    """One that comes under an old fencing number is dropped, and nothing is left of it."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        await _traffic(first)
        driver = await _kept(first, second)
        stored = driver.log.archive.checkpoint()
        replica = driver.run.replica
        await driver.submit()
        given = (b"another", replica.number, replica.moment)
        assert not driver.log.archive.keep_checkpoint(*given, run=driver.run.head.id, fence="old:1")
        assert not driver.log.archive.pack_oldest(run=driver.run.head.id, fence="old:1")
        assert driver.log.archive.checkpoint() == stored
        with redis.Redis(port=redis_server.port) as client:
            assert client.keys(f"{CHECKPOINT.replace('{run}', '*')}:*") == []
        assert driver.log.archive.keep_checkpoint(*given, run=driver.run.head.id, fence=driver.run.fence)

    with_two(redis_server.url, work)


async def _left_behind(redis_server: RedisServer) -> None:
    """The log of a server that had the lease and was killed, without a checkpoint."""
    async with sharing(redis_server.url, Listener()) as first:
        await first.until(lambda: first.drives)
        await _traffic(first)
        await first.die(redis_server)


def test_a_server_that_joins_makes_a_checkpoint_where_nobody_has_the_lease(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the next one starts with it, even if this one is killed before it gets the lease."""

    async def work() -> None:
        await _left_behind(redis_server)
        monkeypatch.setattr("mockreel.simulator.storage.shared.checkpoint_keeper.OFTEN", 4)
        async with sharing(redis_server.url, Listener(), timing=replace(LONG, grace=1e9)) as second:
            async with asyncio.timeout(WAIT_SECONDS):
                while not second.run.keeper.taken:
                    await asyncio.sleep(0.01)
            assert not second.drives
            assert second.log.archive.checkpoint()

    asyncio.run(work())


def test_a_server_that_joins_a_long_log_makes_a_checkpoint_before_it_answers(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However soon it is killed then."""

    async def work() -> None:
        await _left_behind(redis_server)
        monkeypatch.setattr("mockreel.simulator.storage.shared.checkpoint_keeper.OVERDUE", 4)
        async with sharing(redis_server.url, Listener()) as second:
            assert second.run.keeper.taken == second.run.replica.number

    asyncio.run(work())


def test_a_server_that_ends_while_it_writes_a_checkpoint_leaves_the_one_before(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has written goes away by itself."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        await _traffic(first)
        driver = await _kept(first, second)
        behind = driver.run.keeper.taken
        await _traffic(first, seconds=5)
        with monkeypatch.context() as broken:
            broken.setattr(driver.log.archive._redis, "eval", _killed)
            with pytest.raises(KeyboardInterrupt):
                driver.log.archive.keep_checkpoint(b"half" * 200_000, 1, 1.0, run="", fence="")
        with redis.Redis(port=redis_server.port) as client:
            (left,) = client.keys("mockreel:*:checkpoint:*")
            assert 0 < client.ttl(left) <= 60
        async with sharing(redis_server.url, receiver) as third:
            assert third.run.keeper.taken == behind
            await first.run.caught_up()
            _same(first, third)

    with_two(redis_server.url, work)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("damage", ["cut", "changed", "another form", "another run", "not packed"])
def test_a_checkpoint_that_cannot_be_used_is_ignored_and_the_log_is_read(
    damage: str, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its beginning, also what has left it."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        await _traffic(first)
        driver = await _kept(first, second)
        stored = zlib.decompress(driver.log.archive.checkpoint() or b"")
        with monkeypatch.context() as other:
            other.setattr(checkpoint, "FORM", checkpoint.FORM + (damage == "another form"))
            made = driver.run.replica.checkpoint(run="other" if damage == "another run" else driver.run.head.id)
        changed = {
            "cut": zlib.compress(stored[:-1]),
            "changed": zlib.compress(stored[:200] + b"x" + stored[201:]),
            "not packed": stored,
        }.get(damage, zlib.compress(made))
        with redis.Redis(port=redis_server.port) as client:
            client.ltrim(CHECKPOINT, 0, 0)
            client.rpush(CHECKPOINT, changed)
        async with sharing(redis_server.url, receiver) as third:
            assert third.run.keeper.taken == 0
            _same(first, third)

    with_two(redis_server.url, work)


def test_a_checkpoint_is_made_once_enough_was_appended_or_nothing_is_for_a_while(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while an entry is being applied, or a client waits for its job."""
    monkeypatch.setattr("mockreel.simulator.storage.shared.checkpoint_keeper.OFTEN", 8)
    monkeypatch.setattr("mockreel.simulator.storage.shared.checkpoint_keeper.WORTH_IT", 4)

    async def work(first: Sharing, _: Sharing, __: Listener) -> None:
        await _traffic(first)
        async with asyncio.timeout(WAIT_SECONDS):
            while not first.run.keeper.taken:
                await asyncio.sleep(0.01)
        assert first.run.keeper.taken >= 4

    _with_a_driver(redis_server, work)
