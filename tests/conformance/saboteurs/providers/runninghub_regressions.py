"""Saboteurs that a change at RunningHub could make: errors of tasks, quotes, queues, webhooks, assets."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.accounts.things import telling
from conformance.saboteurs.saboteur import Saboteur, altering, change_json, operation_id

from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_PROVIDER = "runninghub"
_DONE = {"code": 0, "msg": "success", "data": None}


def _first_quote() -> Answering:
    """The price of a model is what was quoted first, whatever is asked for."""
    first: dict[str, Any] = {}

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if operation_id(provider, request) != "preview_price" or not isinstance(response, Response):
            return response
        body = orjson.loads(response.body)
        if body.get("estimatedPrice") is None:
            return response
        price = {name: body[name] for name in ("estimatedPrice", "priceText", "priceTextEn")}
        return change_json(response, lambda one: {**one, **first.setdefault(request.path, price)})

    return answer


def _deaf(operation: str) -> Callable[[], Answering]:
    """An operation does what it does for a task that nobody has, and says that it has done it."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            if operation_id(provider, request) != operation or b"invalid" in request.body:
                return provider.answer(request)
            known = any(job.id.encode() in request.body for job in provider.jobs) or b"/callback/" in request.body
            return json_response(200, _DONE) if known else provider.answer(request)

        return answer

    return make


def _swapped_counts(data: Any) -> Any:
    if not isinstance(data, dict) or "runningCount" not in data:
        return data
    return {**data, "runningCount": data["queuedCount"], "queuedCount": data["runningCount"]}


def _swapped_codes(response: Response, _: Request) -> Response:
    codes = {804: (813, "APIKEY_TASK_IS_QUEUED"), 813: (804, "APIKEY_TASK_IS_RUNNING")}

    def change(body: Any) -> Any:
        code, text = codes.get(body.get("code"), (body.get("code"), body.get("msg")))
        return {**body, "code": code, "msg": text}

    return change_json(response, change)


def _one_page() -> Answering:
    """Every page of assets is the first."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) != "list_assets" or b"pageNumber" not in request.body:
            return provider.answer(request)
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            return provider.answer(request)
        number = body.get("pageNumber") if isinstance(body, dict) else None
        if type(number) is not int or number < 2:
            return provider.answer(request)
        first = provider.answer(replace(request, body=orjson.dumps({**body, "pageNumber": 1})))
        if not isinstance(first, Response):
            return first
        return change_json(first, lambda one: {**one, "data": {**one["data"], "pageNumber": number}})

    return answer


def _kept_groups() -> Answering:
    """A group of assets that is removed is said to be gone, and is kept."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) != "delete_asset_group":
            return provider.answer(request)
        read = provider.answer(replace(request, path=request.path.replace("/delete", "/query")))
        if not isinstance(read, Response) or b'"code":0' not in read.body:
            return provider.answer(request)
        group = orjson.loads(read.body)["data"]["groupId"]
        return json_response(200, {**_DONE, "data": {"groupId": group, "status": "DELETED"}})

    return answer


def _silent_failure(body: Any) -> Any:
    return {**body, "errorMessage": ""} if body.get("status") == "FAILED" else body


GALLERY = (
    Saboteur(
        "fails-in-silence",
        "A task that failed has no message.",
        _PROVIDER,
        answering=altering("query_task", change=lambda response, _: change_json(response, _silent_failure)),
    ),
    Saboteur(
        "quotes-once",
        "The price of a model is what was quoted first, whatever is asked for.",
        _PROVIDER,
        answering=_first_quote,
    ),
    Saboteur(
        "retries-nothing",
        "A webhook that is asked for again does not come.",
        _PROVIDER,
        answering=_deaf("retry_webhook"),
    ),
    Saboteur(
        "waiting-is-running",
        "The queue counts those that wait as running, and those that run as waiting.",
        _PROVIDER,
        answering=telling("get_queue", data=_swapped_counts),
    ),
    Saboteur(
        "queued-is-running",
        "The older outputs say of a task that waits that it runs, and the other way round.",
        _PROVIDER,
        answering=altering("get_task_outputs", change=_swapped_codes),
    ),
    Saboteur("first-assets-again", "Every page of assets is the first.", _PROVIDER, answering=_one_page),
    Saboteur("keeps-groups", "A group of assets that was removed is still there.", _PROVIDER, answering=_kept_groups),
)
