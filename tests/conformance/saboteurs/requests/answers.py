"""Saboteurs that answer in the wrong way."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from conformance.saboteurs.saboteur import Saboteur, altering, as_owner, change_json, operation_id

from mockreel.contract.messages.message import Request, Response, json_response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider


def _dropping(name: str) -> Any:
    return lambda reply, _: change_json(reply, lambda body: {key: value for key, value in body.items() if key != name})


def _foreign_envelope(response: Response, _: Request) -> Response:
    if response.status < 400:
        return response
    return replace(json_response(response.status, {"title": "No", "status": response.status, "detail": "no"}))


def _friendly(response: Response, _: Request) -> Response:
    return replace(response, status=200) if response.status == 401 else response


def _toothless(response: Response, _: Request) -> Response:
    """An error response whose body does not refuse."""
    return change_json(
        response, lambda body: {**body, "errorCode": "", "errorMessage": ""} if body.get("errorCode") else body
    )


def _open_door() -> Answering:
    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        named = any(name == b"authorization" for name, _ in request.headers)
        return provider.answer(request if named else as_owner(provider, request))

    return answer


def _any_key() -> Answering:
    return lambda provider, request: provider.answer(as_owner(provider, request))


def _everyone_admin() -> Answering:
    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        if operation_id(provider, request) == "cancel_run":
            headers = [(name, value.replace(b"rf_live_", b"rf_svc_")) for name, value in request.headers]
            return provider.answer(replace(request, headers=headers))
        return provider.answer(request)

    return answer


def _peeking() -> Answering:
    """Polls are answered whoever asks."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        polls = operation_id(provider, request) == "get_run"
        has_other_key = any(name == b"authorization" and b"other" in value for name, value in request.headers)
        return provider.answer(as_owner(provider, request) if polls and has_other_key else request)

    return answer


def _any_method() -> Answering:
    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        return json_response(200, {}) if request.method == "TRACE" else provider.answer(request)

    return answer


def _any_path() -> Answering:
    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        return (
            json_response(200, {}) if provider.contract.router.find(request.path) is None else provider.answer(request)
        )

    return answer


def _recode(response: Response, _: Request) -> Response:
    return change_json(
        response, lambda body: {**body, "code": "NOT_FOUND"} if body.get("code") == "RUN_NOT_FOUND" else body
    )


def _overloaded(response: Response, _: Request) -> Response:
    return (
        json_response(500, {"code": "INTERNAL_ERROR", "message": "x", "errors": None})
        if response.status == 404
        else response
    )


def _html(response: Response, _: Request) -> Response:
    return replace(response, headers=((b"content-type", b"text/html"),))


def _accepted(response: Response, _: Request) -> Response:
    return replace(response, status=202) if response.status == 201 else response


GALLERY = (
    Saboteur(
        "misses-a-field",
        "The reply to a poll lacks a required field.",
        "aimlapi",
        answering=altering("get_generation", change=_dropping("status")),
    ),
    Saboteur(
        "anothers-envelope",
        "Refusals come in another provider's envelope.",
        "runflow",
        answering=altering(change=_foreign_envelope),
    ),
    Saboteur(
        "200-for-401", "A missing key is told with the status 200.", "aimlapi", answering=altering(change=_friendly)
    ),
    Saboteur(
        "refuses-without-refusing",
        "A refusal's body has no code, so that it is none.",
        "runninghub",
        answering=altering("submit_task", "query_task", "run_app", change=_toothless),
    ),
    Saboteur("open-door", "No key is as good as one.", "runflow", answering=_open_door),
    Saboteur("any-key", "Any key opens the first account.", "aimlapi", answering=_any_key),
    Saboteur("everyone-is-admin", "What only admins may do, anybody may.", "runflow", answering=_everyone_admin),
    Saboteur("glass-walls", "An account sees the jobs of another.", "runflow", answering=_peeking),
    Saboteur("any-method", "A method that a path does not have is taken.", "runflow", answering=_any_method),
    Saboteur("any-path", "A path that does not exist is answered.", "aimlapi", answering=_any_path),
    Saboteur("wrong-code", "An unknown run is told with another code.", "runflow", answering=altering(change=_recode)),
    Saboteur("500-for-404", "An unknown run is an internal error.", "runflow", answering=altering(change=_overloaded)),
    Saboteur(
        "html",
        "Replies say that they are HTML.",
        "aimlapi",
        answering=altering("list_models", "get_balance", "get_generation", change=_html),
    ),
    Saboteur(
        "202",
        "A submit is answered with a status that is not documented.",
        "runflow",
        answering=altering("create_run", change=_accepted),
    ),
)
