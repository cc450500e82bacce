"""The synchronous client: each method runs one flow."""

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, Unpack

import httpx2

from mockreel.client.client_base import WAIT_SECONDS, Shared, request_of
from mockreel.client.file_transfer import fetch, saving, upload, url_of
from mockreel.client.flows import OnProgress
from mockreel.client.http.drivers import drive
from mockreel.client.http.steps import T, Talk
from mockreel.client.values import Job, JobOptions, JobRequest, Outcome, Result, Uploaded
from mockreel.contract import Contract
from mockreel.contract.pricing import Cost


class Client(Shared):
    """A synchronous client: `with Client("name", key=…) as client: client.run(model, {…})`."""

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
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        super().__init__(
            provider, key=key, base_url=base_url, readings=readings, timeout=timeout, data=data, now=now, draw=draw
        )
        self._sleep = sleep
        self._client = httpx2.Client(transport=transport, **self._http())

    def submit(
        self,
        model: str | JobRequest | None,
        input: Mapping[str, Any] | None = None,  # noqa: A002
        *,
        deadline: float | None = None,
        **options: Unpack[JobOptions],
    ) -> Job:
        """Submit a job: `submit(model, input, callback_url=…)`, or `submit(request)` with a `JobRequest`."""
        return self._drive(self._core.submit(request_of(model, input, options), self._core.deadline(deadline)))

    def poll(self, job: Job | str, *, deadline: float | None = None) -> Outcome:
        """The current state of a job; a failed job raises no error here."""
        return self._drive(self._core.poll(self._core.job(job), self._core.deadline(deadline)))

    def wait(
        self,
        job: Job | str,
        *,
        deadline: float | None = WAIT_SECONDS,
        every: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Outcome:
        """Wait until a job has succeeded; accepts an id alone, so that a wait can be resumed after a crash."""
        core = self._core
        return self._drive(core.wait(core.job(job), core.deadline(deadline), every=every, on_progress=on_progress))

    def run(
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
        return self._drive(core.run(request, core.deadline(deadline), every=every, on_progress=on_progress))

    def cancel(self, job: Job | str, *, deadline: float | None = None) -> None:
        """Request the cancellation of a job; poll it for the outcome."""
        self._drive(self._core.cancel(self._core.job(job), self._core.deadline(deadline)))

    def find(self, mark: str, *, deadline: float | None = None) -> Job | None:
        """The job that was submitted with a mark, or None."""
        return self._drive(self._core.find(mark, self._core.deadline(deadline)))

    def quote(self, model: str, input: Mapping[str, Any], *, deadline: float | None = None) -> Cost:  # noqa: A002
        """The provider's quotation for a job."""
        return self._drive(self._core.quote(model, input, self._core.deadline(deadline)))

    def download(self, what: Outcome | Result | str, to: Path | str, *, deadline: float | None = None) -> Path:
        """Save an outcome's first file, one result, or the file at a URL; incomplete files are not left behind."""
        path = Path(to)
        with saving(path) as file:
            self._drive(fetch(self._core, url_of(what), file, self._core.deadline(deadline)))
        return path

    def upload(self, path: Path | str, *, media_type: str | None = None, deadline: float | None = None) -> Uploaded:
        """Upload a file to the provider; use its `url` in a model's input."""
        return self._drive(upload(self._core, Path(path), media_type, self._core.deadline(deadline)))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _drive(self, talk: Talk[T]) -> T:
        return drive(talk, self._client, self._key, sleep=self._sleep, now=self._now)
