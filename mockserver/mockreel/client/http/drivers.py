"""Let a talk happen: send its requests over httpx2 and wait its pauses, synchronously or not."""

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from mockreel.client.http.api_key import Key
from mockreel.client.http.steps import IncomingResponse, OutgoingRequest, Pause, T, Talk, Trouble

MOST_BYTES = 32 * 1024 * 1024
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)

Now = Callable[[], float]


class Body:
    """Takes a body as it arrives: into the file that was given, or into memory within bounds."""

    def __init__(self, request: OutgoingRequest, status: int, now: Now) -> None:
        self._into = request.into if 200 <= status < 300 else None
        if self._into is not None:  # an earlier try may have left a part
            self._into.seek(0)
            self._into.truncate()
        self._chunks: list[bytes] = []
        self._size = 0
        self._now = now
        self._ends = now() + (request.total if self._into is not None else request.seconds)

    def take(self, chunk: bytes) -> Trouble | None:
        """Keep a chunk, or say why no more is wanted."""
        if self._now() > self._ends:
            return Trouble("the reply took too long to arrive", sent=True)
        if self._into is not None:
            self._into.write(chunk)
            return None
        self._size += len(chunk)
        self._chunks.append(chunk)
        return Trouble(f"the reply is larger than {MOST_BYTES} bytes", True, True) if self._size > MOST_BYTES else None

    @property
    def bytes(self) -> bytes:
        return b"".join(self._chunks)


def drive(talk: Talk[T], client: httpx2.Client, key: Key, *, sleep: Callable[[float], None], now: Now) -> T:
    """The value of a talk."""
    return drive_with(talk, lambda request: _send(client, request, key, now), sleep=sleep)


def drive_with(
    talk: Talk[T], answered: Callable[[OutgoingRequest], IncomingResponse | Trouble], *, sleep: Callable[[float], None]
) -> T:
    """The value of a talk whose requests are answered by a function."""
    answer: IncomingResponse | Trouble | None = None
    while True:
        try:
            step = talk.send(answer)
        except StopIteration as end:
            value: T = end.value
            return value
        answer = None
        if isinstance(step, Pause):
            sleep(step.seconds)
        else:
            answer = answered(step)


async def drive_async(
    talk: Talk[T], client: httpx2.AsyncClient, key: Key, *, sleep: Callable[[float], Awaitable[None]], now: Now
) -> T:
    """The value of a talk."""
    answer: IncomingResponse | Trouble | None = None
    while True:
        try:
            step = talk.send(answer)
        except StopIteration as end:
            value: T = end.value
            return value
        answer = None
        if isinstance(step, Pause):
            await sleep(step.seconds)
        else:
            answer = await _send_async(client, step, key, now)


def _send(client: httpx2.Client, request: OutgoingRequest, key: Key, now: Now) -> IncomingResponse | Trouble:
    try:
        with client.stream(request.method, request.url, **_options(request, key)) as reply:
            body = Body(request, reply.status_code, now)
            for chunk in reply.iter_bytes():
                if trouble := body.take(chunk):
                    return trouble
            return _reply(reply, body)
    except (httpx2.TransportError, httpx2.DecodingError, httpx2.InvalidURL) as problem:
        return _trouble(problem)


async def _send_async(
    client: httpx2.AsyncClient, request: OutgoingRequest, key: Key, now: Now
) -> IncomingResponse | Trouble:
    try:
        async with client.stream(request.method, request.url, **_options(request, key)) as reply:
            body = Body(request, reply.status_code, now)
            async for chunk in reply.aiter_bytes():
                if trouble := body.take(chunk):
                    return trouble
            return _reply(reply, body)
    except (httpx2.TransportError, httpx2.DecodingError, httpx2.InvalidURL) as problem:
        return _trouble(problem)


def _options(request: OutgoingRequest, key: Key) -> dict[str, Any]:
    headers = dict(request.headers)
    if request.key is not None:
        headers[request.key.name] = key.shown_to_the_provider(request.key.scheme)
    return {"headers": headers, "content": request.body or None, "timeout": request.seconds, "follow_redirects": False}


def _reply(reply: httpx2.Response, body: Body) -> IncomingResponse:
    return IncomingResponse(
        reply.status_code, {name.lower(): value for name, value in reply.headers.items()}, body.bytes
    )


def _trouble(problem: Exception) -> Trouble:
    """Only what was certainly not sent may be called so. The problem itself knows the request, and is not kept."""
    sent = not isinstance(problem, (*_NOT_SENT, httpx2.InvalidURL))
    final = isinstance(problem, httpx2.InvalidURL | httpx2.UnsupportedProtocol) or _is_distrust(problem)
    return Trouble(f"{type(problem).__name__}: {problem}".rstrip(": "), sent, final)


def _is_distrust(problem: BaseException | None) -> bool:
    """Whether a certificate was refused, which no second try changes."""
    while problem is not None:
        if isinstance(problem, ssl.SSLCertVerificationError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
