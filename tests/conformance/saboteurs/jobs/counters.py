"""Saboteurs whose counters stand still, whose details are empty or another job's, and whose batches say nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.request_changes import rewrite_query
from conformance.saboteurs.response_changes import dropping, setting
from conformance.saboteurs.saboteur import (
    Change,
    Saboteur,
    altering,
    change_json,
    meddling,
    operation_id,
    with_header,
    with_json,
)

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.memory_receiver import moved
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider
from mockreel.webhooks import MemorySender, Outcome, Outgoing


def _emptied(*names: str) -> Change:
    """Numbers are zero and lists empty."""

    def change(body: Any) -> Any:
        return {**body, **{name: _nothing(body[name]) for name in names if name in body}}

    return change


def _nothing(value: Any) -> Any:
    return [] if isinstance(value, list) else type(value)(0)


def _on(operation: str, change: Change) -> Callable[[], Answering]:
    return altering(operation, change=lambda response, _: change_json(response, change))


def first_of_all(*operations: str) -> Callable[[], Answering]:
    """An operation shows what it showed first, whoever is asked for."""

    def make() -> Answering:
        remaining: dict[str, Response] = {}

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response, name = provider.answer(request), operation_id(provider, request)
            if name not in operations or not isinstance(response, Response) or b'"data":null' in response.body:
                return response
            return remaining.setdefault(name, response) if response.status == 200 else response

        return answer

    return make


def silent_about(word: bytes) -> Callable[[MemorySender], MemorySender]:
    """Callbacks with this in them are never sent."""
    return meddling(lambda message, _: None if word in message.body else message)


class _Following(MemorySender):
    """Goes where a redirect leads, and takes what is said there."""

    async def send(self, message: Outgoing) -> Outcome:
        outcome = await super().send(message)
        if outcome.status is not None and 300 <= outcome.status < 400:
            return await super().send(replace(message, url=moved(message.url)))
        return outcome


def _same_header(name: str) -> Callable[[MemorySender], MemorySender]:
    return meddling(lambda message, _: with_header(message, name, "00000000-0000-4000-8000-000000000000"))


def _of_batch(change: Change) -> Callable[[MemorySender], MemorySender]:
    """Callbacks of batches are changed."""
    return meddling(lambda message, _: with_json(message, change) if b'"batch_id"' in message.body else message)


def _without_meta(response: Response, request: Request) -> Response:
    return dropping("meta")(response, request)


def _undeleted() -> Answering:
    """What is removed is said to be gone, and is kept."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if (
            operation_id(provider, request) != "delete_webhook"
            or b"Bearer rf_live_mockreel-check" not in dict(request.headers).values()
        ):
            return provider.answer(request)
        return Response(204, b"")

    return answer


def _one_attempt_id(response: Response, _: Request) -> Response:
    body = orjson.loads(response.body)
    if not isinstance(body, list):
        return response
    ids = [{**one, "attempts": [{**attempt, "id": one["id"]} for attempt in one["attempts"]]} for one in body]
    return replace(response, body=orjson.dumps(ids))


GALLERY = (
    Saboteur(
        "no-runs-counted", "Statistics are empty.", "runflow", answering=_on("get_runs_stats", _emptied("timeline"))
    ),
    Saboteur(
        "zero-runs",
        "Statistics count no runs.",
        "runflow",
        answering=altering("get_runs_stats", change=setting("/timeline/*/runs", 0)),
    ),
    Saboteur(
        "no-spend-counted",
        "Statistics say that nothing was spent.",
        "runflow",
        answering=altering("get_runs_stats", change=setting("/timeline/*/spend", "0")),
    ),
    Saboteur(
        "no-source-counted",
        "Statistics count no runs of any source.",
        "runflow",
        answering=altering("get_runs_stats", change=setting("/by_source/*/runs", 0)),
    ),
    Saboteur(
        "no-tasks-counted",
        "The account says that no task is under way.",
        "runninghub",
        answering=altering("get_account", change=setting("/data/currentTaskCounts", "0")),
    ),
    Saboteur(
        "queue-empty",
        "The queue says that no task is under way.",
        "runninghub",
        answering=altering("get_queue", change=setting("/data/totalCurrentTasks", "0")),
    ),
    Saboteur(
        "no-logs",
        "A run has no log lines, and says that it has.",
        "runflow",
        answering=_on("list_run_logs", _emptied("items")),
    ),
    Saboteur(
        "anothers-logs", "The log of a run is that of another.", "runflow", answering=first_of_all("list_run_logs")
    ),
    Saboteur(
        "old-logs",
        "The log of a run is of another time.",
        "runflow",
        answering=altering("list_run_logs", change=setting("/items/*/timestamp", "2020-01-01T00:00:00+00:00")),
    ),
    Saboteur(
        "one-webhook-detail",
        "The detail of a webhook is another task's.",
        "runninghub",
        answering=first_of_all("get_webhook"),
    ),
    Saboteur(
        "forgets-retries",
        "The detail of a webhook counts no retries.",
        "runninghub",
        answering=altering("get_webhook", change=setting("/data/retryCount", 7)),
    ),
    Saboteur(
        "empty-event-data",
        "The detail of a webhook has no payload.",
        "runninghub",
        answering=altering("get_webhook", change=setting("/data/eventData", "{}")),
    ),
    Saboteur(
        "one-request-id",
        "Every callback has the same request id.",
        "runflow",
        sender=_same_header("Runflow-Request-Id"),
    ),
    Saboteur(
        "one-run-request-id",
        "Every run has the same request id.",
        "runflow",
        answering=altering("create_run", change=setting("/request_id", "x")),
    ),
    Saboteur(
        "one-client-id",
        "Every task has the same client id.",
        "runninghub",
        answering=altering("submit_task", change=setting("/clientId", "x")),
    ),
    Saboteur(
        "runflow-follows", "A redirected callback is sent on.", "runflow", sender=lambda one: _Following(one.receiver)
    ),
    Saboteur(
        "runninghub-follows",
        "A redirected webhook is sent on.",
        "runninghub",
        sender=lambda one: _Following(one.receiver),
    ),
    Saboteur("batch-says-nothing", "A batch has no callback.", "runflow", sender=silent_about(b'"batch_id"')),
    Saboteur(
        "batch-unsigned",
        "The callback of a batch is not signed.",
        "runflow",
        sender=meddling(
            lambda message, _: (
                with_header(message, "Runflow-Signature", None) if b'"batch_id"' in message.body else message
            )
        ),
    ),
    Saboteur(
        "batch-wrong-event",
        "The callback of a batch names another event.",
        "runflow",
        sender=_of_batch(lambda body: {**body, "event": "batch.failed"}),
    ),
    Saboteur(
        "batch-other-output",
        "The callback of a batch has no output.",
        "runflow",
        sender=_of_batch(lambda body: {**body, "output": None}),
    ),
    Saboteur(
        "batch-other-inputs",
        "The jobs of a batch are not those that were asked for.",
        "runflow",
        answering=altering("list_batch_items", change=setting("/items/*/input", {"prompt": "x"})),
    ),
    Saboteur(
        "batch-one-run",
        "The jobs of a batch are one run.",
        "runflow",
        answering=altering(
            "list_batch_items", change=setting("/items/*/run_id", "019b76da-a800-7487-bc2f-804dc2a2c691")
        ),
    ),
    Saboteur(
        "batch-unknown",
        "A run does not say of which batch it is.",
        "runflow",
        answering=altering("get_run", change=setting("/batch_id", "019b76da-a800-7487-bc2f-804dc2a2c691")),
    ),
    Saboteur(
        "batch-forgets",
        "Nothing is kept of a batch's callback.",
        "runflow",
        answering=altering(
            "get_batch_callback_history",
            change=lambda response, _: replace(response, body=b"[]") if response.status == 200 else response,
        ),
    ),
    Saboteur(
        "no-fields",
        "A list ignores which fields are asked for.",
        "runflow",
        answering=rewrite_query("list_runs", without=("fields",)),
    ),
    Saboteur(
        "no-models-fields",
        "The list of models ignores which fields are asked for.",
        "runflow",
        answering=rewrite_query("list_models", without=("fields",)),
    ),
    Saboteur(
        "no-category",
        "The list of models ignores its filter.",
        "runflow",
        answering=rewrite_query("list_models", without=("q",)),
    ),
    Saboteur(
        "transactions-no-from",
        "Transactions ignore their first moment.",
        "aimlapi",
        answering=rewrite_query("list_transactions", without=("from",)),
    ),
    Saboteur(
        "transactions-no-to",
        "Transactions ignore their last moment.",
        "aimlapi",
        answering=rewrite_query("list_transactions", without=("to",)),
    ),
    Saboteur(
        "deprecations-no-status",
        "Deprecations ignore the status.",
        "aimlapi",
        answering=rewrite_query("list_deprecations", without=("status",)),
    ),
    Saboteur(
        "no-meta",
        "The answer to a submit has no meta block.",
        "aimlapi",
        answering=altering(
            "submit_generation", "submit_generation_v1", "submit_generation_unversioned", change=_without_meta
        ),
    ),
    Saboteur(
        "no-legacy-meta",
        "The answer to an older submit has no meta block.",
        "aimlapi",
        answering=altering("submit_kling_generation", change=_without_meta),
    ),
    Saboteur(
        "no-client-id-at-first",
        "The answer to a submit has no clientId.",
        "runninghub",
        answering=altering("submit_task", change=dropping("clientId")),
    ),
    Saboteur(
        "forgets-labels",
        "A secret has another label when it is read.",
        "runflow",
        answering=altering("get_callback_secret", change=setting("/label", "x")),
    ),
    Saboteur(
        "lists-other-labels",
        "A secret has another label in the list.",
        "runflow",
        answering=altering("list_callback_secrets", change=setting("/items/*/label", "x")),
    ),
    Saboteur(
        "changes-nothing",
        "A webhook is not changed where it is asked for.",
        "runflow",
        answering=altering("update_webhook", change=setting("/url", "http://127.0.0.1:1/")),
    ),
    Saboteur("removes-nothing", "A webhook that was removed is still there.", "runflow", answering=_undeleted),
    Saboteur(
        "cut-in-the-answer",
        "The answer to a submit lacks the metadata.",
        "runflow",
        answering=altering("create_run", change=setting("/metadata", {})),
    ),
    Saboteur(
        "one-model-name",
        "Every model of the list has the same name.",
        "runflow",
        answering=altering("list_models", change=setting("/items/*/name", "x")),
    ),
    Saboteur(
        "other-category",
        "A model read alone is of another category than in the list.",
        "runflow",
        answering=altering("get_model", change=setting("/category_code", "x")),
    ),
    Saboteur(
        "one-input-id",
        "The inputs of a model have one id.",
        "runflow",
        answering=altering("get_model", change=setting("/inputs/*/id", "x")),
    ),
    Saboteur(
        "one-attempt-id",
        "The attempts at a callback have one id.",
        "runflow",
        answering=altering("get_run_callback_history", change=_one_attempt_id),
    ),
    Saboteur(
        "other-developer",
        "A model read alone is of another developer than in the list.",
        "aimlapi",
        answering=altering("get_model", change=setting("/data/type", "x")),
    ),
)
