"""Saboteurs whose records, submits and balances say what is not so."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from conformance.saboteurs.request_changes import without_headers
from conformance.saboteurs.response_changes import first_again, header, on_operation, setting
from conformance.saboteurs.saboteur import (
    Saboteur,
    altering,
    change_json,
    operation_id,
)

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_RUN, _GEN, _TASK = "get_run", "get_generation", "query_task"
_RUN, _LIST, _HISTORY = "get_run", "list_runs", "get_run_callback_history"


def _reused(operation: str, every: int, place: str) -> Callable[[], Answering]:
    """Now and then a job gets an id that one had before."""

    def make() -> Answering:
        ids: list[Any] = []

        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            response = provider.answer(request)
            if (
                operation_id(provider, request) != operation
                or not isinstance(response, Response)
                or response.status >= 400
            ):
                return response
            body = orjson.loads(response.body)
            if body.get(place):
                ids.append(body[place])
                if len(ids) % every == 0:
                    return change_json(response, lambda one: {**one, place: ids[0]})
            return response

        return answer

    return make


GALLERY = (
    *on_operation(
        "runflow",
        _RUN,
        ("forgets-metadata", "The record has no metadata.", setting("/metadata", None)),
        ("other-input", "The record shows another input.", setting("/input", {})),
        ("forgets-client-ref", "The record has no client_ref.", setting("/client_ref", "")),
        (
            "other-callback-url",
            "The record shows another callback URL.",
            setting("/callback_url", "http://127.0.0.1:1/x"),
        ),
        (
            "ends-before-it-starts",
            "A run ends before it was created.",
            setting("/completed_at", "2020-01-01T00:00:00+00:00"),
        ),
        ("never-started", "An ended run has no moment of its end.", setting("/completed_at", None)),
        (
            "lasts-for-ever",
            "A run lasted longer than the time between its moments.",
            setting("/duration_ms", 99_000_000),
        ),
        ("costs-more", "A run costs more than its price.", setting("/cost", "99.5")),
        ("costs-nothing", "A run that succeeded has no cost.", setting("/cost", None)),
        ("fails-without-a-code", "A failed run has no code.", setting("/failure_code", None)),
        ("fails-without-a-stage", "A failed run does not say at which stage.", setting("/failure_stage_code", None)),
    ),
    Saboteur(
        "calls-it-audio",
        "The record says that the result is audio.",
        "runflow",
        answering=altering(_RUN, change=setting("/output/outputs/*/type", "audio")),
        thorough=True,
    ),
    *on_operation(
        "aimlapi",
        "submit_generation",
        ("begins-generating", "The reply to a submit says that it is generating.", setting("/status", "generating")),
        (
            "other-charge-in-the-header",
            "The header with the charge has another sum.",
            header("x-aimlapi-usd-spent", "0.990000000"),
        ),
        ("no-charge-in-the-header", "The header with the charge is missing.", header("x-aimlapi-credits-used", None)),
        ("no-inference-id", "The header with the inference's id is missing.", header("x-inference-id", None)),
    ),
    *on_operation(
        "aimlapi",
        _GEN,
        ("fails-without-a-reason", "A failed generation has no error.", setting("/error", {"name": "", "message": ""})),
        ("loses-the-tracing-header", "The caller's own id does not come back.", header("x-client-request-id", None)),
        ("changes-the-tracing-header", "The caller's own id comes back changed.", header("x-client-request-id", "x.1")),
    ),
    *on_operation(
        "runninghub",
        "submit_task",
        ("begins-running", "The reply to a submit says that it is running.", setting("/status", "RUNNING")),
        ("numeric-id", "The id of a task is a number.", setting("/taskId", lambda old: int(old) if old else old)),
    ),
    *on_operation(
        "runninghub",
        _TASK,
        ("charges-more", "A task costs more than its price.", setting("/usage/thirdPartyConsumeMoney", "99.5")),
        ("charges-nothing", "A task has no price.", setting("/usage/thirdPartyConsumeMoney", None)),
        ("fails-as-nothing", "A failed task has no code.", setting("/errorCode", "")),
        (
            "fails-as-other",
            "A failed task has the code of another failure.",
            setting("/errorCode", lambda old: "1010" if old else old),
        ),
        ("calls-it-png", "The record says that the result is a PNG.", setting("/results/*/outputType", "png")),
    ),
    *on_operation(
        "runninghub",
        "start_workflow",
        (
            "old-begins-running",
            "The reply to an old submit says that it is running.",
            setting("/data/taskStatus", "RUNNING"),
        ),
    ),
    Saboteur("balance-stands", "The balance never moves.", "runflow", answering=first_again("get_balance")),
    Saboteur("aimlapi-balance-stands", "The balance never moves.", "aimlapi", answering=first_again("get_balance")),
    *on_operation(
        "runflow",
        "get_balance",
        ("balance-drifts", "The balance falls twice as fast.", setting("/balance", lambda old: str(2 * float(old)))),
    ),
    Saboteur(
        "forgets-idempotency", "An Idempotency-Key is ignored.", "runflow", answering=without_headers("idempotency-key")
    ),
    Saboteur(
        "ids-come-back",
        "Every seventh run has the id of the first.",
        "runflow",
        answering=_reused("create_run", 7, "id"),
    ),
    Saboteur(
        "generation-ids-come-back",
        "Every fifth generation has the id of the first.",
        "aimlapi",
        answering=_reused("submit_generation", 5, "id"),
    ),
    Saboteur(
        "task-ids-come-back",
        "Every fifth task has the id of the first.",
        "runninghub",
        answering=_reused("submit_task", 5, "taskId"),
    ),
    *on_operation(
        "runflow",
        "create_run",
        ("says-running", "The reply to a submit says that the run is running.", setting("/status_code", "running")),
        ("blames-nobody", "A refusal does not say what is wrong.", setting("/errors", None)),
        ("blames-elsewhere", "A refusal blames another field.", setting("/errors/*/loc", ["body", "input"])),
    ),
    *on_operation(
        "aimlapi",
        "submit_generation",
        ("hints-at-nothing", "A refusal has no hints.", setting("/error/data", None)),
        ("hints-elsewhere", "A refusal hints at another field.", setting("/error/data/*/path", ["nothing"])),
    ),
    *on_operation(
        "runninghub",
        "submit_task",
        (
            "says-invalid",
            "A refusal does not name the field.",
            setting("/errorMessage", lambda old: "invalid" if old else old),
        ),
    ),
)
