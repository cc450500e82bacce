"""Idempotency-Key: the same key with the same request gives the same answer again, with another request a conflict."""

import asyncio
from collections.abc import Awaitable, Mapping
from hashlib import blake2b
from typing import Any

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, exact
from mockreel.providers.runflow.state import own_shelf
from mockreel.simulator.provider_adapter import Answer, Handler
from mockreel.simulator.request_context import RequestContext

# Beyond so many responses an account's oldest is forgotten.
_MOST = 10_000


def heeding(handler: Handler, row: Mapping[str, Any]) -> Handler:
    """A handler that heeds the header which the contract's row names."""
    header = row["header"].lower().encode()

    def heeded(context: RequestContext) -> Answer:
        key = context.request.header(header)
        return handler(context) if key is None else _once(context, handler, key.decode("latin-1"))

    return heeded


def _once(context: RequestContext, handler: Handler, said: str) -> Answer:
    asked = _fingerprint(context)
    key = blake2b(said.encode(), digest_size=16).hexdigest()  # a client may draw it as it draws its secrets
    before = own_shelf(context).replies.get(key)
    if before is None:
        answer = handler(context)
        return (
            _keep(context, key, asked, answer) if isinstance(answer, Response) else _begin(context, key, asked, answer)
        )
    if before[0] != asked:
        raise ErrorResponse("idempotency-conflict", values={"key": said})
    kept = before[1]
    return kept if isinstance(kept, Response) else asyncio.shield(kept)


def _fingerprint(context: RequestContext) -> bytes:
    text = f"{context.request.method} {context.request.path}\n".encode()
    return blake2b(text + context.request.body, digest_size=16).digest()


def _keep(context: RequestContext, key: str, asked: bytes, response: Response) -> Response:
    _set(context, key, asked, Response(response.status, exact(response.body), response.headers))
    return response


def _begin(context: RequestContext, key: str, asked: bytes, answer: Awaitable[Response]) -> Awaitable[Response]:
    """An answer that is not there yet belongs to all who send the key, so it goes on when one of them goes away."""
    task = asyncio.ensure_future(answer)
    _set(context, key, asked, task)
    task.add_done_callback(lambda _: _ended(context, key, asked, task))
    return asyncio.shield(task)


def _ended(context: RequestContext, key: str, asked: bytes, task: "asyncio.Future[Response]") -> None:
    """Keep the response, or let the key be used again where there is none."""
    if task.cancelled() or task.exception() is not None:
        own_shelf(context).replies.pop(key, None)
    else:
        _keep(context, key, asked, task.result())


def _set(context: RequestContext, key: str, asked: bytes, answer: "Response | asyncio.Future[Response]") -> None:
    replies = own_shelf(context).replies
    replies[key] = (asked, answer)
    if len(replies) > _MOST:
        del replies[next(iter(replies))]
