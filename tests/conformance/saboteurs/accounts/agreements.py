"""Saboteurs whose responses do not agree with each other: records, batches, histories, prices."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
from conformance.saboteurs.response_changes import dropping, list_body, number_json, setting
from conformance.saboteurs.saboteur import (
    Saboteur,
    altering,
    change_json,
    good,
    operation_id,
)
from conformance.saboteurs.webhooks.calls import policy

from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_RUN, _GEN, _TASK = "get_run", "get_generation", "query_task"
_RUN, _LIST, _HISTORY = "get_run", "list_runs", "get_run_callback_history"
_NOBODYS = "00000000-0000-4000-8000-000000000000"
_SOMETHING_ELSE = "01a224c6-aa39-7e6c-b458-000000000000"


def _of_each(name: str, value: Any) -> Callable[[Any], Any]:
    return lambda body: [{**one, name: value(one) if callable(value) else value} for one in body]


def _when(state: str, **fields: Any) -> Callable[[Response, Request], Response]:
    """Other fields where the record is in a state."""
    return lambda response, _: change_json(
        response, lambda body: {**body, **fields} if body.get("status_code") == state else body
    )


def _careless(change: Callable[[Any], Any]) -> Callable[[], Answering]:
    """A submit whose body is changed before it is looked at."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            if operation_id(provider, request) != "create_run" or b'"mockreel":' in request.body:
                return provider.answer(request)
            try:
                body = orjson.loads(request.body)
            except orjson.JSONDecodeError:
                return provider.answer(request)
            return good(provider, request, change(body)) if isinstance(body, dict) else provider.answer(request)

        return answer

    return make


def _no_metadata(body: Any) -> Any:
    """Metadata of any form is taken, and forgotten where it has a wrong one."""
    wrong = "metadata" in body and not isinstance(body["metadata"], dict | None)
    return {name: one for name, one in body.items() if not (wrong and name == "metadata")}


def _no_nulls() -> Answering:
    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) == "create_run" and b":null" in request.body:
            return provider.answer(replace(request, body=b'{"input":null}'))
        return provider.answer(request)

    return answer


def _lenient_poll() -> Answering:
    """A poll without an id is answered with nothing."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        asks = operation_id(provider, request) == "get_generation" and not request.query
        return (
            json_response(200, {}) if asks and isinstance(response, Response) and response.status == 400 else response
        )

    return answer


def _run(name: str, says: str, change: Callable[[Response, Request], Response]) -> Saboteur:
    return Saboteur(name, says, "runflow", answering=altering(_RUN, change=change))


def _detail(name: str, says: str, change: Callable[[Any], Any]) -> Saboteur:
    return Saboteur(name, says, "runflow", answering=altering(_HISTORY, change=list_body(change)))


GALLERY = (
    Saboteur(
        "batches-without-end",
        "A batch never ends.",
        "runflow",
        answering=altering("get_batch", change=setting("/status_code", "running")),
    ),
    Saboteur(
        "counts-nothing",
        "A batch counts none of its jobs.",
        "runflow",
        answering=altering("get_batch", change=setting("/items_succeeded", 0)),
    ),
    Saboteur(
        "loses-the-last-item",
        "The last job of a batch is missing in its list.",
        "runflow",
        answering=altering("list_batch_items", change=setting("/items", lambda old: old[:-1])),
    ),
    Saboteur(
        "logs-of-another",
        "The logs of a run are those of another.",
        "runflow",
        answering=altering("list_run_logs", change=setting("/items/*/run_id", _SOMETHING_ELSE)),
    ),
    Saboteur(
        "all-optional",
        "A model's inputs are all optional.",
        "runflow",
        answering=altering("get_model", change=setting("/inputs/*/is_required", False)),
    ),
    Saboteur(
        "nothing-is-offered",
        "Every model is inactive.",
        "runflow",
        answering=altering("get_model", change=setting("/status_code", "inactive")),
    ),
    _run("no-organization", "A record lacks the organization.", setting("/org_id", None)),
    _run("other-model", "A record names another model.", setting("/model_id", _NOBODYS)),
    _run("calls-it-a-flow", "A record says that a model's run is a flow's.", setting("/target_type", "flow")),
    _run(
        "metadata-as-texts",
        "Metadata comes back as texts.",
        setting("/metadata", lambda old: {k: str(v) for k, v in old.items()}),
    ),
    _run("metadata-cut", "Texts of metadata come back shorter.", setting("/metadata/Note", lambda old: old[:8])),
    _run(
        "fails-and-succeeds",
        "A run that succeeded has a failure.",
        _when("succeeded", failure_code="X", failure_message="x"),
    ),
    Saboteur(
        "moves-house",
        "A record has another organization each time.",
        "runflow",
        answering=number_json(
            _RUN, lambda body, number: {**body, "org_id": f"{_NOBODYS[:-4]}{number:04d}"} if "org_id" in body else body
        ),
    ),
    Saboteur(
        "charges-by-the-look",
        "What a run has cost grows each time that it is asked for.",
        "runflow",
        answering=number_json(
            _RUN, lambda body, number: {**body, "duration_ms": number} if body.get("duration_ms") else body
        ),
    ),
    Saboteur(
        "miscounts-credits",
        "The credits in the body are others than those in the header.",
        "aimlapi",
        answering=altering("submit_generation", change=setting("/meta/usage/credits_used", 1)),
    ),
    Saboteur("polls-nothing", "A poll without an id is answered.", "aimlapi", answering=_lenient_poll),
    Saboteur(
        "says-500-within",
        "An error's body has another status.",
        "aimlapi",
        answering=altering(
            "get_generation", change=setting("/status", lambda old: 500 if isinstance(old, int) else old)
        ),
    ),
    Saboteur("takes-any-metadata", "Metadata of any form is taken.", "runflow", answering=_careless(_no_metadata)),
    Saboteur("refuses-null", "A field that may be null is refused as null.", "runflow", answering=_no_nulls),
    _detail("forgets-deliveries", "Nothing is kept of a callback.", lambda _: []),
    _detail(
        "forgets-attempts", "One attempt is kept of several.", _of_each("attempts", lambda one: one["attempts"][:1])
    ),
    _detail("always-pending", "A delivery is never over.", _of_each("status_code", "pending")),
    _detail("may-try-more", "A delivery says that there may be more attempts.", _of_each("max_attempts", 9)),
    Saboteur(
        "prices-in-euros",
        "Prices are listed in another currency.",
        "runflow",
        answering=altering("list_model_prices", change=setting("/items/*/currency_code", "EUR")),
    ),
    Saboteur(
        "prices-doubled",
        "Prices are listed twice as high.",
        "runflow",
        answering=altering("list_model_prices", change=setting("/items/*/price", lambda old: str(2 * float(old)))),
    ),
    Saboteur(
        "two-balances",
        "Two operations tell two balances.",
        "runflow",
        answering=altering("list_credit_balances", change=setting("/items/*/balance", "1")),
    ),
    Saboteur(
        "no-client-id",
        "A task has no clientId.",
        "runninghub",
        answering=altering("query_task", change=dropping("clientId")),
    ),
    Saboteur(
        "retries-on-client-errors",
        "A callback that is answered with 400 or 408 is tried again.",
        "runflow",
        policy(retry_statuses=("5xx", "400", "408")),
    ),
    Saboteur(
        "gives-up-on-gateways",
        "A callback that is answered with 502 or 504 is not tried again.",
        "runflow",
        policy(retry_statuses=("500", "503")),
    ),
    Saboteur(
        "takes-only-200",
        "A callback that is answered with 201 or 202 is tried again.",
        "runflow",
        policy(success=("200", "204"), retry_statuses=("5xx", "201", "202")),
    ),
)
