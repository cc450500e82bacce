"""Two servers share one run: what one of them has received the other one knows, and what is due is done once."""

import asyncio
import gzip

import orjson
import pytest
from simulator.storage.redis_server import RedisServer, cancelled_commands
from simulator.storage.rig import KEYS, RUN, START, fresh, request, state
from simulator.storage.shared.rig import Listener, Sharing, sharing, with_two

from mockreel.contract.messages.message import Request, Response
from mockreel.engine.clock import Clock
from mockreel.errors import StateError
from mockreel.simulator.jobs import interventions

pytestmark = cancelled_commands


def test_a_job_that_one_server_created_is_read_at_the_other_at_once(redis_server: RedisServer) -> None:
    """Ten submits, each followed by a poll at the other one."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        for turn in range(10):
            here, there = (first, second) if turn % 2 else (second, first)
            assert (await there.poll(await here.submit())).status == 200

    with_two(redis_server.url, work)


def test_both_come_to_the_same_state_in_every_byte(redis_server: RedisServer) -> None:
    """Accounts, ids, plans, deliveries and their attempts."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        for turn in range(20):
            here = first if turn % 3 else second
            await here.submit(key=KEYS[turn % 2], prefer="scenario=fail" if turn % 5 == 0 else "")
            if turn % 4 == 0:
                await here.control("POST", "clock/advance", {"seconds": 3})
        await first.run.caught_up()
        await second.run.caught_up()
        assert orjson.dumps(state(first.simulator)) == orjson.dumps(state(second.simulator))

    with_two(redis_server.url, work)


def test_an_idempotency_key_is_one_at_all_servers(redis_server: RedisServer) -> None:
    """The same key at the other one gives the same job, at the same time as well."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        requested = [one.submit(idempotency_key="once") for one in (first, second, first, second)]
        assert len(set(await asyncio.gather(*requested))) == 1

    with_two(redis_server.url, work)


def test_accounts_are_numbered_by_their_first_use_at_any_server(redis_server: RedisServer) -> None:
    """A key that both see first at the same time has one account."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        await asyncio.gather(*[one.submit(key=key) for one in (first, second) for key in KEYS])
        for one in (first, second):
            await one.run.caught_up()
            accounts = one.simulator.provider("runflow").keyring.accounts
            assert sorted((found.number, found.drawn) for found in accounts.values()) == [(1, 2), (2, 2)]

    with_two(redis_server.url, work)


def test_a_first_read_with_a_key_is_an_entry_and_the_next_one_is_none(redis_server: RedisServer) -> None:
    """It opens an account; from then on a read is answered without the log."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        await first.ask("runflow", "GET", "/v1/runs")
        entries = first.log.last
        await second.ask("runflow", "GET", "/v1/runs")
        assert first.log.last == entries
        assert [entry.kind for _, entry in first.log.entries() if entry.kind == "request"] == ["request"]

    with_two(redis_server.url, work)


def test_a_read_that_is_tried_and_then_an_entry_unpacks_its_body_once(redis_server: RedisServer) -> None:
    """A key's first poll, with a packed body that nobody reads, is answered as it is where there is no log."""
    path, headers = "/v2/video/generations?generation_id=none", {"content-encoding": "gzip"}

    def packed() -> Request:
        found = request("GET", path, None, **headers)
        found.body = gzip.compress(b"{}")
        return found

    async def work(first: Sharing, _: Sharing, __: Listener) -> None:
        alone = fresh(Clock(start=START, held=True), first.run.head.salt, Listener()).provider("aimlapi")
        answer = first.simulator.provider("aimlapi").answer(packed())
        expected = alone.answer(packed())
        assert isinstance(expected, Response)
        assert not isinstance(answer, Response)
        assert (await answer).status == expected.status == 404

    with_two(redis_server.url, work)


def test_the_clock_is_moved_for_all_and_webhooks_are_sent_once(redis_server: RedisServer) -> None:
    """By the server that has the lease, whichever gets the request."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        ids = {await one.submit() for one in (first, second, first)}
        for one in (second, first):
            status, clock = await one.control("POST", "clock/advance", {"seconds": 60})
            assert status == 200
        assert clock["now"] == START + 120
        assert {str(orjson.loads(body)["run_id"]) for body in receiver.bodies} == ids
        assert len(receiver.bodies) == 3
        assert (await second.control("GET", "clock"))[1]["now"] == START + 120

    with_two(redis_server.url, work)


@pytest.mark.parametrize(
    ("method", "path", "body", "read"),
    [
        ("POST", "rules", {"fault": "throttled", "operation": "get_run"}, "rules"),
        ("POST", "readings", {"provider": "runflow", "id": "balance-shape", "option": "cents"}, "readings"),
        ("POST", "balances", {"provider": "runflow", "account": "account-1", "balance": "5"}, "balances"),
        ("POST", "clock/speed", {"speed": 60}, "clock"),
        ("POST", "reset", None, "jobs"),
    ],
)
def test_what_is_set_at_one_server_holds_for_all(
    method: str, path: str, body: object, read: str, redis_server: RedisServer
) -> None:
    """Rules, readings, balances, the clock, a reset: the other one shows the same."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        await first.submit()
        before = await second.control("GET", read)
        status, output = await first.control(method, path, body)
        assert status == 200, output
        after = await second.control("GET", read)
        assert after != before
        assert after == await first.control("GET", read)

    with_two(redis_server.url, work)


def test_a_snapshot_of_one_is_put_back_at_all(redis_server: RedisServer) -> None:
    """The jobs that came after it are gone at the other one."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        id_ = await first.submit()
        snapshot = (await second.control("GET", "snapshot"))[1]
        later = await first.submit()
        assert (await second.control("POST", "restore", snapshot))[0] == 200
        assert ((await first.poll(id_)).status, (await first.poll(later)).status) == (200, 404)

    with_two(redis_server.url, work)


def test_a_request_that_waits_is_answered_where_it_was_sent(redis_server: RedisServer) -> None:
    """The older endpoint answers with its result when the clock is moved at the other server."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        body = {"prompt": "a boat", "duration": "6s", "resolution": "720p"}
        waits = asyncio.ensure_future(first.ask("runflow", "POST", "/v1/run/google/veo3.1/lite", body))
        jobs = second.simulator.provider("runflow").jobs
        await second.until(lambda: len(jobs) == 1)
        assert not waits.done()
        await second.control("POST", "clock/advance", {"seconds": 60})
        assert (await waits).status == 200
        await first.run.caught_up()
        await second.run.caught_up()
        assert orjson.dumps(state(first.simulator)) == orjson.dumps(state(second.simulator))

    with_two(redis_server.url, work)


def test_a_server_that_joins_has_all_that_was(redis_server: RedisServer) -> None:
    """It applies the log before it answers."""

    async def work(first: Sharing, second: Sharing, receiver: Listener) -> None:
        id_ = await first.submit()
        await second.control("POST", "clock/advance", {"seconds": 60})
        async with sharing(redis_server.url, receiver) as third:
            assert (await third.poll(id_)).body == (await first.poll(id_)).body
            assert orjson.dumps(state(third.simulator)) == orjson.dumps(state(first.simulator))
        assert len(receiver.bodies) == 1

    with_two(redis_server.url, work)


def test_a_look_back_shows_the_run_as_it_was(redis_server: RedisServer) -> None:
    """At any of the servers, without a change."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        id_ = await first.submit()
        await first.control("POST", "clock/advance", {"seconds": 60})
        await second.submit()
        status, past = await second.control("GET", f"at/{START + 1}/jobs")
        assert (status, [job["id"] for job in past["jobs"]]) == (200, [id_])
        assert past["jobs"][0]["state"] != "succeeded"
        assert len(first.simulator.provider("runflow").jobs) == 2

    with_two(redis_server.url, work)


def test_a_look_back_shows_what_came_after_a_reset(redis_server: RedisServer) -> None:
    """It has put the clock back: the moment was twice, and the last time is shown."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        await first.submit()
        await first.control("POST", "clock/advance", {"seconds": 60})
        await second.control("POST", "reset")
        id_ = await second.submit()
        for moment in (START, START + 1):
            await first.control("POST", "clock/advance", {"seconds": 1})
            status, past = await second.control("GET", f"at/{moment}/jobs")
            assert (status, [job["id"] for job in past["jobs"]]) == (200, [id_])

    with_two(redis_server.url, work)


def test_no_key_is_in_the_log(redis_server: RedisServer) -> None:
    """A keyed hash stands in its place, in headers and bodies."""

    async def work(first: Sharing, _: Sharing, __: Listener) -> None:
        body = {"input": {"prompt": f"my key is {KEYS[0]}", "duration": "6s", "resolution": "720p"}}
        await first.ask("runflow", "POST", RUN, body)
        written = b"".join(entry.encode() for _, entry in first.log.entries())
        assert b"my key is" in written
        assert KEYS[0].encode() not in written

    with_two(redis_server.url, work)


def test_a_program_beside_the_log_changes_nothing_unseen(redis_server: RedisServer) -> None:
    """The message says to use the control API."""

    async def work(first: Sharing, _: Sharing, __: Listener) -> None:
        id_ = await first.submit()
        provider = first.simulator.provider("runflow")
        job = provider.jobs.get(id_)
        assert job is not None
        with pytest.raises(StateError, match="shared by several servers"):
            interventions.complete(provider, job)

    with_two(redis_server.url, work)


def test_another_server_with_other_options_is_refused(redis_server: RedisServer) -> None:
    """Both would give another state to the same entries."""

    async def work() -> None:
        async with sharing(redis_server.url, Listener(), settings={"--seed": 1}):
            with pytest.raises(StateError, match="has --seed 1; here it is 2"):
                async with sharing(redis_server.url, Listener(), settings={"--seed": 2}):
                    pass

    asyncio.run(work())


def test_what_was_before_a_reset_is_reached_by_time_and_by_entry(redis_server: RedisServer) -> None:
    """At any of the servers; a restored snapshot puts the clock back too."""

    async def work(first: Sharing, second: Sharing, _: Listener) -> None:
        one = await first.submit()
        snapshot = (await first.control("GET", "snapshot"))[1]
        await first.control("POST", "clock/advance", {"seconds": 60})
        two = await second.submit()
        assert (await first.control("POST", "reset"))[0] == 200
        three = await second.submit()
        await first.control("POST", "clock/advance", {"seconds": 20})
        assert (await second.control("POST", "restore", snapshot))[0] == 200
        assert (await second.control("POST", "restore", {"form": 0}))[0] == 400
        status, said = await second.control("GET", "resets")
        assert status == 200
        assert [(row["by"], row["from"] - START, row["to"] - START) for row in said["resets"]] == [
            ("reset", 60, 0),
            ("restore", 20, 0),
        ]

        async def jobs(moment: str) -> set[str]:
            status, found = await first.control("GET", f"at/{moment}/jobs")
            assert status == 200, found
            return {job["id"] for job in found["jobs"]}

        before_reset, before_restore = (row["before"] for row in said["resets"])
        assert await jobs(before_reset) == await jobs(f"{START + 60}") == {one, two}
        assert await jobs(f"{START + 10}@{before_reset.partition('@')[2]}") == {one}
        assert await jobs(before_restore) == await jobs(f"{START + 20}") == {three}
        assert await jobs("@" + before_restore.partition("@")[2]) == {three}
        assert await jobs(f"{START}") == {one}
        assert (await first.control("GET", "at/@999/jobs"))[0] == 400
        assert (await first.control("GET", f"at/{START + 61}/jobs"))[0] == 400

    with_two(redis_server.url, work)


def test_a_run_that_has_less_than_its_checkpoint_is_refused(redis_server: RedisServer) -> None:
    """The Redis has lost its newest entries: it is said, and nothing is answered."""

    async def work() -> None:
        receiver = Listener()
        async with sharing(redis_server.url, receiver) as one:
            await one.submit()
            await one.run.keeper.keep(lambda: one.run.fence)
            one.log._sync.delete("mockreel:{run}:log")
        with pytest.raises(StateError, match=r"has lost its newest entries: its checkpoint has"):
            async with sharing(redis_server.url, receiver):
                pass

    asyncio.run(work())
