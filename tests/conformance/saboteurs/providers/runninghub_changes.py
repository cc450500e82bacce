"""Saboteurs that a later change at RunningHub could make: accounts, addresses, usages, currencies, encodings."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.accounts.account_access import let_in
from conformance.saboteurs.response_changes import setting
from conformance.saboteurs.saboteur import Saboteur, altering, change_json, meddling, operation_id

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_PROVIDER = "runninghub"


def _cancelled_after_all() -> Answering:
    """A task that has succeeded, and is cancelled then, is shown as cancelled."""
    cancelled: set[str] = set()

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        operation = operation_id(provider, request)
        if operation not in ("cancel_task", "query_task") or not isinstance(response, Response):
            return response
        try:
            task = str(orjson.loads(request.body).get("taskId"))
        except (orjson.JSONDecodeError, AttributeError):
            return response
        if operation == "cancel_task" and task in {job.id for job in provider.jobs}:
            cancelled.add(task)
        done = operation == "query_task" and task in cancelled
        return change_json(response, _cancelled) if done else response

    return answer


def _cancelled(body: Any) -> Any:
    return {**body, "status": "CANCEL", "results": None} if body.get("status") == "SUCCESS" else body


def _dearer_in_the_list(body: Any) -> Any:
    entries = [
        {**one, "usage": {**one["usage"], "thirdPartyConsumeMoney": "99.5"}} if one.get("usage") else one
        for one in body.get("taskUsageList") or []
    ]
    return {**body, "taskUsageList": entries} if entries else body


def _first_upload() -> Answering:
    """The address of an upload leads to the first one that was sent."""
    first: list[Any] = []

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if operation_id(provider, request) != "upload_media" or not isinstance(response, Response):
            return response
        data = orjson.loads(response.body).get("data") or {}
        if "download_url" not in data:
            return response
        first.append(data["download_url"])
        return setting("/data/download_url", first[0])(response, request)

    return answer


def _questioned(response: Response, _: Request) -> Response:
    try:
        text = response.body.decode()
    except UnicodeDecodeError:
        return response
    if not response.headers or b"json" not in dict(response.headers).get(b"content-type", b""):
        return response
    return replace(response, body=text.encode("ascii", "replace"))


GALLERY = (
    Saboteur(
        "lends-assets", "Another account reads an asset.", _PROVIDER, answering=let_in("get_asset", "list_assets")
    ),
    Saboteur(
        "webhooks-without-query",
        "Webhooks are sent to the address without its query.",
        _PROVIDER,
        sender=meddling(lambda one, _: replace(one, url=one.url.partition("?")[0])),
    ),
    Saboteur(
        "list-of-usages-differs",
        "The list of what a task's parts cost has another price than the task.",
        _PROVIDER,
        answering=altering("query_task", change=lambda response, _: change_json(response, _dearer_in_the_list)),
    ),
    Saboteur("first-upload-again", "Every upload has the address of the first.", _PROVIDER, answering=_first_upload),
    Saboteur(
        "cancels-what-is-over",
        "A task that has succeeded is shown as cancelled once it was asked to be.",
        _PROVIDER,
        answering=_cancelled_after_all,
    ),
    Saboteur(
        "account-in-dollars",
        "The account tells its money in another currency.",
        _PROVIDER,
        answering=altering("get_account", change=setting("/data/currency", "USD")),
    ),
    Saboteur(
        "question-marks",
        "What is not ASCII is a question mark in every response.",
        _PROVIDER,
        answering=altering(change=_questioned),
    ),
)
