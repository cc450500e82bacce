"""Saboteurs whose jobs never end, change after their end, or are moved on by a poll."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from conformance.saboteurs.response_changes import Change, later, setting
from conformance.saboteurs.saboteur import (
    Saboteur,
    age_job,
    altering,
    operation_id,
)

from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_RUN, _GEN, _TASK = "get_run", "get_generation", "query_task"
_RUN, _LIST, _HISTORY = "get_run", "list_runs", "get_run_callback_history"


def _deaf_to(operation: str, status: int, body: Any) -> Callable[[], Answering]:
    """An operation says that it is done, and does nothing."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            keyed = any(name == b"authorization" for name, _ in request.headers) or b"piKey" in request.body
            if (
                operation_id(provider, request) == operation
                and keyed
                and b"invalid" not in dict(request.headers).get(b"authorization", b"")
            ):
                return json_response(status, body)
            return provider.answer(request)

        return answer

    return make


def _pushed_by_queries() -> Answering:
    """A poll of a generation makes it older."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) in ("get_generation", "query_task"):
            body = request.body + request.query
            for job in list(provider.jobs):
                if job.id.encode() in body:
                    age_job(provider, job, 0.5)
        return provider.answer(request)

    return answer


def _without_end(word: str, pending: str) -> Change:
    return lambda response, _: replace(response, body=response.body.replace(word.encode(), pending.encode()))


GALLERY = (
    Saboteur(
        "fails-later",
        "A run that has succeeded fails in the end.",
        "runflow",
        answering=later(_RUN, 3.0, setting("/status_code", "failed")),
    ),
    Saboteur(
        "vanishes-later",
        "The result of a generation vanishes.",
        "aimlapi",
        answering=later(_GEN, 0.2, setting("/video", None)),
    ),
    Saboteur(
        "task-vanishes",
        "The results of a task vanish.",
        "runninghub",
        answering=later(_TASK, 5.0, setting("/results", None)),
    ),
    Saboteur(
        "gone-later",
        "A run that has ended is gone.",
        "runflow",
        answering=later(
            _RUN, 2.0, lambda *_: json_response(404, {"code": "RUN_NOT_FOUND", "message": "x", "errors": None})
        ),
    ),
    Saboteur(
        "cancels-nothing",
        "A cancelled task runs on.",
        "runninghub",
        answering=_deaf_to("cancel_task", 200, {"code": 0, "msg": "success", "data": None}),
    ),
    Saboteur("pushed-by-queries", "A poll moves a generation on.", "aimlapi", answering=_pushed_by_queries),
    Saboteur("pushed-by-query-task", "A poll moves a task on.", "runninghub", answering=_pushed_by_queries),
    Saboteur(
        "generation-endless",
        "No generation ever ends.",
        "aimlapi",
        answering=altering(_GEN, change=_without_end('"status":"completed"', '"status":"generating"')),
    ),
    Saboteur(
        "run-endless",
        "No run ever ends.",
        "runflow",
        answering=altering(_RUN, change=_without_end('"status_code":"succeeded"', '"status_code":"running"')),
    ),
)
