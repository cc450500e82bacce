"""Send one attempt of a callback: over HTTP, or into a list in memory."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from mockreel.errors import OptionError
from mockreel.webhooks.authorities import distrust, trust
from mockreel.webhooks.egress_policy import NotAllowed, Target, Targets, Unresolved

# What of a receiver's answer is kept with the attempt.
KEPT_BYTES = 2048
# As much of the time may pass before a connection stands. The client itself must give up then, as it closes its socket:
# a TLS handshake that is cancelled from outside leaves it open.
CONNECTING = 0.95


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One attempt as it goes out."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: a status with the beginning of the answer, or an error.

    `error` is None, `network`, `timeout` or `not allowed`; `detail` says it in words.
    """

    status: int | None = None
    response: str = ""
    error: str | None = None
    detail: str = ""


class Sender(Protocol):
    """Sends attempts; whatever goes wrong is an outcome, never an exception."""

    async def send(self, message: Outgoing) -> Outcome: ...

    async def close(self) -> None: ...


class HttpSender:
    """Sends over HTTP/1.1 to the address that was resolved, without following redirects.

    At most `workers` attempts are under way to one receiver, so that one that hangs holds up no other. Each has a
    connection of its own: a kept one may be closed by the receiver in the moment in which it is used, and nobody could
    say whether the attempt arrived. The client is made on first use and belongs to the event loop that used it.

    Args:
        ca: a file of a further authority that receivers' certificates may come from.
    """

    def __init__(self, targets: Targets, *, workers: int = 16, user_agent: str = "", ca: Path | None = None) -> None:
        self._targets = targets
        self._workers = workers
        self._agent = user_agent
        self._ca = ca
        self._client: Any = None
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening: asyncio.Future[Any] | None = None

    async def send(self, message: Outgoing) -> Outcome:
        """Send one attempt; the time it may take counts from its turn."""
        try:
            await self._open(asyncio.get_running_loop())
        except OptionError as unusable:  # what SSL_CERT_FILE names
            return Outcome(error="network", detail=str(unusable))
        async with self._turn(message.url):
            try:
                return await asyncio.wait_for(self._try(message), message.timeout)
            except TimeoutError:
                return _late(message)

    def _turn(self, url: str) -> asyncio.Semaphore:
        """The queue of one receiver: scheme, host and port."""
        receiver = "/".join(url.split("/", 3)[:3])
        return self._turns.setdefault(receiver, asyncio.Semaphore(self._workers))

    async def _try(self, message: Outgoing) -> Outcome:
        """Send to the first address of the target that takes connections (`localhost` may mean ::1 or 127.0.0.1)."""
        import httpx2  # noqa: PLC0415  (a simulator that sends nothing does not pay for its import)

        outcome = Outcome(error="network", detail="there is no address to connect to")
        try:
            target = await self._targets.resolve(message.url)
            for connect in target.connects:
                try:
                    return await self._post(connect, target, message)
                except httpx2.ConnectError as problem:
                    outcome = Outcome(error="network", detail=_told(problem))
        except Unresolved as reason:
            return Outcome(error="network", detail=str(reason))
        except NotAllowed as reason:
            return Outcome(error="not allowed", detail=str(reason))
        except httpx2.TimeoutException:
            return _late(message)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as problem:
            return Outcome(error="network", detail=_told(problem))
        return outcome

    async def _post(self, connect: str, target: Target, message: Outgoing) -> Outcome:
        import httpx2  # noqa: PLC0415

        # A request of one's own, as the client would add headers that no provider sends.
        headers = [("Host", target.host), ("User-Agent", self._agent), *message.headers]
        extensions = {"sni_hostname": target.server_name, "timeout": {"connect": message.timeout * CONNECTING}}
        request = httpx2.Request("POST", connect, headers=headers, content=message.body, extensions=extensions)
        response = await self._client.send(request, stream=True)
        try:
            return Outcome(response.status_code, await _beginning(response))
        finally:
            await response.aclose()

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        """A client for this loop, made in a thread: its import alone takes so long that requests would feel it."""
        if self._loop is not loop or self._opening is None:
            self._loop, self._turns = loop, {}
            self._opening = loop.run_in_executor(None, _new_client, self._ca)
        self._client = await asyncio.shield(self._opening)

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.aclose()
        self._client = self._loop = self._opening = None


def _new_client(ca: Path | None) -> Any:
    import httpx2  # noqa: PLC0415

    limits = httpx2.Limits(max_connections=256, max_keepalive_connections=0)
    return httpx2.AsyncClient(verify=trust(ca), limits=limits, trust_env=False, follow_redirects=False, timeout=None)


def _late(message: Outgoing) -> Outcome:
    return Outcome(error="timeout", detail=f"no answer within {message.timeout:g} s")


def _told(problem: Exception) -> str:
    return distrust(problem) or str(problem) or type(problem).__name__


async def _beginning(response: Any) -> str:
    """The first bytes of an answer as text; the rest is not read."""
    kept = b""
    async for chunk in response.aiter_raw():
        kept += chunk
        if len(kept) >= KEPT_BYTES:
            break
    return kept[:KEPT_BYTES].decode("utf-8", "replace")


# Answers an attempt in memory: a status, or an outcome.
Receiver = Callable[[Outgoing], "int | Outcome"]


@dataclass(slots=True)
class MemorySender:
    """Keeps what was sent and answers at once; `receiver` decides with what (204 unless told)."""

    receiver: Receiver | None = None
    sent: list[Outgoing] = field(default_factory=list)

    async def send(self, message: Outgoing) -> Outcome:
        self.sent.append(message)
        answer = self.receiver(message) if self.receiver else 204
        return Outcome(answer) if isinstance(answer, int) else answer

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
