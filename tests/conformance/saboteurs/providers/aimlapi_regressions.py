"""Saboteurs that a change at AI/ML API could make: places and titles of errors, transactions, files, names, headers."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.accounts.things import telling
from conformance.saboteurs.response_changes import header, in_items, setting
from conformance.saboteurs.saboteur import Saboteur, altering, operation_id

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_PROVIDER = "aimlapi"


def _overlapping() -> Answering:
    """Each further page of transactions begins with the last entry of the page before."""
    last: list[Any] = []

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if operation_id(provider, request) != "list_transactions" or not isinstance(response, Response):
            return response
        if response.status != 200:
            return response
        before, last[:] = last[-1:], orjson.loads(response.body)["data"] or last[-1:]
        return (
            in_items(lambda rows: [*before, *rows][: max(1, len(rows))], "data")(response, request)
            if b"cursor=" in request.query
            else response
        )

    return answer


def _shifted(rows: list[Any]) -> list[Any]:
    ids = [one["reference_id"] for one in rows]
    return [{**one, "reference_id": id_} for one, id_ in zip(rows, [*ids[1:], *ids[:1]], strict=True)]


def _unknown_aliases() -> Answering:
    """A model is known by its id alone."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if not operation_id(provider, request).startswith("submit_") or not request.body.startswith(b"{"):
            return provider.answer(request)
        try:
            name = orjson.loads(request.body).get("model")
        except orjson.JSONDecodeError:
            return provider.answer(request)
        others = {one for model in provider.contract.models.values() for one in model.aliases}
        if not isinstance(name, str) or name not in others or name in provider.contract.models:
            return provider.answer(request)
        body = orjson.dumps({**orjson.loads(request.body), "model": "mockreel/no-such-model"})
        return provider.answer(replace(request, body=body))

    return answer


def _titled(response: Response, request: Request) -> Response:
    return setting("/title", "Bad Request")(response, request) if response.status == 404 else response


def _placed(response: Response, request: Request) -> Response:
    return setting("/instance", "/")(response, request) if response.status >= 400 else response


GALLERY = (
    Saboteur(
        "errors-from-nowhere",
        "An error names another place than was asked.",
        _PROVIDER,
        answering=altering(change=_placed),
    ),
    Saboteur(
        "always-bad-requests",
        "What is not found has the title of a bad request.",
        _PROVIDER,
        answering=altering(change=_titled),
    ),
    Saboteur(
        "transactions-overlap",
        "A page of transactions begins with the last entry of the page before.",
        _PROVIDER,
        answering=_overlapping,
    ),
    Saboteur(
        "charges-to-others",
        "Each transaction names the generation of the next.",
        _PROVIDER,
        answering=altering("list_transactions", change=in_items(_shifted, "data")),
    ),
    Saboteur(
        "charges-failures",
        "A generation that failed is charged.",
        _PROVIDER,
        contract=lambda one: replace(one, money=replace(one.money, released=frozenset())),
    ),
    Saboteur("no-other-names", "A model is not known by its other names.", _PROVIDER, answering=_unknown_aliases),
    Saboteur(
        "one-inference-id",
        "Every submit has the same inference id.",
        _PROVIDER,
        answering=altering(change=header("x-inference-id", "00000000-0000-4000-8000-000000000000")),
    ),
    Saboteur(
        "metrics-in-seconds",
        "Durations are in seconds.",
        _PROVIDER,
        answering=telling(
            "get_model_metrics",
            models=lambda rows: [
                {**one, "metrics": {name: {q: v / 1000 for q, v in t.items()} for name, t in one["metrics"].items()}}
                for one in rows
            ],
        ),
    ),
)
