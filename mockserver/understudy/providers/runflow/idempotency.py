"""Idempotency-Key: the same key with the same request gives the same reply again, with another request a conflict."""

from collections.abc import Awaitable, Mapping
from hashlib import blake2b
from typing import Any

from understudy.call import Answer, Call, Handler, Refused
from understudy.messages import Reply, exact
from understudy.providers.runflow.state import own_shelf

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
        return _keep(call, key, asked, answer) if isinstance(answer, Reply) else _later(call, key, asked, answer)
    if before[0] != asked:
        raise Refused("idempotency-conflict", values={"key": key})
    return before[1]


def _fingerprint(call: Call) -> bytes:
    text = f"{call.request.method} {call.request.path}\n".encode()
    return blake2b(text + call.request.body, digest_size=16).digest()


def _keep(call: Call, key: str, asked: bytes, reply: Reply) -> Reply:
    replies = own_shelf(call).replies
    replies[key] = (asked, Reply(reply.status, exact(reply.body), reply.headers))
    if len(replies) > _MOST:
        del replies[next(iter(replies))]
    return reply


async def _later(call: Call, key: str, asked: bytes, answer: Awaitable[Reply]) -> Reply:
    return _keep(call, key, asked, await answer)
