"""Saboteurs that a later change at Runflow could make: moments, events, repeated requests, borders, cancellations."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.response_changes import setting
from conformance.saboteurs.saboteur import (
    Saboteur,
    altering,
    as_owner,
    change_json,
    meddling,
    operation_id,
    with_header,
    with_json,
)

from mockreel.contract import Contract
from mockreel.contract.messages.body import read_query
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider
from mockreel.webhooks import MemorySender, Outcome, Outgoing

_PROVIDER = "runflow"


def _unstarted(body: Any) -> Any:
    return {**body, "started_at": None} if body.get("status_code") == "running" else body


def _respelled(body: Any) -> Any:
    return {**body, "event": "run.canceled"} if body.get("event") == "run.cancelled" else body


class _UnsignedAgain(MemorySender):
    """Signs what is sent by itself, and not what was taken once and is sent again."""

    def __init__(self, honest: MemorySender) -> None:
        super().__init__(honest.receiver)
        self._taken: set[tuple[str, str]] = set()

    async def send(self, message: Outgoing) -> Outcome:
        told = message.url, str(orjson.loads(message.body).get("run_id"))
        outcome = await super().send(
            with_header(message, "Runflow-Signature", None) if told in self._taken else message
        )
        if outcome.status is not None and outcome.status < 300:
            self._taken.add(told)
        return outcome


def _begun_twice() -> Answering:
    """A request that is sent again with its key is answered as before, and yet begins a second run."""
    seen: set[bytes] = set()

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        headers = dict(request.headers)
        if operation_id(provider, request) != "create_run" or b"idempotency-key" not in headers:
            return response
        if not isinstance(response, Response) or response.status >= 300:
            return response
        key = headers[b"idempotency-key"] + headers.get(b"authorization", b"")
        if key in seen:
            without = [(name, value) for name, value in request.headers if name != b"idempotency-key"]
            provider.answer(replace(request, headers=without))
        seen.add(key)
        return response

    return answer


def _largest_refused() -> Answering:
    """The largest page that the contract has is refused."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) != "list_runs" or read_query(request.query).get("limit") != "500":
            return provider.answer(request)
        return provider.answer(replace(request, query=request.query.replace(b"limit=500", b"limit=501")))

    return answer


def _full_price(honest: Contract) -> Contract:
    """A run that is cancelled is charged in full, whatever it had done until then."""
    return replace(honest, money=replace(honest.money, worked=frozenset()))


def _neighbours_counted() -> Answering:
    """Statistics count the runs of all organizations."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) != "get_runs_stats":
            return provider.answer(request)
        known = b"other" in dict(request.headers).get(b"authorization", b"")
        response = provider.answer(as_owner(provider, request) if known else request)
        every = len(list(provider.jobs))
        return setting("/timeline/*/runs", every)(response, request) if isinstance(response, Response) else response

    return answer


def _first_allowed(response: Response, _: Request) -> Response:
    headers = tuple(
        (name, value.split(b",")[-1].strip() if name == b"allow" else value) for name, value in response.headers
    )
    return replace(response, headers=headers)


def _garbled(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, dict):
        return {name: _garbled(one) for name, one in value.items()}
    return [_garbled(one) for one in value] if isinstance(value, list) else value


GALLERY = (
    Saboteur(
        "runs-unstarted",
        "A run that is running has not started.",
        _PROVIDER,
        answering=altering("get_run", change=lambda response, _: change_json(response, _unstarted)),
    ),
    Saboteur(
        "event-respelled",
        "The event of a cancelled run is spelled otherwise.",
        _PROVIDER,
        sender=meddling(lambda message, _: with_json(message, _respelled)),
    ),
    Saboteur(
        "unsigned-on-request", "A callback that is asked for again is not signed.", _PROVIDER, sender=_UnsignedAgain
    ),
    Saboteur(
        "begins-twice",
        "A request that is repeated with its key is answered as before, and begins a second run.",
        _PROVIDER,
        answering=_begun_twice,
    ),
    Saboteur("largest-page-refused", "The largest page of a list is refused.", _PROVIDER, answering=_largest_refused),
    Saboteur(
        "cancelled-at-full-price",
        "A run that is cancelled costs as much as one that has ended.",
        _PROVIDER,
        _full_price,
    ),
    Saboteur(
        "counts-the-neighbours",
        "Statistics count the runs of other organizations too.",
        _PROVIDER,
        answering=_neighbours_counted,
    ),
    Saboteur(
        "allows-one",
        "A refused method is told only one of those that there are.",
        _PROVIDER,
        answering=altering(change=_first_allowed),
    ),
    Saboteur(
        "garbled-lists",
        "Texts that are not ASCII are garbled in lists.",
        _PROVIDER,
        answering=altering("list_runs", change=lambda response, _: change_json(response, _garbled)),
    ),
)
