"""The rate limit's headers, where the chosen reading has them; the limit itself is never enforced."""

from collections.abc import Awaitable, Mapping
from typing import Any

from mockreel.contract.messages.message import Response
from mockreel.providers.runflow.state import own_shelf
from mockreel.simulator.provider_adapter import Answer, Handler
from mockreel.simulator.request_context import RequestContext

Headers = tuple[tuple[bytes, bytes], ...]


def with_rate_limit_headers(handler: Handler, row: Mapping[str, Any]) -> Handler:
    """A handler whose responses report the remaining requests; its error responses get the headers elsewhere."""

    def limited(context: RequestContext) -> Answer:
        answer = handler(context)
        return (
            _with(answer, rate_headers(context, row)) if isinstance(answer, Response) else _later(context, answer, row)
        )

    return limited


def rate_headers(context: RequestContext, row: Mapping[str, Any], *, refused: bool = False) -> Headers:
    """The headers of one response; `refused` for one that reports too many requests."""
    window = int(context.now // row["window"])
    used = _used(context, window)
    left = 0 if refused else max(0, row["allowed"] - used)
    reset = (window + 1) * row["window"]
    values = {"limit": row["allowed"], "remaining": left, "reset": reset}
    if refused:
        values["retry"] = max(1, int(reset - context.now))
    return tuple((row[name].lower().encode(), str(value).encode()) for name, value in values.items())


def _used(context: RequestContext, window: int) -> int:
    """How many requests the account has sent in this window, this one included; 0 without an account."""
    if context.caller is None:
        return 0
    shelf = own_shelf(context)
    context.provider.touch()
    shelf.window = (window, shelf.window[1] + 1 if shelf.window[0] == window else 1)
    return shelf.window[1]


def _with(response: Response, headers: Headers) -> Response:
    return Response(response.status, response.body, response.headers + headers)


async def _later(context: RequestContext, answer: Awaitable[Response], row: Mapping[str, Any]) -> Response:
    return _with(await answer, rate_headers(context, row))
