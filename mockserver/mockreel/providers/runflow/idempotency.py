"""Idempotency-Key: the same key with the same request gives the same reply again, with another request a conflict."""

import asyncio
from collections.abc import Awaitable, Mapping
from hashlib import blake2b
from typing import Any

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, exact
from mockreel.providers.runflow.state import own_shelf
from mockreel.simulator.adapter import Answer, Handler
from mockreel.simulator.context import Call

# Beyond so many replies an account's oldest is forgotten.
_MOST = 10_000


def heeding(handler: Handler, row: Mapping[str, Any]) -> Handler:
    """A handler that heeds the header which the contract's row names."""
    header = row["header"].lower().encode()

    def heeded(call: Call) -> Answer:
        key = call.request.header(header)
        return handler(call) if key is None else _once(call, handler, key.decode("latin-1"))

    return heeded


def _once(call: Call, handler: Handler, key: str) -> Answer:
    asked = _fingerprint(call)
    before = own_shelf(call).replies.get(key)
    if before is None:
        answer = handler(call)
        return _keep(call, key, asked, answer) if isinstance(answer, Reply) else _begin(call, key, asked, answer)
    if before[0] != asked:
        raise Refused("idempotency-conflict", values={"key": key})
    kept = before[1]
    return kept if isinstance(kept, Reply) else asyncio.shield(kept)


def _fingerprint(call: Call) -> bytes:
    text = f"{call.request.method} {call.request.path}\n".encode()
    return blake2b(text + call.request.body, digest_size=16).digest()


def _keep(call: Call, key: str, asked: bytes, reply: Reply) -> Reply:
    _set(call, key, asked, Reply(reply.status, exact(reply.body), reply.headers))
    return reply


def _begin(call: Call, key: str, asked: bytes, answer: Awaitable[Reply]) -> Awaitable[Reply]:
    """An answer that is not there yet belongs to all who send the key, so it goes on when one of them goes away."""
    task = asyncio.ensure_future(answer)
    _set(call, key, asked, task)
    task.add_done_callback(lambda _: _ended(call, key, asked, task))
    return asyncio.shield(task)


def _ended(call: Call, key: str, asked: bytes, task: "asyncio.Future[Reply]") -> None:
    """Keep the reply, or let the key be used anew where there is none."""
    if task.cancelled() or task.exception() is not None:
        own_shelf(call).replies.pop(key, None)
    else:
        _keep(call, key, asked, task.result())


def _set(call: Call, key: str, asked: bytes, answer: "Reply | asyncio.Future[Reply]") -> None:
    replies = own_shelf(call).replies
    replies[key] = (asked, answer)
    if len(replies) > _MOST:
        del replies[next(iter(replies))]
