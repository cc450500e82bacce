"""A client and a mock server in one process on a paused clock: a client's pause moves the server's clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from inspect import isawaitable
from typing import Any
from urllib.parse import unquote

import httpx2

from mockreel.client import AsyncClient, Client
from mockreel.contract import Contract, load_contract
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.clock import Clock
from mockreel.simulator.provider import Provider
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import build_simulator
from mockreel.webhooks import MemorySender
from support.caller import START

URL = "http://127.0.0.1:1"  # never connected to
KEY = {"runflow": "rf_svc_hush-hush-1", "aimlapi": "hush-hush-2", "runninghub": "hush-hush-3"}
WORK: dict[str, tuple[str, dict[str, Any]]] = {
    "runflow": ("google/veo3.1/lite", {"prompt": "a paper boat", "duration": 6}),
    "aimlapi": ("google/veo-3.1-lite-generate-001", {"prompt": "a paper boat", "duration": "8s"}),
    "runninghub": (
        "rhart-video-v3.1-lite-official/text-to-video",
        {"prompt": "a boat", "duration": 6, "resolution": "720P"},
    ),
}
PROVIDERS = tuple(WORK)
MODES = ("sync", "async")


@dataclass(frozen=True)
class Lost:
    """The request arrives, and its response does not."""

    error: Exception


# What befalls a request: an error, another response, a lost response; None lets it pass.
Trick = Exception | httpx2.Response | Lost | None


@dataclass
class Rig(httpx2.BaseTransport, httpx2.AsyncBaseTransport):
    """One provider in this process, and how its traffic is meddled with."""

    provider: Provider
    runner: asyncio.Runner
    mode: str
    sink: MemorySender
    tricks: list[Trick] = field(default_factory=list)
    prefer: str = ""
    sent: list[httpx2.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    elsewhere: dict[str, httpx2.Response] = field(default_factory=dict)

    def client(self, *, key: str | None = None, readings: Mapping[str, str] | None = None, **options: Any) -> Any:
        """A client of this mock server; the asynchronous one is used here as if it were not."""
        provider = self.provider.name
        given: dict[str, Any] = {"key": key or KEY[provider], "base_url": URL, "transport": self, **options}
        contract = loaded(provider, tuple((readings or {}).items()))
        shared: dict[str, Any] = {"now": self.provider.clock.now, "draw": lambda: 0.5}
        if self.mode == "sync":
            return Client(contract, **shared, sleep=lambda seconds: self.run(self.pause(seconds)), **given)
        return Awaited(AsyncClient(contract, **shared, sleep=self.pause, **given), self.run)

    def run(self, work: Awaitable[Any]) -> Any:
        async def wrap() -> Any:
            return await work

        return self.runner.run(wrap())

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self.provider.scheduler.advance(seconds)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        response: httpx2.Response = self.run(self._befalls(request))
        return response

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        return await self._befalls(request)

    async def _befalls(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        url = str(request.url)
        if not url.startswith(URL):
            return self.elsewhere[url]
        trick = self.tricks.pop(0) if self.tricks else None
        if isinstance(trick, Exception):
            raise trick
        if isinstance(trick, httpx2.Response):
            return httpx2.Response(trick.status_code, headers=trick.headers, content=trick.content)
        response = await self._played(request)
        if trick is not None:
            raise trick.error
        return httpx2.Response(response.status, headers=list(response.headers), content=response.body)

    async def _played(self, request: httpx2.Request) -> Response:
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        if self.prefer:
            headers.append((b"prefer", self.prefer.encode()))
        path, _, query = request.url.raw_path.partition(b"?")
        requested = Request(request.method, unquote(path.decode()), headers, query, request.content, URL)
        answer = self.provider.answer(requested)
        return answer if isinstance(answer, Response) else await self._moved_on(answer)

    async def _moved_on(self, answer: Awaitable[Response]) -> Response:
        """A response that waits for the clock."""
        task = asyncio.ensure_future(answer)
        while not task.done():
            await asyncio.sleep(0)
            due = self.provider.scheduler.next_due
            if due is not None and not task.done():
                await self.provider.scheduler.advance(max(0.0, due - self.provider.clock.now()))
        return task.result()


@dataclass
class Trickle(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body of twenty bytes, each of which takes its time."""

    tick: Callable[[], None]

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(20):
            self.tick()
            yield b"x"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in iter(self):
            yield chunk


@cache
def loaded(provider: str, readings: tuple[tuple[str, str], ...]) -> Contract:
    """A contract, read once for all tests."""
    return load_contract(provider, readings=dict(readings))


class Awaited:
    """Awaits whatever a client gives to be awaited."""

    def __init__(self, client: AsyncClient, run: Callable[[Awaitable[Any]], Any]) -> None:
        self._client = client
        self._run = run

    def __repr__(self) -> str:
        return repr(self._client)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if not callable(found):
            return found

        def call(*args: Any, **options: Any) -> Any:
            given = found(*args, **options)
            return self._run(given) if isawaitable(given) else given

        return call


@contextmanager
def rigged(
    provider: str, mode: str = "sync", *, readings: Mapping[str, str] | None = None, **settings: Any
) -> Iterator[Rig]:
    """A simulator with one provider and a paused clock."""
    sink = MemorySender()
    keys = [KeyEntry(KEY[provider], "own", provider=provider), KeyEntry("rf_live_member", "own", provider=provider)]
    simulator = build_simulator(
        {provider: loaded(provider, tuple((readings or {}).items()))},
        clock=Clock(start=START, held=True),
        keys=keys,
        settings=Settings(wait_timeout=3600.0, **settings),
        sender=sink,
    )
    with asyncio.Runner() as runner:
        yield Rig(simulator.provider(provider), runner, mode, sink)
        runner.run(simulator.close())
