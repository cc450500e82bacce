"""Run a flow: send its requests with httpx2 and wait its pauses, synchronously or asynchronously."""

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from mockreel.client.http.api_key import Key
from mockreel.client.http.steps import IncomingResponse, OutgoingRequest, Pause, T, Talk, Trouble
from mockreel.engine.redaction.transport_reason import transport_reason

MOST_BYTES = 32 * 1024 * 1024
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)

Now = Callable[[], float]


class Body:
    """Stores a body as it arrives, in the given file or in memory up to a limit."""

    def __init__(self, request: OutgoingRequest, status: int, now: Now) -> None:
        self._into = request.into if 200 <= status < 300 else None
        if self._into is not None:  # an earlier try may have written a part
            self._into.seek(0)
            self._into.truncate()
        self._chunks: list[bytes] = []
        self._size = 0
        self._now = now
        self._ends = now() + (request.total if self._into is not None else request.seconds)

    def add(self, chunk: bytes) -> Trouble | None:
        """Store a chunk; returns why to stop, if it must."""
        if self._now() > self._ends:
            return Trouble("the response took too long to arrive", sent=True)
        if self._into is not None:
            self._into.write(chunk)
            return None
        self._size += len(chunk)
        self._chunks.append(chunk)
        return (
            Trouble(f"the response is larger than {MOST_BYTES} bytes", True, True) if self._size > MOST_BYTES else None
        )

    @property
    def bytes(self) -> bytes:
        return b"".join(self._chunks)


def drive(talk: Talk[T], client: httpx2.Client, key: Key, *, sleep: Callable[[float], None], now: Now) -> T:
    """The value of a flow."""
    return drive_with(talk, lambda request: _send(client, request, key, now), sleep=sleep)


def drive_with(
    talk: Talk[T], respond: Callable[[OutgoingRequest], IncomingResponse | Trouble], *, sleep: Callable[[float], None]
) -> T:
    """The value of a flow with a function that answers its requests."""
    received: IncomingResponse | Trouble | None = None
    while True:
        try:
            step = talk.send(received)
        except StopIteration as end:
            value: T = end.value
            return value
        received = None
        if isinstance(step, Pause):
            sleep(step.seconds)
        else:
            received = respond(step)


async def drive_async(
    talk: Talk[T], client: httpx2.AsyncClient, key: Key, *, sleep: Callable[[float], Awaitable[None]], now: Now
) -> T:
    """The value of a flow."""
    received: IncomingResponse | Trouble | None = None
    while True:
        try:
            step = talk.send(received)
        except StopIteration as end:
            value: T = end.value
            return value
        received = None
        if isinstance(step, Pause):
            await sleep(step.seconds)
        else:
            received = await _send_async(client, step, key, now)


def _send(client: httpx2.Client, request: OutgoingRequest, key: Key, now: Now) -> IncomingResponse | Trouble:
    try:
        with client.stream(request.method, request.url, **_options(request, key)) as response:
            body = Body(request, response.status_code, now)
            for chunk in response.iter_bytes():
                if trouble := body.add(chunk):
                    return trouble
            return _response(response, body)
    except (httpx2.TransportError, httpx2.DecodingError, httpx2.InvalidURL) as problem:
        return _trouble(problem)


async def _send_async(
    client: httpx2.AsyncClient, request: OutgoingRequest, key: Key, now: Now
) -> IncomingResponse | Trouble:
    try:
        async with client.stream(request.method, request.url, **_options(request, key)) as response:
            body = Body(request, response.status_code, now)
            async for chunk in response.aiter_bytes():
                if trouble := body.add(chunk):
                    return trouble
            return _response(response, body)
    except (httpx2.TransportError, httpx2.DecodingError, httpx2.InvalidURL) as problem:
        return _trouble(problem)


def _options(request: OutgoingRequest, key: Key) -> dict[str, Any]:
    headers = dict(request.headers)
    if request.key is not None:
        headers[request.key.name] = key.header_value(request.key.scheme)
    return {"headers": headers, "content": request.body or None, "timeout": request.seconds, "follow_redirects": False}


def _response(response: httpx2.Response, body: Body) -> IncomingResponse:
    return IncomingResponse(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, body.bytes
    )


def _trouble(problem: Exception) -> Trouble:
    """The trouble without the original error, which has the request; `sent` is false only if that is certain."""
    sent = not isinstance(problem, (*_NOT_SENT, httpx2.InvalidURL))
    final = isinstance(problem, httpx2.InvalidURL | httpx2.UnsupportedProtocol) or _is_distrust(problem)
    name, reason = type(problem).__name__, transport_reason(problem)
    return Trouble(name if reason == name else f"{name}: {reason}", sent, final)


def _is_distrust(problem: BaseException | None) -> bool:
    """Whether a certificate was rejected, so that retrying is useless."""
    while problem is not None:
        if isinstance(problem, ssl.SSLCertVerificationError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
