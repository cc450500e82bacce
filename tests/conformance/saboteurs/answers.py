"""Saboteurs that answer in the wrong way."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from conformance.saboteurs.saboteur import Saboteur, altering, as_owner, changed, operation_id

from mockreel.contract.messages.message import Reply, Request, json_reply
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Part


def _dropping(name: str) -> Any:
    return lambda reply, _: changed(reply, lambda body: {key: value for key, value in body.items() if key != name})


def _foreign_envelope(reply: Reply, _: Request) -> Reply:
    if reply.status < 400:
        return reply
    return replace(json_reply(reply.status, {"title": "No", "status": reply.status, "detail": "no"}))


def _friendly(reply: Reply, _: Request) -> Reply:
    return replace(reply, status=200) if reply.status == 401 else reply


def _toothless(reply: Reply, _: Request) -> Reply:
    """A refusal whose body does not refuse."""
    return changed(reply, lambda body: {**body, "errorCode": "", "errorMessage": ""} if body.get("errorCode") else body)


def _open_door() -> Answering:
    def answer(part: Part, request: Request) -> Reply | Awaitable[Reply]:
        named = any(name == b"authorization" for name, _ in request.headers)
        return part.answer(request if named else as_owner(part, request))

    return answer


def _any_key() -> Answering:
    return lambda part, request: part.answer(as_owner(part, request))


def _everyone_admin() -> Answering:
    def answer(part: Part, request: Request) -> Reply | Awaitable[Reply]:
        if operation_id(part, request) == "cancel_run":
            headers = [(name, value.replace(b"rf_live_", b"rf_svc_")) for name, value in request.headers]
            return part.answer(replace(request, headers=headers))
        return part.answer(request)

    return answer


def _peeking() -> Answering:
    """Polls are answered whoever asks."""

    def answer(part: Part, request: Request) -> Reply | Awaitable[Reply]:
        polls = operation_id(part, request) == "get_run"
        asked = any(name == b"authorization" and b"other" in value for name, value in request.headers)
        return part.answer(as_owner(part, request) if polls and asked else request)

    return answer


def _any_method() -> Answering:
    def answer(part: Part, request: Request) -> Reply | Awaitable[Reply]:
        return json_reply(200, {}) if request.method == "TRACE" else part.answer(request)

    return answer


def _any_path() -> Answering:
    def answer(part: Part, request: Request) -> Reply | Awaitable[Reply]:
        return json_reply(200, {}) if part.contract.router.find(request.path) is None else part.answer(request)

    return answer


def _recode(reply: Reply, _: Request) -> Reply:
    return changed(reply, lambda body: {**body, "code": "NOT_FOUND"} if body.get("code") == "RUN_NOT_FOUND" else body)


def _overloaded(reply: Reply, _: Request) -> Reply:
    return json_reply(500, {"code": "INTERNAL_ERROR", "message": "x", "errors": None}) if reply.status == 404 else reply


def _html(reply: Reply, _: Request) -> Reply:
    return replace(reply, headers=((b"content-type", b"text/html"),))


def _accepted(reply: Reply, _: Request) -> Reply:
    return replace(reply, status=202) if reply.status == 201 else reply


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
