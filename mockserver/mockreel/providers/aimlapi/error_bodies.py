"""The provider's no: an error row in the envelope of the chosen reading, with a hint for each violation."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from mockreel.contract import ErrorRow
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.key_location import field_of
from mockreel.contract.messages.message import Response, json_response
from mockreel.contract.validation import Violation
from mockreel.engine import randomness
from mockreel.providers.aimlapi.responses import moment
from mockreel.providers.aimlapi.state import State
from mockreel.providers.aimlapi.trace_headers import Headers
from mockreel.providers.aimlapi.validation_hints import Hint
from mockreel.simulator.request_context import RequestContext


def refuse(context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
    """An error response."""
    state: State = context.provider.state
    if error.values.get("model") in state.withdrawn:
        row = context.provider.contract.errors[context.provider.contract.wire["deprecations"]["refusal"]]
    ids = _ids(context) if state.numbered or "{request" in row.message else {}
    message = row.message.format_map(_values(context, error, ids))
    if "media" in row.fields:
        return Response(row.status, message.encode(), ((b"content-type", row.fields["media"].encode()),))
    hints = state.hints.all(_violations(context, row, error))
    body = state.envelope({**ids, **_place(context, row), **_content(row, message, hints)})
    return json_response(row.status, body, headers=_headers(context, state))


def _ids(context: RequestContext) -> dict[str, str]:
    """The id of this request, in both of its forms."""
    drawn = context.provider.draw("request", context.provider.count("request"))
    return {"request_id": randomness.nanoid(drawn), "request_uuid": randomness.uuid4(drawn)}


def _values(context: RequestContext, error: ErrorResponse, ids: Mapping[str, str]) -> Mapping[str, object]:
    """The values of a message's placeholders; one that an error response does not have is empty."""
    return defaultdict(str, {"method": context.request.method, "path": context.request.path, **ids, **error.values})


def _violations(context: RequestContext, row: ErrorRow, error: ErrorResponse) -> tuple[Violation, ...]:
    """The violations; without a schema error, the row has the place of the hint."""
    own = row.fields.get("violation")
    if error.violations or own is None:
        return error.violations
    sent = error.values.get("model", _model(context))
    known = sorted(name for name in _models(context) if name != sent)
    return (Violation(tuple(own["path"]), own["keyword"], row.message, sent, known),)


def _model(context: RequestContext) -> Any:
    """What the request names as its model, where its operation takes one."""
    operation = context.known_operation
    return field_of(context.body, operation.model.name) if operation and operation.model else None


def _models(context: RequestContext) -> Iterable[str]:
    """The models that may be named where the request went."""
    operation, contract = context.known_operation, context.provider.contract
    if operation is None:
        return contract.names
    return {*contract.names_at.get(operation.id, contract.names), *operation.own_models}


def _place(context: RequestContext, row: ErrorRow) -> dict[str, Any]:
    """The values for the request and its time."""
    wire = context.provider.contract.wire
    query = context.request.query.decode("latin-1")
    return {
        "status": row.status,
        "status_text": str(row.status),
        "title": wire["titles"].get(str(row.status), ""),
        "path": context.request.path,
        "instance": wire["instance"].format(path=context.request.path, query=query),
        "timestamp": moment(context.now),
    }


def _content(row: ErrorRow, message: str, hints: list[Hint]) -> dict[str, Any]:
    """The values for a message; without hints or a kind there is no data."""
    kind: Mapping[str, Any] = {"data": {"kind": row.fields["kind"]}} if "kind" in row.fields else {}
    data = {"data": [found.issue for found in hints]} if hints else kind
    lines = "\n".join((message, *(found.message for found in hints)))
    return {"message": message, "message_and_hints": lines, "name": row.fields.get("name"), **data}


def _headers(context: RequestContext, state: State) -> Headers:
    """The tracing headers; only a poll's error names an inference, the requested one, if it can be one."""
    operation = context.known_operation
    line = state.lines[operation.id] if operation else None
    if line is None or not line.traced:
        return ()
    return state.tracing.headers(context.request, context.query.get(line.parameter) if line.parameter else None)
