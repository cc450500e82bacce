"""The asynchronous client: each method runs one flow."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack
from weakref import WeakKeyDictionary

import anyio
import httpx2
from anyio.lowlevel import RunVar

from mockreel.client.client_base import WAIT_SECONDS, Shared, request_of
from mockreel.client.file_transfer import fetch, saving, upload, url_of
from mockreel.client.flows import OnProgress
from mockreel.client.http.drivers import drive_async
from mockreel.client.http.steps import T, Talk
from mockreel.client.values import Job, JobOptions, JobRequest, Outcome, Result, Uploaded
from mockreel.contract import Contract
from mockreel.contract.pricing import Cost

# The HTTP clients of an event loop, each as long as whom it belongs to.
_CLIENTS: RunVar["WeakKeyDictionary[AsyncClient, httpx2.AsyncClient]"] = RunVar("clients")


class AsyncClient(Shared):
    """An asynchronous client: `async with AsyncClient("name", key=…) as client: await client.run(model, {…})`.

    It works under asyncio and trio, and in one event loop after the other: each has connections of its own. Close it in
    each loop that it is used in.
    """

    def __init__(
        self,
        provider: str | Contract,
        *,
        key: str,
        base_url: str | None = None,
        readings: Mapping[str, str] | None = None,
        timeout: float = 60.0,
        data: Path | None = None,
        now: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(
            provider, key=key, base_url=base_url, readings=readings, timeout=timeout, data=data, now=now, draw=draw
        )
        self._sleep = sleep
        self._transport = transport

    async def submit(
        self,
        model: str | JobRequest | None,
        input: Mapping[str, Any] | None = None,  # noqa: A002
        *,
        deadline: float | None = None,
        **options: Unpack[JobOptions],
    ) -> Job:
        """Submit a job: `submit(model, input, callback_url=…)`, or `submit(request)` with a `JobRequest`."""
        return await self._drive(self._core.submit(request_of(model, input, options), self._core.deadline(deadline)))

    async def poll(self, job: Job | str, *, deadline: float | None = None) -> Outcome:
        """The current state of a job; a failed job raises no error here."""
        return await self._drive(self._core.poll(self._core.job(job), self._core.deadline(deadline)))

    async def wait(
        self,
        job: Job | str,
        *,
        deadline: float | None = WAIT_SECONDS,
        every: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Outcome:
        """Wait until a job has succeeded; accepts an id alone, so that a wait can be resumed after a crash."""
        core = self._core
        return await self._drive(
            core.wait(core.job(job), core.deadline(deadline), every=every, on_progress=on_progress)
        )

    async def run(
        self,
        model: str | JobRequest | None,
        input: Mapping[str, Any] | None = None,  # noqa: A002
        *,
        deadline: float | None = WAIT_SECONDS,
        every: float | None = None,
        on_progress: OnProgress | None = None,
        **options: Unpack[JobOptions],
    ) -> Outcome:
        """Submit, then wait."""
        request, core = request_of(model, input, options), self._core
        return await self._drive(core.run(request, core.deadline(deadline), every=every, on_progress=on_progress))

    async def cancel(self, job: Job | str, *, deadline: float | None = None) -> None:
        """Request the cancellation of a job; poll it for the outcome."""
        await self._drive(self._core.cancel(self._core.job(job), self._core.deadline(deadline)))

    async def find(self, mark: str, *, deadline: float | None = None) -> Job | None:
        """The job that was submitted with a mark, or None."""
        return await self._drive(self._core.find(mark, self._core.deadline(deadline)))

    async def quote(self, model: str, input: Mapping[str, Any], *, deadline: float | None = None) -> Cost:  # noqa: A002
        """The provider's quotation for a job."""
        return await self._drive(self._core.quote(model, input, self._core.deadline(deadline)))

    async def download(self, what: Outcome | Result | str, to: Path | str, *, deadline: float | None = None) -> Path:
        """Save an outcome's first file, one result, or the file at a URL; incomplete files are not left behind."""
        path = Path(to)
        with saving(path) as file:
            await self._drive(fetch(self._core, url_of(what), file, self._core.deadline(deadline)))
        return path

    async def upload(
        self, path: Path | str, *, media_type: str | None = None, deadline: float | None = None
    ) -> Uploaded:
        """Upload a file to the provider; use its `url` in a model's input."""
        return await self._drive(upload(self._core, Path(path), media_type, self._core.deadline(deadline)))

    async def close(self) -> None:
        """Close the connections."""
        await self._connections().aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _drive(self, talk: Talk[T]) -> T:
        return await drive_async(talk, self._connections(), self._key, sleep=self._sleep, now=self._now)

    def _connections(self) -> httpx2.AsyncClient:
        """The HTTP client of the running event loop: connections belong to the loop that opened them."""
        clients = _CLIENTS.get(None)
        if clients is None:
            clients = WeakKeyDictionary()
            _CLIENTS.set(clients)
        client = clients.get(self)
        if client is None:
            client = clients[self] = httpx2.AsyncClient(transport=self._transport, **self._http())
        return client
