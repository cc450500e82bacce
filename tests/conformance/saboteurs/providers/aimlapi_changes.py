"""Saboteurs that a later change at AI/ML API could make: cursors, ranges, tags, moments, types, the oldest routes."""

from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from conformance.saboteurs.accounts.account_access import let_in
from conformance.saboteurs.request_changes import answer_with
from conformance.saboteurs.response_changes import setting
from conformance.saboteurs.saboteur import Saboteur, altering, change_json, good

from mockreel.contract.messages.body import read_query
from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.in_process.mock_target import Answering
from mockreel.simulator.provider import Provider

_PROVIDER = "aimlapi"
_EMPTY = {"data": [], "pagination": {"next_cursor": None, "has_more": False}}


def _cursor_once() -> Answering:
    """A cursor leads on once; who follows it again finds nothing."""
    used: set[str] = set()

    def change(response: Response, request: Request) -> Response:
        cursor = read_query(request.query).get("cursor")
        if not cursor or response.status != 200:
            return response
        again = cursor in used
        used.add(cursor)
        return change_json(response, lambda _: _EMPTY) if again else response

    return altering("list_transactions", change=change)()


def _ranged_from_nought() -> Answering:
    """A range of a result has as many bytes as were asked for, from the beginning of the file."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if not isinstance(response, Response) or response.status != 206:
            return response
        whole = provider.answer(replace(request, headers=[p for p in request.headers if p[0] != b"range"]))
        assert isinstance(whole, Response)
        return replace(response, body=whole.body[: len(response.body)])

    return answer


def _in_cents(response: Response, request: Request) -> Response:
    headers = tuple(
        (name, b"%.2f" % float(value) if name == b"x-aimlapi-usd-spent" else value) for name, value in response.headers
    )
    return setting("/meta/usage/usd_spent", lambda old: round(old, 2))(replace(response, headers=headers), request)


def _any_tag() -> Answering:
    """Whoever names any tag is told that nothing has changed."""

    def answer(provider: Provider, request: Request) -> Response | Awaitable[Response]:
        response = provider.answer(request)
        if not isinstance(response, Response) or b"if-none-match" not in dict(request.headers):
            return response
        tagged = b"etag" in dict(response.headers) and response.status == 200
        return replace(response, status=304, body=b"") if tagged else response

    return answer


def _in_moscow(moment: str) -> str:
    then = datetime.fromisoformat(moment.replace("Z", "+00:00")) + timedelta(hours=3)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _numbers_for_texts(provider: Provider, request: Request) -> Response | Awaitable[Response]:
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        return provider.answer(request)
    if not isinstance(body, dict) or type(body.get("prompt")) not in (int, float, bool):
        return provider.answer(request)
    return good(provider, request, {**body, "prompt": str(body["prompt"])})


def _filmed_failure(body: Any) -> Any:
    url = f"http://mock.test/_mockreel/media/{body.get('id')}.mp4"
    return {**body, "video": {"url": url}} if body.get("status") == "error" else body


GALLERY = (
    Saboteur(
        "cursor-once", "A cursor leads on once; followed again, it finds nothing.", _PROVIDER, answering=_cursor_once
    ),
    Saboteur(
        "ranges-from-nought",
        "Any range of a result begins with its first byte.",
        _PROVIDER,
        answering=_ranged_from_nought,
    ),
    Saboteur(
        "charges-in-cents",
        "What a generation costs is told in whole cents.",
        _PROVIDER,
        answering=altering(change=_in_cents),
    ),
    Saboteur("any-tag", "Any tag is taken for that of the list as it is.", _PROVIDER, answering=_any_tag),
    Saboteur(
        "older-glass-walls",
        "An account sees the generations of another on an older route.",
        _PROVIDER,
        answering=let_in("get_kling_generation"),
    ),
    Saboteur(
        "transactions-of-moscow",
        "The moments of transactions are three hours ahead.",
        _PROVIDER,
        answering=altering("list_transactions", change=setting("/data/*/created_at", _in_moscow)),
    ),
    Saboteur(
        "numbers-for-texts",
        "A number is taken where a text belongs.",
        _PROVIDER,
        answering=answer_with("submit_generation", _numbers_for_texts),
        thorough=True,
    ),
    Saboteur(
        "films-failures",
        "A generation that failed has a result.",
        _PROVIDER,
        answering=altering("get_generation", change=lambda response, _: change_json(response, _filmed_failure)),
    ),
)
