"""Two servers of one run against one server in memory: the responses are the same, byte for byte.

The calls are drawn, and which of the two gets them; in between the Redis is killed and started again.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from simulator.storage.redis_server import RedisServer, cancelled_commands
from simulator.storage.rig import HOOK, KEYS, RUN, START, fresh, state
from simulator.storage.shared.rig import Listener, Sharing, ask, control, sharing

from mockreel.engine.clock import Clock
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.shared import run_archive

pytestmark = cancelled_commands
SERVERS, KEY = st.integers(0, 1), st.sampled_from(KEYS)
WISHES = ["", "scenario=fail", "scenario=slow", "scenario=rate-limited", "scenario=none-such"]
HEADERS = st.fixed_dictionaries(
    {"prefer": st.sampled_from(WISHES)}, optional={"idempotency_key": st.sampled_from(["one", "two"])}
)
BODIES = st.fixed_dictionaries(
    {
        "input": st.sampled_from(["6s", "7 days"]).map(
            lambda seconds: {"prompt": "a boat", "duration": seconds, "resolution": "720p"}
        )
    },
    optional={"callback_url": st.just(HOOK)},
)


class TwoAgainstOne(RuleBasedStateMachine):
    """The servers, the model, and what both have begun."""

    redis_server: RedisServer
    begun = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).begun += 1
        self._loop = asyncio.new_event_loop()
        self._jobs: list[tuple[str, str]] = []
        self._listener = Listener()
        self._url = f"{self.redis_server.url}?run=n{self.begun}"
        self._stacks = [AsyncExitStack(), AsyncExitStack()]
        self._servers: list[Sharing] = [self._run(self._joined(stack)) for stack in self._stacks]
        self._model: Simulator = fresh(Clock(start=START, held=True), b"x" * 16, Listener())

    def _run(self, work: Any) -> Any:
        return self._loop.run_until_complete(work)

    async def _joined(self, stack: AsyncExitStack) -> Sharing:
        one = await stack.enter_async_context(sharing(self._url, self._listener))
        await one.until(lambda: one.run.sequencer.has_all)  # it answers reads by itself from now on
        return one

    def _same(self, server: int, work: Callable[[Simulator], Any]) -> Any:
        """Do the same at a server and at the model; what comes of it is the same."""
        found, expected = self._run(work(self._servers[server].simulator)), self._run(work(self._model))
        assert found == expected
        return found

    @rule(server=SERVERS, key=KEY, headers=HEADERS, body=BODIES)
    def submit(self, server: int, key: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        """A submit, of which some are refused, and some are repeated."""
        found = self._same(server, lambda one: ask(one, "runflow", "POST", RUN, body, key=key, **headers))
        if found.status == 201:
            self._jobs.append((orjson.loads(found.body)["id"], key))

    @rule(server=SERVERS, key=KEY, path=st.sampled_from(["/v1/runs", "/v1/models", "/v1/billing/balance", "/v1/none"]))
    def read(self, server: int, key: str, path: str) -> None:
        """A list, a balance, an unknown path."""
        self._same(server, lambda one: ask(one, "runflow", "GET", path, key=key))

    @rule(server=SERVERS, which=st.integers(0, 50))
    def poll(self, server: int, which: int) -> None:
        """A poll of any job that was begun anywhere."""
        if self._jobs:
            id_, key = self._jobs[which % len(self._jobs)]
            self._same(server, lambda one: ask(one, "runflow", "GET", f"/v1/runs/{id_}", key=key))

    @rule(server=SERVERS, key=KEY)
    def refused_elsewhere(self, server: int, key: str) -> None:
        """An error response that has a number of its own."""
        self._same(server, lambda one: ask(one, "aimlapi", "GET", "/v2/video/generations?generation_id=x", key=key))

    @rule(server=SERVERS, seconds=st.sampled_from([0.5, 3.0, 60.0]))
    def advance(self, server: int, seconds: float) -> None:
        """The clock moves for both."""
        self._same(server, lambda one: control(one, "POST", "clock/advance", {"seconds": seconds}))

    @rule(server=SERVERS, which=st.integers(0, 50), how=st.sampled_from(["complete", "fail", "cancel"]))
    def by_hand(self, server: int, which: int, how: str) -> None:
        """A job is ended by hand, or has ended."""
        if self._jobs:
            id_, _ = self._jobs[which % len(self._jobs)]
            self._same(server, lambda one: control(one, "POST", f"jobs/runflow/{id_}/{how}"))

    @rule(
        server=SERVERS,
        what=st.sampled_from(
            [
                ("POST", "rules", {"scenario": "fail", "nth": 2}),
                ("POST", "rules", {"fault": "throttled", "operation": "get_run"}),
                ("DELETE", "rules", None),
                ("POST", "readings", {"provider": "runflow", "id": "balance-shape", "option": "cents"}),
                ("POST", "balances", {"provider": "runflow", "account": "account-1", "balance": "0.05"}),
                ("POST", "reset", None),
                ("GET", "deliveries", None),
                ("GET", "balances", None),
            ]
        ),
    )
    def control(self, server: int, what: tuple[str, str, Any]) -> None:
        """Rules, readings, money, a reset."""
        self._same(server, lambda one: control(one, *what))
        if what[1] == "reset":
            self._jobs.clear()

    @rule(server=SERVERS)
    def redis_is_started_again(self, server: int) -> None:
        """A request meanwhile is rejected, and has no effect at either."""
        self.redis_server.kill()
        body = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
        refused = self._run(ask(self._servers[server].simulator, "runflow", "POST", RUN, body))
        self.redis_server.start()
        assert refused.status == 503

    @rule(server=SERVERS)
    def a_server_is_replaced(self, server: int) -> None:
        """By one that begins with a checkpoint, if the other has the lease and can make one."""
        self._run(self._replaced(server))

    async def _replaced(self, server: int) -> None:
        other = self._servers[1 - server]
        await self._stacks[server].aclose()
        await other.until(lambda: other.drives)
        if other.run.replica.is_settled:
            await other.run.keeper.keep(lambda: other.run.fence)
        self._servers[server] = await self._joined(self._stacks[server])

    def teardown(self) -> None:
        """In the end both have the same state, and the same webhooks were sent as by the model."""
        for one in self._servers:
            self._run(one.run.sequencer.caught_up())
            self._run(one.control("GET", "balances"))  # sums are settled when somebody reads them
        first, second = [orjson.dumps(state(one.simulator)) for one in self._servers]
        model = [orjson.dumps(one) for one in _deliveries(self._model)]
        sent = [orjson.dumps(one) for one in _deliveries(self._servers[0].simulator)]
        for stack in self._stacks:
            self._run(stack.aclose())
        self._run(self._model.close())
        self._loop.close()
        assert first == second
        assert sent == model


def _deliveries(simulator: Simulator) -> list[Any]:
    return [
        [one.id, one.status, one.subject, [(tried.at, tried.outcome.status) for tried in one.attempts]]
        for one in simulator.provider("runflow").deliveries
    ]


def test_two_servers_answer_as_one(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random calls, randomly routed, with crashes of the Redis in between, and servers that leave and join."""
    monkeypatch.setattr(run_archive, "PIECE", 4)
    machine = type("Drawn", (TwoAgainstOne,), {"redis_server": redis_server})
    run_state_machine_as_test(machine, settings=settings(max_examples=5, stateful_step_count=15, deadline=None))
