"""Send one attempt of a callback: over HTTP, or to a list in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from mockreel.engine.redaction.transport_reason import transport_reason
from mockreel.errors import OptionError
from mockreel.webhooks.authorities import distrust, trust
from mockreel.webhooks.egress_policy import NotAllowed, Target, Targets, Unresolved

# The bytes of a receiver's response that are beginning with the attempt.
KEPT_BYTES = 2048
# So many attempts run at once for a receiver that answers at once; one more for each so many real seconds of waiting.
QUICK, SLOW_SECONDS = 2, 0.01
# The part of the timeout for connecting. The client itself must stop then, as it closes its socket:
# a TLS handshake that is cancelled from outside leaves it open.
CONNECTING = 0.95


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The request of one attempt.

    `allowed` is called when the attempt's turn has come: whether it may be sent still. None if it always may.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout: float
    allowed: Callable[[], bool] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one attempt: a status with the beginning of the response, or an error.

    `error` is None, `network`, `timeout` or `not allowed`; `detail` explains it.
    """

    status: int | None = None
    response: str = ""
    error: str | None = None
    detail: str = ""


# The outcome of an attempt that was not allowed any more when its turn came.
NOT_SENT = Outcome(error="not sent", detail="another server may have sent it meanwhile")


class Sender(Protocol):
    """Sends attempts; every error is an outcome, never an exception."""

    async def send(self, message: Outgoing) -> Outcome: ...

    async def close(self) -> None: ...


class HttpSender:
    """Sends over HTTP/1.1 to the resolved address, without following redirects.

    At most `workers` attempts run for one receiver, so that a hanging receiver does not delay others. Each has a new
    connection: the receiver could close a reused one at the moment of use, and it would be unknown whether the attempt
    arrived. The client is created on first use and belongs to the event loop that used it.

    To a receiver that answers at once no more than `QUICK` run: each works, and requests would wait for all of them.

    Args:
        ca: a file with a further certificate authority for receivers.
    """

    def __init__(self, targets: Targets, *, workers: int = 16, user_agent: str = "", ca: Path | None = None) -> None:
        self._targets = targets
        self._workers = workers
        self._agent = user_agent
        self._ca = ca
        self._client: Any = None
        self._turns: dict[str, _Turns] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Future[Any] | None = None

    async def send(self, message: Outgoing) -> Outcome:
        """Send one attempt; its timeout starts at its turn."""
        try:
            await self._open(asyncio.get_running_loop())
        except OptionError as unusable:  # an invalid SSL_CERT_FILE
            return Outcome(error="network", detail=str(unusable))
        async with self._turn(message.url).next():
            if message.allowed is not None and not message.allowed():
                return NOT_SENT
            try:
                async with asyncio.timeout(message.timeout):
                    return await self._try(message)
            except TimeoutError:
                return _late(message)

    def _turn(self, url: str) -> "_Turns":
        """The queue of one receiver: scheme, host and port."""
        receiver = "/".join(url.split("/", 3)[:3])
        return self._turns.setdefault(receiver, _Turns(self._workers))

    async def _try(self, message: Outgoing) -> Outcome:
        """Send to the first address of the target that accepts connections (`localhost` may mean ::1 or 127.0.0.1)."""
        import httpx2  # noqa: PLC0415  (imported only to send)

        outcome = Outcome(error="network", detail="there is no address to connect to")
        try:
            target = await self._targets.resolve(message.url)
            for connect in target.connects:
                try:
                    return await self._post(connect, target, message)
                except httpx2.ConnectError as problem:
                    outcome = Outcome(error="network", detail=_error_text(problem))
        except Unresolved as reason:
            return Outcome(error="network", detail=str(reason))
        except NotAllowed as reason:
            return Outcome(error="not allowed", detail=str(reason))
        except httpx2.TimeoutException:
            return _late(message)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as problem:
            return Outcome(error="network", detail=_error_text(problem))
        return outcome

    async def _post(self, connect: str, target: Target, message: Outgoing) -> Outcome:
        import httpx2  # noqa: PLC0415

        # A hand-made request, as the client would add headers that no provider sends.
        headers = [("Host", target.host), ("User-Agent", self._agent), *message.headers]
        extensions = {"sni_hostname": target.server_name, "timeout": {"connect": message.timeout * CONNECTING}}
        request = httpx2.Request("POST", connect, headers=headers, content=message.body, extensions=extensions)
        response = await self._client.send(request, stream=True)
        try:
            return Outcome(response.status_code, await _beginning(response))
        finally:
            await response.aclose()

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Create a client for this loop, in a thread, as its import would delay requests."""
        if self._loop is not loop or self._opening is None:
            self._loop, self._turns = loop, {}
            self._opening = loop.run_in_executor(None, _new_client, self._ca)
        self._client = await asyncio.shield(self._opening)

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.aclose()
        self._client = self._loop = self._opening = None


class _Turns:
    """The attempts for one receiver, in order: some at once, and more of them while it lets them wait."""

    def __init__(self, most: int) -> None:
        self._all = asyncio.Semaphore(most)
        self._quick = asyncio.Semaphore(min(most, QUICK))
        self._next = asyncio.Lock()

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        async with self._all:
            quick = False
            async with self._next:
                with suppress(TimeoutError):  # then the others wait for their receiver, and do nothing
                    async with asyncio.timeout(SLOW_SECONDS):
                        quick = await self._quick.acquire()
            try:
                yield
            finally:
                if quick:
                    self._quick.release()


def _new_client(ca: Path | None) -> Any:
    import httpx2  # noqa: PLC0415

    limits = httpx2.Limits(max_connections=256, max_keepalive_connections=0)
    return httpx2.AsyncClient(verify=trust(ca), limits=limits, trust_env=False, follow_redirects=False, timeout=None)


def _late(message: Outgoing) -> Outcome:
    return Outcome(error="timeout", detail=f"no answer within {message.timeout:g} s")


def _error_text(problem: Exception) -> str:
    return distrust(problem) or transport_reason(problem)


async def _beginning(response: Any) -> str:
    """The first bytes of a response as text; the rest is not read."""
    beginning = b""
    async for chunk in response.aiter_raw():
        beginning += chunk
        if len(beginning) >= KEPT_BYTES:
            break
    return beginning[:KEPT_BYTES].decode("utf-8", "replace")


# Answers an attempt in memory with a status or an outcome.
Receiver = Callable[[Outgoing], "int | Outcome"]


@dataclass(slots=True)
class MemorySender:
    """Stores what was sent and answers at once with the result of `receiver`, by default 204."""

    receiver: Receiver | None = None
    sent: list[Outgoing] = field(default_factory=list)

    async def send(self, message: Outgoing) -> Outcome:
        self.sent.append(message)
        response = self.receiver(message) if self.receiver else 204
        return Outcome(response) if isinstance(response, int) else response

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
