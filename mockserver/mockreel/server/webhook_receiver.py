"""A receiver of callbacks on this machine: each is recognised, shown, handed on to a handler, and answered."""

import socket
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from mockreel import __version__
from mockreel.server.http.asgi import Receive, Scope, Send
from mockreel.server.http.connection.bounded_protocol import Bounded
from mockreel.server.http.connection.connection_limits import KEEP_ALIVE_SECONDS
from mockreel.server.http.connection.rejection import Rejection, logged
from mockreel.server.http.sockets import listen, port_of, url_of
from mockreel.server.http.uvicorn_server import Loop
from mockreel.webhooks import HttpSender, Outcome, Outgoing, Targets, describe
from mockreel.webhooks.recognition import ReceivedWebhook, Recogniser

MOST_BYTES = 8 * 1024 * 1024
FORWARD_SECONDS = 30.0
# Headers of one connection, or that every sender sets itself.
_OWN = {"host", "content-length", "connection", "transfer-encoding", "keep-alive", "user-agent", "te", "upgrade"}


@dataclass(frozen=True, slots=True)
class HandledWebhook:
    """A webhook, how the handler answered it (None if it was not forwarded), and the response to its sender."""

    webhook: ReceivedWebhook
    outcome: Outcome | None
    answered: int

    @property
    def handed(self) -> str:
        """What became of it, in words."""
        return "not handed on" if self.outcome is None else f"handler {outcome_text(self.outcome)}"


@dataclass(slots=True)
class Receiver:
    """An ASGI application that receives webhooks.

    Args:
        forward: the URL of the handler; nothing is forwarded if None.
        targets: where the handler may be.
        ca: a file with a further certificate authority for the handler.
        answer: the status for a webhook that is accepted and not forwarded.
        shown: called with each webhook before it is answered.
    """

    recogniser: Recogniser
    targets: Targets
    shown: Callable[[HandledWebhook], None]
    forward: str | None = None
    answer: int = 200
    ca: Path | None = None
    _sender: HttpSender | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] != "POST":
            await _reject(scope, send, Rejection(405, f"A webhook is a POST; this was {scope['method'][:20]}."))
            return
        try:
            body = await _read(receive)
        except TooLarge:
            await _reject(scope, send, Rejection(413, f"A webhook has at most {MOST_BYTES:,} bytes here."))
            return
        if body is None:  # its sender has gone
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        received = await self._receive(headers, body)
        # Shown first: a sender that has the response finds it shown.
        self.shown(received)
        await _send(send, received.answered, _reply(received))

    async def _receive(self, headers: MutableMapping[str, str], body: bytes) -> HandledWebhook:
        webhook = self.recogniser.recognise(headers, body)
        if webhook.rejection:
            return HandledWebhook(webhook, None, 400)
        if self.forward is None:
            return HandledWebhook(webhook, None, self.answer)
        self._sender = self._sender or HttpSender(self.targets, user_agent=f"mockreel/{__version__}", ca=self.ca)
        forwarded_headers = tuple((name, value) for name, value in headers.items() if name not in _OWN)
        outcome = await self._sender.send(Outgoing(self.forward, forwarded_headers, body, FORWARD_SECONDS))
        return HandledWebhook(webhook, outcome, outcome.status or 502)

    async def close(self) -> None:
        if self._sender is not None:
            await self._sender.close()


def outcome_text(outcome: Outcome) -> str:
    """An outcome in words, with the option of these commands where the host was not allowed."""
    description, advice, _ = describe(outcome).partition("; allow it")
    return f"{description}. Allow it: --allow-host HOST" if advice else description


def _reply(received: HandledWebhook) -> bytes:
    if received.outcome is not None:
        return received.outcome.response.encode() or (received.handed.encode() if received.outcome.error else b"")
    return received.webhook.rejection.encode()


class TooLarge(Exception):
    """A body is larger than is read."""


async def _reject(scope: Scope, send: Send, rejection: Rejection) -> None:
    """Answer a request that is no webhook, and log it: nothing else would show it."""
    logged(scope["server"][1] if scope.get("server") else None, rejection)
    await _send(send, rejection.status, f"{rejection.reason}\n".encode())


async def _read(receive: Receive) -> bytes | None:
    """The body, or None if its sender has gone.

    Raises:
        TooLarge: it has more than `MOST_BYTES`.
    """
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = bool(message.get("more_body"))
        if message["type"] == "http.disconnect":
            return None
        if size > MOST_BYTES:
            raise TooLarge
    return b"".join(parts)


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    if status == 405:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Server(Loop):
    """The receiver on its port. It leaves signals to the application, and reports when it is ready."""

    def __init__(
        self,
        receiver: Receiver,
        *,
        port: int = 0,
        keep_alive: int = KEEP_ALIVE_SECONDS,
        ready: Callable[[str], None],
    ) -> None:
        self._sockets = listen("localhost", port, ())["control"]
        self.url = url_of(self._sockets)
        self._receiver = receiver
        self.ready = lambda: ready(self.url)
        receiver.targets.own_ports.add(port_of(self._sockets))
        config: dict[str, Any] = {"http": Bounded, "ws": "none", "lifespan": "off", "log_config": None}
        config["timeout_keep_alive"] = keep_alive
        super().__init__(uvicorn.Config(receiver, access_log=False, proxy_headers=False, server_header=False, **config))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets=sockets)
        await self._receiver.close()

    def listen(self) -> None:
        """Take callbacks until `should_exit` is set."""
        try:
            self.run(sockets=[*self._sockets])
        finally:
            for one in self._sockets:
                one.close()
