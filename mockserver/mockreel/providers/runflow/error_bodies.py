"""From an error row to its response."""

import re
from collections.abc import Mapping
from typing import Any

from mockreel.contract import ErrorRow
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response
from mockreel.contract.validation import Violation, Violations
from mockreel.simulator.request_context import RequestContext

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# How much of a text that may repeat what was sent is shown.
_SHOWN = 300


def refuse(context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
    """The provider's own no."""
    code, message = str(row.code), row.message
    if "{" in message or "{" in code:
        values = {key: _display_text(value) for key, value in {**_placeholder_values(context), **error.values}.items()}
        code, message = fill(code, values), fill(message, values)
    if "body" in row.fields:
        text = fill(row.fields["body"], {"code": code, "message": message})
        return Response(row.status, text.encode(), ((b"content-type", row.fields["type"].encode()),))
    return json_response(row.status, _enveloped(context, row, code, message, error.violations))


def _placeholder_values(context: RequestContext) -> Mapping[str, object]:
    """The values of placeholders that an error does not set: from the request, or neutral ones."""
    contract = context.provider.contract
    failure = contract.failures["default"]
    sent = context.body if isinstance(context.body, dict) else {}
    requested = {name: value for name, value in {**sent, **context.params}.items() if isinstance(value, str)}
    model = (
        {"model": context.model.id}
        if context.model
        else {"model": requested["model_id"]}
        if "model_id" in requested
        else {}
    )
    request = {"method": context.request.method, "path": context.request.path}
    reason = {"code": failure.code, "message": failure.message}
    return {**contract.wire["unnamed"], **requested, **reason, **request, **model}


def _enveloped(
    context: RequestContext, row: ErrorRow, code: str, message: str, found: tuple[Violation, ...]
) -> Mapping[str, Any]:
    wire = context.provider.contract.wire
    details = _details(found, wire["body_place"]) or row.fields.get("errors")
    if details and wire["violations"] != "errors":
        return {wire["violations"]: details}
    body = envelope(code, message, details)
    for name in row.fields.get("without", ()):
        body.pop(name)
    return {"error": body} if wire["envelope"] == "nested" else body


def _details(found: tuple[Violation, ...], body_place: str) -> list[Mapping[str, Any]]:
    """The items of the envelope; violations that were found before keep theirs."""
    cached = found.cached_texts if isinstance(found, Violations) else {}
    details: list[Mapping[str, Any]] | None = cached.get("details")
    if details is None:
        details = cached["details"] = [detail(violation, body_place) for violation in found]
    return details


def envelope(code: str, message: str, errors: Any = None) -> dict[str, Any]:
    """What every error response holds."""
    return {"code": code, "message": message, "errors": errors}


def detail(violation: Violation, body_place: str) -> Mapping[str, Any]:
    """One violation as a list item of the envelope."""
    place = violation.path if violation.path[:1] == ("query",) else (body_place, *violation.path)
    return {"loc": list(place), "msg": violation.message[:_SHOWN], "type": violation.keyword}


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with its `{placeholders}` filled in; one without a value stays as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def _display_text(value: object) -> str:
    """A value as a message may repeat it: not too long, and text that UTF-8 can hold."""
    return str(value)[:_SHOWN].encode("utf-8", "replace").decode()


def invalid_query(name: str, why: str, value: Any) -> ErrorResponse:
    """The error response of one query parameter, for a reason beyond its schema."""
    return ErrorResponse("invalid-query", violations=(Violation(("query", name), name, why, value, None),))


def unknown(noun: str, row: str = "unknown-thing") -> ErrorResponse:
    """The object does not exist, or it is another account's."""
    return ErrorResponse(row, values={"noun": noun})
