"""Saboteurs that a change at Runflow could make: cancellations, repeated requests, filters, files, secrets, batches."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from conformance.saboteurs.accounts.things import telling
from conformance.saboteurs.jobs.counters import silent_about
from conformance.saboteurs.response_changes import setting
from conformance.saboteurs.saboteur import Saboteur, altering, change_json, good, operation_id

from mockreel.contract.messages.body import read_query
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_PROVIDER = "runflow"


def _key(request: Request) -> bytes:
    headers = dict(request.headers)
    return headers.get(b"idempotency-key", b"") + headers.get(b"authorization", b"")


def _repeated_with(status: int) -> Callable[[], Answering]:
    """A request that is sent again with its key is answered with another status."""

    def make() -> Answering:
        seen: set[bytes] = set()

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if b"idempotency-key" not in dict(request.headers) or not isinstance(response, Response):
                return response
            if response.status >= 300:
                return response
            again = _key(request) in seen
            seen.add(_key(request))
            return replace(response, status=status) if again else response

        return answer

    return make


def _any_body() -> Answering:
    """A key that is sent again with another body brings the first answer."""
    first: dict[bytes, Response] = {}

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if b"idempotency-key" not in dict(request.headers) or not isinstance(response, Response):
            return response
        if response.status < 300:
            first.setdefault(_key(request), response)
        return first.get(_key(request), response) if response.status == 409 else response

    return answer


def _unfiltered_later() -> Answering:
    """The second page of a filtered list has what the filter leaves out: it is that of the whole list."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        query = read_query(request.query)
        if operation_id(provider, request) != "list_runs" or "q" not in query or "pq" not in query:
            return provider.answer(request)
        remaining = "&".join(
            part for part in request.query.decode().split("&") if part.partition("=")[0] not in ("q", "pq")
        )
        return provider.answer(replace(request, query=remaining.encode()))

    return answer


def _confirmed_unseen() -> Answering:
    """An upload is confirmed of which nothing has come."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if operation_id(provider, request) != "confirm_upload" or not isinstance(response, Response):
            return response
        if response.status != 404 or b"Uploaded object" not in response.body:
            return response
        target = f"/asset-uploads/{request.path.split('/')[3]}"
        upload = replace(request, method="PUT", path=target, body=b"x", headers=[(b"content-type", b"image/png")])
        provider.answer(upload)
        return provider.answer(request)

    return answer


def _kept(operation: str) -> Callable[[], Answering]:
    """What is removed is said to be gone, and is kept."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            if operation_id(provider, request) != operation:
                return provider.answer(request)
            read = provider.answer(replace(request, method="GET"))
            return Response(204, b"") if isinstance(read, Response) and read.status == 200 else provider.answer(request)

        return answer

    return make


def _ignoring(operation: str, name: str) -> Callable[[], Answering]:
    """A field of a body is taken, shown in the answer, and forgotten."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            if operation_id(provider, request) != operation:
                return provider.answer(request)
            try:
                body = json.loads(request.body)
            except ValueError:
                return provider.answer(request)
            if not isinstance(body, dict) or body.get(name) in (None, False) or not isinstance(body[name], bool | str):
                return provider.answer(request)
            response = good(provider, request, {key: one for key, one in body.items() if key != name})
            if not isinstance(response, Response) or response.status >= 300:
                return response
            return change_json(response, lambda shown: {**shown, name: body[name]})

        return answer

    return make


def _swapped(body: Any) -> Any:
    if "items_succeeded" not in body:
        return body
    return {**body, "items_succeeded": body["items_failed"], "items_failed": body["items_succeeded"]}


def _with(operation: str, change: Callable[[Any], Any]) -> Callable[[], Answering]:
    return altering(operation, change=lambda response, _: change_json(response, change))


def _unauthorised(response: Response, _: Request) -> Response:
    return replace(response, status=401) if response.status == 403 else response


def _doubled(rows: list[Any]) -> list[Any]:
    return [{**one, "runs": 2 * one["runs"]} for one in rows]


GALLERY = (
    Saboteur(
        "cancels-in-silence",
        "A run that is cancelled has no callback.",
        _PROVIDER,
        sender=silent_about(b"run.cancelled"),
    ),
    Saboteur(
        "fails-in-other-words",
        "A failed run says another text than its code's.",
        _PROVIDER,
        answering=telling("get_run", failure_message=lambda one: one and "Something went wrong."),
    ),
    Saboteur(
        "by-itself-again",
        "A callback that was asked for again is kept as one that came by itself.",
        _PROVIDER,
        answering=altering(
            "redeliver_run_callback",
            "get_run_callback_history",
            change=lambda response, _: replace(
                response, body=response.body.replace(b'"is_automatic":false', b'"is_automatic":true')
            ),
        ),
    ),
    Saboteur(
        "repeats-with-200",
        "A request that is repeated with its key is answered with 200.",
        _PROVIDER,
        answering=_repeated_with(200),
    ),
    Saboteur(
        "one-key-any-body",
        "A key that comes with another body brings the first answer.",
        _PROVIDER,
        answering=_any_body,
    ),
    Saboteur(
        "filters-one-page",
        "The second page of a filtered list is of the whole list.",
        _PROVIDER,
        answering=_unfiltered_later,
    ),
    Saboteur(
        "counts-models-twice",
        "Statistics count the runs of each model twice.",
        _PROVIDER,
        answering=altering("get_runs_stats", change=setting("/by_flow", _doubled)),
    ),
    Saboteur(
        "confirms-unseen", "An upload is confirmed of which nothing has come.", _PROVIDER, answering=_confirmed_unseen
    ),
    Saboteur("keeps-assets", "An asset that was removed is still there.", _PROVIDER, answering=_kept("delete_asset")),
    Saboteur(
        "promotes-nothing",
        "A secret that is made the current one does not sign.",
        _PROVIDER,
        answering=_ignoring("update_callback_secret", "is_current"),
    ),
    Saboteur(
        "still-subscribed",
        "A webhook that was disabled is still sent.",
        _PROVIDER,
        answering=_ignoring("update_webhook", "disabled_at"),
    ),
    Saboteur(
        "counts-the-others",
        "A batch counts failed runs as succeeded, and succeeded ones as failed.",
        _PROVIDER,
        answering=_with("get_batch", _swapped),
    ),
    Saboteur(
        "forbidden-is-unknown",
        "Who may not do something is answered like one without a key.",
        _PROVIDER,
        answering=altering(change=_unauthorised),
    ),
)
