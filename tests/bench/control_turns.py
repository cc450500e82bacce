"""How long requests to the control API keep the event loop from all others.

Every step that a loop takes is timed, by the processor time of its thread.
"""

import asyncio
import time
from asyncio.events import Handle
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from unittest.mock import patch

import orjson

from mockreel.server.admin.control_routes import Control
from mockreel.server.dashboard.site import Site
from mockreel.simulator.simulator import Simulator

# In the place of a body: the last response.
LAST = object()
# Path and query below `/_mockreel/`, and the body of what is sent; `{job}` is the provider and the id of one job.
QUESTIONS: Mapping[str, tuple[str, Any]] = {
    "newest jobs": ("jobs?limit=100", None),
    "jobs that failed": ("jobs?state=failed", None),
    "one job": ("jobs/{job}", None),
    "states entered": ("journal/changes", None),
    "exchanges of a status": ("journal?status=418", None),
    "a claim of a body that nobody sent": ("journal/assert", {"body": {"input": {"prompt": "nobody"}}}),
    "a claim of a number": ("journal/assert", {"at_most": 1}),
    "archive": ("journal/har", None),
    "deliveries": ("deliveries", None),
    "accounts": ("balances", None),
    "dashboard, first page": ("page/rules", None),
    "dashboard of jobs": ("page/", None),
    "dashboard of accounts": ("page/accounts", None),
    "snapshot": ("snapshot", None),
    "restore of what was answered last": ("restore", LAST),
    "reset": ("reset", {}),
}


class Timed:
    """The longest step of a loop while the block runs, and how many there were."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.count = 0

    def __enter__(self) -> "Timed":
        self._patch = patch.object(Handle, "_run", self._timed(Handle._run))
        self._patch.start()
        return self

    def _timed(self, run: Callable[[Handle], None]) -> Callable[[Handle], None]:
        def timed(handle: Handle) -> None:
            began = time.thread_time()
            run(handle)
            self.longest = max(self.longest, (time.thread_time() - began) * 1000)
            self.count += 1

        return timed

    def __exit__(self, *_: object) -> None:
        self._patch.stop()


def turns(simulator: Simulator, job: str) -> Iterator[tuple[str, float, int, int]]:
    """Each request, the milliseconds of its longest step, the number of steps, and the bytes of its response."""
    control, dashboard = Control(simulator).app(), Site(simulator).app()
    last = b""
    for what, (path, body) in QUESTIONS.items():
        app = dashboard if path.startswith("page") else control
        sent = last if body is LAST else b"" if body is None else orjson.dumps(body)
        with Timed() as timed:
            pieces = asyncio.run(_asked(app, "GET" if body is None else "POST", path.format(job=job), sent))
        last = b"".join(pieces)  # not by the timed loop
        yield what, timed.longest, timed.count, len(last)


async def _asked(app: Callable[..., Awaitable[None]], method: str, path: str, body: bytes) -> list[bytes]:
    """Send a request; gives the pieces of the response."""
    place, _, query = f"/_mockreel/{path}".partition("?")
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": place,
        "raw_path": place.encode(),
    }
    scope |= {"query_string": query.encode(), "headers": headers, "asgi": {"spec_version": "2.3"}}
    sent: list[bytes] = []
    over = asyncio.Event()
    given = iter([{"type": "http.request", "body": body}])

    async def receive() -> Any:
        message = next(given, None)
        if message is None:
            await over.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message: Any) -> None:
        assert message.get("status", 200) < 300, message
        sent.append(message.get("body", b""))

    await app(scope, receive, send)
    return sent
