"""A server dies, the Redis is gone for a while, a lease is lost: what is due is done, and no answer is wrong."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
import redis
from simulator.storage.redis_server import RedisServer, cancelled_commands
from simulator.storage.rig import state
from simulator.storage.shared.rig import UNSURE, WAIT_SECONDS, Listener, Sharing, sharing, with_two

from mockreel.errors import StateError
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.shared.redis_log import RedisLog
from mockreel.webhooks import Outcome, Outgoing
from mockreel.webhooks.transport import NOT_SENT

pytestmark = cancelled_commands


async def _drives(*servers: Sharing) -> tuple[Sharing, Sharing]:
    """Wait until one has the lease; gives that one, then the other."""
    first, second = servers
    await first.until(lambda: first.drives or second.drives)
    return (first, second) if first.drives else (second, first)


def test_a_server_that_dies_is_replaced_and_its_webhooks_are_sent(redis_server: RedisServer) -> None:
    """The other one takes the lease once it has run out, and moves the clock on."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        driver, other = await _drives(first, second)
        ids = {await driver.submit(), await other.submit()}
        await driver.die(redis_server)
        status, _ = await other.control("POST", "clock/advance", {"seconds": 60})
        assert status == 200
        assert sorted(str(orjson.loads(body)["run_id"]) for body in receiver.bodies) == sorted(ids)

    with_two(redis_server.url, work)


def test_an_advance_is_ended_by_another_server_where_the_first_has_died(redis_server: RedisServer) -> None:
    """What the receiver has answered, and nobody knows, is sent once more; the rest is sent once."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        driver, other = await _drives(first, second)
        for _ in range(3):
            await driver.submit()
        receiver.answers.clear()
        moving = asyncio.ensure_future(other.control("POST", "clock/advance", {"seconds": 60}))
        await receiver.received(1)
        await driver.die(redis_server)
        receiver.answers.set()
        assert (await moving)[0] == 200
        reported = [orjson.loads(body)["run_id"] for body in receiver.bodies]
        assert [reported.count(id_) for id_ in dict.fromkeys(reported)] == [2, 1, 1]
        deliveries = list(other.simulator.provider("runflow").deliveries)
        assert [(one.status, len(one.attempts)) for one in deliveries] == [("delivered", 1)] * 3

    with_two(redis_server.url, work)


def test_what_a_dead_servers_clients_waited_for_is_given_up(redis_server: RedisServer) -> None:
    """Its idempotency key is free again, as nobody was answered."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        driver, other = await _drives(first, second)
        body = {"prompt": "a boat", "duration": "6s", "resolution": "720p"}
        waits = asyncio.ensure_future(driver.ask("runflow", "POST", "/v1/run/google/veo3.1/lite", body))
        jobs = other.simulator.provider("runflow").jobs
        await other.until(lambda: len(jobs) == 1)
        await driver.die(redis_server)
        await other.until(lambda: not other.run.replica.waiting_servers())
        waits.cancel()

    with_two(redis_server.url, work)


def test_a_server_that_has_lost_its_lease_begins_nothing(redis_server: RedisServer) -> None:
    """An entry with an old fencing number is not appended."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        driver, other = await _drives(first, second)
        old = driver.run.fence
        await driver.die(redis_server)
        await other.until(lambda: other.drives)
        before = other.log.last
        output = await other.log.exchange(
            before, other.run.replica.moment, server="old", entries=[(old, Entry("advanced", 0.0, {"of": 1}))]
        )
        assert output.numbers == [0]
        assert other.log.last == before
        assert int(other.run.fence.partition(":")[2]) > int(old.partition(":")[2])

    with_two(redis_server.url, work)


def test_the_outcome_of_an_attempt_that_another_server_makes_again_is_ignored(redis_server: RedisServer) -> None:
    """It comes under an old fencing number: the delivery has one attempt, that of the new server."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        driver, other = await _drives(first, second)
        await driver.submit()
        receiver.answers.clear()
        moving = asyncio.ensure_future(other.control("POST", "clock/advance", {"seconds": 60}))
        await receiver.received(1)
        old = driver.run.fence
        await driver.die(redis_server)
        await receiver.received(2)
        delivery = next(iter(other.simulator.provider("runflow").deliveries))
        late = {"p": "runflow", "id": delivery.id, "f": old, "number": 1, "status": 500}
        late |= {"response": "", "error": "", "detail": ""}
        here, entry = other.run.replica, Entry("attempt", 0.0, late)
        await other.log.exchange(here.number, here.moment, server="old", entries=[("", entry)])
        receiver.answers.set()
        await moving
        assert [attempt.outcome.status for attempt in delivery.attempts] == [200]

    with_two(redis_server.url, work)


def test_without_the_redis_requests_that_change_something_are_refused_with_the_reason(
    redis_server: RedisServer,
) -> None:
    """Reads too, once the server can no longer know; and all goes on when the Redis is there again."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        id_ = await first.submit(idempotency_key="before")
        await second.until(lambda: second.run.sequencer.has_all)
        redis_server.kill()
        body = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
        refused = await first.ask("runflow", "POST", "/v1/models/google/veo3.1/lite/runs", body)
        assert refused.status == 503
        output = orjson.loads(refused.body)
        assert output["title"] == "Not shared"
        assert "cannot be reached" in output["detail"]
        assert (await second.control("POST", "clock/advance", {"seconds": 1}))[0] == 503
        await _lapsed(second)
        assert (await second.poll(id_)).status == 503
        redis_server.start()
        assert await second.submit(idempotency_key="before") == id_
        assert (await first.poll(id_)).status == 200
        await first.control("POST", "clock/advance", {"seconds": 60})
        assert len(receiver.bodies) == 1
        await second.run.caught_up()
        assert orjson.dumps(state(first.simulator)) == orjson.dumps(state(second.simulator))

    with_two(redis_server.url, work, timing=UNSURE)


async def _lapsed(one: Sharing) -> None:
    """Wait until a server no longer answers reads by itself."""
    async with asyncio.timeout(20):
        while one.run.sequencer.has_all:
            await asyncio.sleep(0)


def test_an_outcome_that_comes_while_the_redis_is_gone_is_stored(redis_server: RedisServer) -> None:
    """The webhook is not sent again when the Redis is back."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        driver, other = await _drives(first, second)
        await driver.submit()
        receiver.answers.clear()
        moving = asyncio.ensure_future(driver.control("POST", "clock/advance", {"seconds": 60}))
        await receiver.received(1)
        redis_server.kill()
        receiver.answers.set()
        await asyncio.sleep(0)
        redis_server.start()
        assert (await moving)[0] == 200
        assert len(receiver.bodies) == 1
        await other.run.caught_up()

    with_two(redis_server.url, work)


def test_a_redis_that_has_lost_entries_is_noticed(redis_server: RedisServer) -> None:
    """Nothing is answered from a log that is not what it was."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        id_ = await first.submit()
        await first.run.sequencer.caught_up()
        with redis.Redis(port=redis_server.port) as client:
            client.xdel("mockreel:{run}:log", f"{first.log.last}-0")
        with pytest.raises(StateError, match="has another log now"):
            await first.run.sequencer.caught_up()
        await _lapsed(second)
        assert (await second.poll(id_)).status == 503

    with_two(redis_server.url, work, timing=UNSURE)


def test_a_redis_that_is_not_there_is_named_at_the_start(tmp_path: Path) -> None:
    """The message says which, and what the client library says of it."""
    with pytest.raises(
        StateError, match=r"The run 'run' at redis://127.0.0.1:1/0 cannot be reached.* Is its URL right"
    ):
        RedisLog("redis://127.0.0.1:1/0")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"mockreel": "0.0.1"},
            r"^The run 'run' at \S+ was written by mockreel 0\.0\.1; .* or keep this run under another name",
        ),
        ({"form": 9}, r"has form 9 of the entries; this version reads form 1\. .* under another name"),
        (
            {"contracts": {"runflow": "9"}},
            r"^The run 'run' at \S+ has version 9 of the contract of runflow; .* under another name",
        ),
    ],
)
def test_a_log_of_another_version_is_refused_with_the_reason(
    changed: dict[str, Any], says: str, redis_server: RedisServer
) -> None:
    """It is not read at all, and nothing is appended."""

    async def work() -> None:
        async with AsyncExitStack() as stack:
            one = await stack.enter_async_context(sharing(redis_server.url, Listener()))
            await one.until(lambda: one.drives)
            last = one.log.last
            head = {**(one.log.head or {}), **changed}
            with redis.Redis(port=redis_server.port) as client:
                client.hset("mockreel:{run}:head", "row", orjson.dumps(head).decode())
            with pytest.raises(StateError, match=says):
                await stack.enter_async_context(sharing(redis_server.url, Listener()))
            assert one.log.last == last

    asyncio.run(work())


class Deaf(Listener):
    """An attempt to which a cancellation comes just when its response does: it ends with the response."""

    async def send(self, message: Outgoing) -> Outcome:
        try:
            return await super().send(message)
        except asyncio.CancelledError:
            return Outcome(200)


def test_a_server_ends_while_the_response_to_a_webhook_arrives(redis_server: RedisServer) -> None:
    """Nothing goes on that was to end; the next server sends the webhook again, as its outcome is unknown."""

    async def work() -> None:
        receiver = Deaf()
        receiver.answers.clear()
        async with asyncio.timeout(WAIT_SECONDS):
            async with sharing(redis_server.url, receiver, held=False) as one:
                await one.submit()
                moving = asyncio.ensure_future(one.control("POST", "clock/advance", {"seconds": 60}))
                await receiver.received(1)
                moving.cancel()
            receiver.answers.set()
            async with sharing(redis_server.url, receiver, held=False):
                await receiver.received(2)

    asyncio.run(work())


class Queued(Listener):
    """Sends an attempt when its turn comes, if it is allowed then; as the sender of a server does."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = asyncio.Event()
        self.waiting = 0

    async def send(self, message: Outgoing) -> Outcome:
        self.waiting += 1
        await self.turn.wait()
        if message.allowed is not None and not message.allowed():
            return NOT_SENT
        return await super().send(message)


def test_a_server_that_stood_still_does_not_send_what_another_one_sends(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had begun the attempt, and woke up after its lease was over."""

    async def work() -> None:
        receiver = Queued()
        async with AsyncExitStack() as stack:
            servers = [await stack.enter_async_context(sharing(redis_server.url, receiver)) for _ in range(2)]
            driver, other = await _drives(*servers)
            await driver.submit()
            moving = asyncio.ensure_future(other.control("POST", "clock/advance", {"seconds": 60}))
            await other.until(lambda: receiver.waiting == 1)
            monkeypatch.setattr(driver.log, "beat", lambda *_, **__: asyncio.Event().wait())
            monkeypatch.setattr(driver.run._lease_holder, "_holds_until", 0.0)
            with redis.Redis(port=redis_server.port) as client:
                client.delete("mockreel:{run}:lease")
            await other.until(lambda: receiver.waiting == 2)
            receiver.turn.set()
            assert (await moving)[0] == 200
            await driver.run.caught_up()
            assert len(receiver.bodies) == 1

    asyncio.run(work())
