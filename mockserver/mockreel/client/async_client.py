"""The client that is awaited: each method is one talk, driven to its end."""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import anyio
import httpx2

from mockreel.client.client_base import PATIENCE_SECONDS, Shared, request_of
from mockreel.client.file_transfer import fetch, saving, upload, url_of
from mockreel.client.flows import OnProgress
from mockreel.client.http.drivers import drive_async
from mockreel.client.http.steps import T, Talk
from mockreel.client.values import Job, JobOptions, JobRequest, Outcome, Result, Uploaded
from mockreel.contract import Contract
from mockreel.contract.pricing import Cost


class AsyncClient(Shared):
    """The same, awaited: `async with AsyncClient("name", key=…) as client: await client.run(model, {…})`.

    Under asyncio or trio, whichever runs.
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
        self._client = httpx2.AsyncClient(transport=transport, **self._http())

    async def submit(
        self,
        model: str | JobRequest | None,
        input: Mapping[str, Any] | None = None,  # noqa: A002
        *,
        deadline: float | None = None,
        **options: Unpack[JobOptions],
    ) -> Job:
        """Begin a job: `submit(model, input, callback_url=…)`, with the fields of `JobRequest`, or with one."""
        return await self._drive(self._core.submit(request_of(model, input, options), self._core.deadline(deadline)))

    async def poll(self, job: Job | str, *, deadline: float | None = None) -> Outcome:
        """A job as it is now; a failed one is no error here."""
        return await self._drive(self._core.poll(self._core.job(job), self._core.deadline(deadline)))

    async def wait(
        self,
        job: Job | str,
        *,
        deadline: float | None = PATIENCE_SECONDS,
        every: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Outcome:
        """The job once it has ended well; takes an id alone, so that a wait can be resumed after a crash."""
        core = self._core
        return await self._drive(
            core.wait(core.job(job), core.deadline(deadline), every=every, on_progress=on_progress)
        )

    async def run(
        self,
        model: str | JobRequest | None,
        input: Mapping[str, Any] | None = None,  # noqa: A002
        *,
        deadline: float | None = PATIENCE_SECONDS,
        every: float | None = None,
        on_progress: OnProgress | None = None,
        **options: Unpack[JobOptions],
    ) -> Outcome:
        """Submit, then wait."""
        request, core = request_of(model, input, options), self._core
        return await self._drive(core.run(request, core.deadline(deadline), every=every, on_progress=on_progress))

    async def cancel(self, job: Job | str, *, deadline: float | None = None) -> None:
        """Ask that a job be cancelled; how it ended, a poll says."""
        await self._drive(self._core.cancel(self._core.job(job), self._core.deadline(deadline)))

    async def find(self, mark: str, *, deadline: float | None = None) -> Job | None:
        """The job that was submitted with a mark, or None where nothing was."""
        return await self._drive(self._core.find(mark, self._core.deadline(deadline)))

    async def quote(self, model: str, input: Mapping[str, Any], *, deadline: float | None = None) -> Cost:  # noqa: A002
        """What the provider itself says that a job would cost."""
        return await self._drive(self._core.quote(model, input, self._core.deadline(deadline)))

    async def download(self, what: Outcome | Result | str, to: Path | str, *, deadline: float | None = None) -> Path:
        """Save an outcome's first file, one result, or an address; the file is there only once it is whole."""
        path = Path(to)
        with saving(path) as file:
            await self._drive(fetch(self._core, url_of(what), file, self._core.deadline(deadline)))
        return path

    async def upload(
        self, path: Path | str, *, media_type: str | None = None, deadline: float | None = None
    ) -> Uploaded:
        """Bring a file to the provider; a model's input takes its `url`."""
        path, core = Path(path), self._core
        return await self._drive(upload(core, path.name, path.read_bytes(), media_type, core.deadline(deadline)))

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _drive(self, talk: Talk[T]) -> T:
        return await drive_async(talk, self._client, self._key, sleep=self._sleep, now=self._now)
