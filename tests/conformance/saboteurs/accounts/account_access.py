"""Saboteurs that show one account what belongs to another, or a secret after its creation."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from conformance.saboteurs.response_changes import setting
from conformance.saboteurs.saboteur import (
    Saboteur,
    altering,
    as_owner,
    change_json,
    operation_id,
)

from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_RUN, _GEN, _TASK = "get_run", "get_generation", "query_task"
_RUN, _LIST, _HISTORY = "get_run", "list_runs", "get_run_callback_history"
_NOBODYS = "00000000-0000-4000-8000-000000000000"


def _is_other(request: Request) -> bool:
    return any(name == b"authorization" and b"other" in value for name, value in request.headers)


def let_in(*operations: str) -> Callable[[], Answering]:
    """Some operations take another account for the first one."""

    def make() -> Answering:
        def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
            let = operation_id(provider, request) in operations and _is_other(request)
            return provider.answer(as_owner(provider, request) if let else request)

        return answer

    return make


def _shared_keys() -> Answering:
    """The key of a repeated request is looked up without the account."""
    remaining: dict[bytes, Response] = {}

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        key = next((value for name, value in request.headers if name == b"idempotency-key"), b"")
        response = provider.answer(request)
        if not key or not isinstance(response, Response) or response.status >= 400:
            return response
        return remaining.get(key, response) if _is_other(request) else remaining.setdefault(key, response)

    return answer


def _broken_secrets(response: Response, _: Request) -> Response:
    return (
        json_response(500, {"code": "INTERNAL_ERROR", "message": "x", "errors": None})
        if response.status == 404
        else response
    )


def _talkative() -> Answering:
    """A secret is shown whenever it is read."""
    secrets: dict[Any, Any] = {}

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if not isinstance(response, Response) or "callback-secrets" not in request.path or response.status >= 400:
            return response
        if request.method == "POST":
            body = orjson.loads(response.body)
            secrets[body["id"]] = body["plain_secret"]
            return response
        if operation_id(provider, request) != "get_callback_secret":
            return response
        return change_json(response, lambda one: {**one, "plain_secret": secrets.get(one["id"])})

    return answer


GALLERY = (
    Saboteur(
        "other-prefix",
        "A secret is listed with the beginning of another.",
        "runflow",
        answering=altering("get_callback_secret", change=setting("/key_prefix", "whsec_000000")),
    ),
    Saboteur("lends-logs", "Another account reads the logs of a run.", "runflow", answering=let_in("list_run_logs")),
    Saboteur(
        "lends-deliveries",
        "Another account reads the deliveries of a run's callback.",
        "runflow",
        answering=let_in(_HISTORY),
    ),
    Saboteur(
        "lends-redeliveries",
        "Another account has a callback sent again.",
        "runflow",
        answering=let_in("redeliver_run_callback"),
    ),
    Saboteur("lends-batches", "Another account reads a batch.", "runflow", answering=let_in("get_batch")),
    Saboteur(
        "lends-secrets",
        "Another account reads the list of secrets.",
        "runflow",
        answering=let_in("list_callback_secrets"),
    ),
    Saboteur("shares-keys", "An Idempotency-Key counts for every account.", "runflow", answering=_shared_keys),
    Saboteur(
        "one-person",
        "Every key is the same person's.",
        "runflow",
        answering=altering("get_me", change=setting("/id", _NOBODYS)),
    ),
    Saboteur(
        "breaks-at-unknown-secrets",
        "An unknown secret is an internal error.",
        "runflow",
        answering=altering("get_callback_secret", change=_broken_secrets),
    ),
    Saboteur("tells-secrets-again", "A secret is shown whenever it is read.", "runflow", answering=_talkative),
)
