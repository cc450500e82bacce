"""Servers of one run, in process and on one event loop, without sockets but those to the Redis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import redis
from simulator.storage.redis_server import RedisServer
from simulator.storage.rig import HOOK, RUN, START, Receiver, contracts, fresh, load, request

from mockreel.contract.messages.message import Response
from mockreel.engine.clock import Clock
from mockreel.errors import StateError
from mockreel.server.admin.control_routes import Control, perform
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.shared.member import Timing
from mockreel.simulator.storage.shared.redis_log import RedisLog
from mockreel.simulator.storage.shared.shared_run import SharedRun
from mockreel.webhooks import Outcome, Outgoing

# So long that no server is taken for dead on a busy machine; a test that wants one to be says so to the Redis.
LONG = Timing(beat=0.1, reads=20.0, lease=20.0, grace=0.05, again=0.02)
# The same, but what a server may answer by itself is soon over.
UNSURE = replace(LONG, reads=1.0)
WAIT_SECONDS = 60.0


class Listener(Receiver):
    """Receives webhooks, and lets a test wait for them; `answers` may keep it from answering."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self._arrived = asyncio.Condition()

    async def send(self, message: Outgoing) -> Outcome:
        self.bodies.append(message.body)
        async with self._arrived:
            self._arrived.notify_all()
        await self.answers.wait()
        return Outcome(200)

    async def received(self, count: int) -> None:
        """Wait until so many have come."""
        async with asyncio.timeout(WAIT_SECONDS), self._arrived:
            await self._arrived.wait_for(lambda: len(self.bodies) >= count)


@dataclass
class Sharing:
    """One server of a run."""

    simulator: Simulator
    run: SharedRun
    log: RedisLog
    beside: list["asyncio.Task[None]"] = field(default_factory=list)

    async def ask(self, provider: str, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """One request."""
        return await ask(self.simulator, provider, method, path, body, **headers)

    async def submit(self, *, hook: str | None = HOOK, **headers: str) -> str:
        """Begin a run; gives its id."""
        body = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
        given = body if hook is None else {**body, "callback_url": hook}
        response = await self.ask("runflow", "POST", RUN, given, **headers)
        assert response.status == 201, response.body
        return str(orjson.loads(response.body)["id"])

    async def poll(self, id_: str) -> Response:
        """Read a run."""
        return await self.ask("runflow", "GET", f"/v1/runs/{id_}")

    async def control(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One request to the control API."""
        return await control(self.simulator, method, path, body)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that entries bring about."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not holds():
                await self.run.sequencer.caught_up()

    async def die(self, redis_server: RedisServer) -> None:
        """End as a killed process does; nothing is sent to anybody, and then its times run out."""
        await _ended(self.beside, suddenly=self.log)
        with redis.Redis(port=redis_server.port) as client:
            held = client.get("mockreel:{run}:lease") or b""
            if held.startswith(self.run.id.encode()):
                client.delete("mockreel:{run}:lease")
            client.zrem("mockreel:{run}:servers", self.run.id)

    @property
    def drives(self) -> bool:
        """Whether it has the lease."""
        return bool(self.run.fence)


async def ask(
    simulator: Simulator, provider: str, method: str, path: str, body: Any = None, **headers: str
) -> Response:
    """One request to a provider."""
    answer = simulator.provider(provider).answer(request(method, path, body, **headers))
    return answer if isinstance(answer, Response) else await answer


async def control(simulator: Simulator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """One request to the control API of a simulator."""
    found: list[Mapping[str, Any]] = []
    raw = b"" if body is None else orjson.dumps(body)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        found.append(message)

    target, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": f"/_mockreel/{target}",
        "query_string": query.encode(),
        "headers": [(b"content-type", b"application/json")] if raw else [],
        "root_path": "",
    }
    await Control(simulator).app()(scope, receive, send)
    return found[0]["status"], orjson.loads(b"".join(one.get("body", b"") for one in found[1:]))


async def _ended(tasks: list["asyncio.Task[None]"], *, suddenly: RedisLog | None = None) -> None:
    if suddenly is not None:
        suddenly.leave = _unsaid  # type: ignore[method-assign,assignment]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _unsaid(_server: str) -> None:
    """A killed process says nothing."""


@asynccontextmanager
async def sharing(
    url: str,
    receiver: Listener,
    *,
    held: bool = True,
    timing: Timing = LONG,
    settings: Mapping[str, Any] | None = None,
) -> AsyncIterator[Sharing]:
    """A server of the run in a Redis."""
    clock = Clock(start=START, held=held)
    log = RedisLog(url)
    versions = dict.fromkeys(contracts(), "1")
    try:
        run = SharedRun(
            log, settings=settings or {}, contracts=versions, clock=clock, load=load, perform=perform, timing=timing
        )
    except StateError:
        log.close()
        raise
    simulator = fresh(clock, run.head.salt, receiver)
    run.resume(simulator)
    simulator.history = run.history(
        lambda: fresh(Clock(start=START, held=True), run.head.salt, receiver), now=simulator.clock.now
    )
    one = Sharing(simulator, run, log)
    await run.join()
    one.beside = [asyncio.ensure_future(part(simulator)) for part in run.beside]
    try:
        yield one
    finally:
        await _ended(one.beside)
        log.close()


def with_two(url: str, work: Callable[[Sharing, Sharing, Listener], Awaitable[None]], **options: Any) -> None:
    """Do something with two servers of one run."""

    async def both() -> None:
        receiver = Listener()
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(sharing(url, receiver, **options))
            second = await stack.enter_async_context(sharing(url, receiver, **options))
            await work(first, second, receiver)

    asyncio.run(both())
