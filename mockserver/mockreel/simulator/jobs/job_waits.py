"""Requests that wait for a job: until a moment of it, or until it is changed or forgotten."""

import asyncio
from collections.abc import Callable


class JobWaits:
    """The requests that wait for the jobs of a provider, in order of arrival."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Callable[[], None]]] = {}

    def __bool__(self) -> bool:
        """Whether any request waits."""
        return bool(self._waiting)

    async def wait(self, job: str, timeout: float, begin: Callable[[Callable[[], None]], None]) -> bool:
        """Wait until the requests that wait for this job are woken.

        Args:
            begin: receives the function that wakes this request alone, once it waits.

        Returns:
            False if that took longer than `timeout` real seconds.
        """
        over = asyncio.Event()
        wake = _on_its_loop(over)
        self._waiting.setdefault(job, []).append(wake)
        try:
            begin(wake)
            async with asyncio.timeout(timeout):
                await over.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting[job].remove(wake)
            if not self._waiting[job]:
                del self._waiting[job]
        return True

    def wake(self, job: str) -> None:
        for wake in self._waiting.get(job, ()):
            wake()

    def wake_first(self, job: str) -> None:
        """Wake the request that has waited longest for this job."""
        for wake in self._waiting.get(job, ())[:1]:
            wake()

    def wake_all(self) -> None:
        for job in list(self._waiting):
            self.wake(job)


def _on_its_loop(over: asyncio.Event) -> Callable[[], None]:
    """Sets an event on the loop that waits for it, which need not be the one that drives the scheduler."""
    loop = asyncio.get_running_loop()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(over.set)

    return wake
