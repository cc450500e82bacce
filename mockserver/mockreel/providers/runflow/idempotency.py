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
        return handler(context) if key is None else _handle_once(context, handler, key.decode("latin-1"))

    return heeded


def _handle_once(context: RequestContext, handler: Handler, idempotency_key: str) -> Answer:
    fingerprint = _fingerprint(context)
    key = blake2b(idempotency_key.encode(), digest_size=16).hexdigest()  # a client may draw it as it draws its secrets
    before = own_shelf(context).replies.get(key)
    if before is None:
        answer = handler(context)
        return (
            _store(context, key, fingerprint, answer)
            if isinstance(answer, Response)
            else _begin(context, key, fingerprint, answer)
        )
    if before[0] != fingerprint:
        raise ErrorResponse("idempotency-conflict", values={"key": idempotency_key})
    stored = before[1]
    return stored if isinstance(stored, Response) else asyncio.shield(stored)


def _fingerprint(context: RequestContext) -> bytes:
    text = f"{context.request.method} {context.request.path}\n".encode()
    return blake2b(text + context.request.body, digest_size=16).digest()


def _store(context: RequestContext, key: str, fingerprint: bytes, response: Response) -> Response:
    _set(context, key, fingerprint, Response(response.status, exact(response.body), response.headers))
    return response


def _begin(context: RequestContext, key: str, fingerprint: bytes, answer: Awaitable[Response]) -> Awaitable[Response]:
    """A pending response is shared by all requests with the key, so it goes on when one of them is cancelled."""
    task = asyncio.ensure_future(answer)
    _set(context, key, fingerprint, task)
    task.add_done_callback(lambda _: _store_response(context, key, fingerprint, task))
    return asyncio.shield(task)


def _store_response(context: RequestContext, key: str, fingerprint: bytes, task: "asyncio.Future[Response]") -> None:
    """Store the response, or release the key if there is none."""
    if task.cancelled() or task.exception() is not None:
        own_shelf(context).replies.pop(key, None)
    else:
        _store(context, key, fingerprint, task.result())


def _set(context: RequestContext, key: str, fingerprint: bytes, answer: "Response | asyncio.Future[Response]") -> None:
    replies = own_shelf(context).replies
    replies[key] = (fingerprint, answer)
    if len(replies) > _MOST:
        del replies[next(iter(replies))]
