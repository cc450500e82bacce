"""Changes of requests that saboteurs are made of, before the simulator reads them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from conformance.saboteurs.saboteur import (
    good,
    operation_id,
)

from mockreel.contract.messages.body import read_query
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

Answer = Callable[[Provider, Request], Response | Awaitable[Response]]


def answer_with(operation: str, otherwise: Answer) -> Callable[[], Answering]:
    """An operation is answered otherwise."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            ours = operation_id(provider, request) == operation
            return otherwise(provider, request) if ours else provider.answer(request)

        return answer

    return make


def within_bounds(**bounds: tuple[Any, Any]) -> Answer:
    """Fields of a body are brought within their bounds, so that none is refused."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if not isinstance(response, Response) or response.status not in (200, 422):
            return response
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            return response
        if not isinstance(body, dict):
            return response
        return good(
            provider,
            request,
            {**body, **{name: _within(body[name], *both) for name, both in bounds.items() if name in body}},
        )

    return answer


def _within(value: Any, least: Any, most: Any) -> Any:
    if isinstance(value, list):
        return (value or [least])[:most]
    if isinstance(value, str):
        return value[:most] if len(value) >= least else value + "..."
    return max(least, min(most, value)) if isinstance(value, int | float) else value


def without_query(*names: str) -> Answer:
    """Parameters of a query are overlooked."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        remaining = {name: value for name, value in read_query(request.query).items() if name not in names}
        return provider.answer(replace(request, query=urlencode(remaining).encode()))

    return answer


def rewrite_query(operation: str, *, without: tuple[str, ...] = (), **instead: str) -> Callable[[], Answering]:
    """Parts of the query are ignored, or read as others."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            if operation_id(provider, request) != operation:
                return provider.answer(request)
            pairs = [(name, instead.get(name, value)) for name, value in parse_qsl(request.query.decode())]
            remaining = urlencode([(name, value) for name, value in pairs if name not in without])
            return provider.answer(replace(request, query=remaining.encode()))

        return answer

    return make


def without_headers(*names: str) -> Callable[[], Answering]:
    """Headers of requests are ignored."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            remaining = [(name, value) for name, value in request.headers if name.decode() not in names]
            return provider.answer(replace(request, headers=remaining))

        return answer

    return make
