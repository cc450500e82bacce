"""Changes of responses that saboteurs are made of."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count
from typing import Any

import orjson
from conformance.saboteurs.saboteur import (
    Saboteur,
    altering,
    change_json,
    operation_id,
)

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

Change = Callable[[Response, Request], Response]


def setting(place: str, value: Any) -> Change:
    """Another value at a pointer (of plain keys and indexes), where something stands there."""

    def change(response: Response, _: Request) -> Response:
        return change_json(response, lambda body: _set(body, place.split("/")[1:], value))

    return change


def _set(node: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value(node) if callable(value) else value
    if isinstance(node, dict) and node.get(steps[0]) is not None:
        return {**node, steps[0]: _set(node[steps[0]], steps[1:], value)}
    if isinstance(node, list) and steps[0] == "*":
        return [_set(one, steps[1:], value) for one in node]
    return node


def dropping(name: str) -> Change:
    return lambda response, _: change_json(
        response, lambda body: {key: one for key, one in body.items() if key != name}
    )


def header(name: str, value: str | None) -> Change:
    """Another value of a header, or none."""

    def change(response: Response, _: Request) -> Response:
        remaining = tuple(pair for pair in response.headers if pair[0] != name.encode())
        there = len(remaining) < len(response.headers)
        return replace(
            response,
            headers=(*remaining, (name.encode(), value.encode())) if value is not None and there else remaining,
        )

    return change


def in_items(change: Callable[[list[Any]], list[Any]], name: str) -> Change:
    return lambda response, _: change_json(
        response, lambda body: {**body, name: change(body[name])} if name in body else body
    )


def first_again(operation: str) -> Callable[[], Answering]:
    """The first response of an operation over and over."""

    def make() -> Answering:
        remaining: dict[bytes, Response] = {}

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if operation_id(provider, request) != operation or not isinstance(response, Response):
                return response
            key = next((value for name, value in request.headers if name == b"authorization"), b"")
            if response.status == 200:
                remaining.setdefault(key, response)
            return remaining.get(key, response)

        return answer

    return make


def later(operation: str, after: float, change: Change) -> Callable[[], Answering]:
    """The responses of an operation change so many seconds after it was first seen that its job had ended."""

    def make() -> Answering:
        seen: dict[bytes, float] = {}

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if operation_id(provider, request) != operation or not isinstance(response, Response):
                return response
            key = request.path.encode() + request.query + request.body
            is_terminal = any(word in response.body for word in (b'"succeeded"', b'"completed"', b'"SUCCESS"'))
            if is_terminal:
                seen.setdefault(key, provider.clock.now())
            return (
                change(response, request)
                if provider.clock.now() - seen.get(key, provider.clock.now()) > after
                else response
            )

        return answer

    return make


def number_json(operation: str, change: Callable[[Any, int], Any]) -> Callable[[], Answering]:
    """The JSON of an operation changes with each response."""

    def make() -> Answering:
        numbers = count()
        return altering(
            operation, change=lambda response, _: change_json(response, lambda body: change(body, next(numbers)))
        )()

    return make


def list_body(change: Callable[[Any], Any]) -> Callable[[Response, Request], Response]:
    """A response whose body is a list."""

    def alter(response: Response, _: Request) -> Response:
        body = orjson.loads(response.body)
        return replace(response, body=orjson.dumps(change(body))) if isinstance(body, list) else response

    return alter


def on_operation(provider: str, operation: str, *rows: tuple[str, str, Change]) -> tuple[Saboteur, ...]:
    return tuple(
        Saboteur(name, says, provider, answering=altering(operation, change=change)) for name, says, change in rows
    )
