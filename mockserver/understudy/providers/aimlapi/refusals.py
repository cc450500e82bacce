"""The provider's no: an error row in the envelope of the chosen reading, with a hint for each violation."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from understudy import draws
from understudy.call import Call, Refused
from understudy.contract import ErrorRow
from understudy.messages import Reply, json_reply
from understudy.providers.aimlapi.hints import Hint, hint
from understudy.providers.aimlapi.state import State
from understudy.providers.aimlapi.tracing import Headers
from understudy.providers.aimlapi.wire import fill, moment
from understudy.validation import Violation


def refuse(call: Call, row: ErrorRow, refused: Refused) -> Reply:
    """The reply that says no."""
    drawn = call.part.draw("request", call.part.count("request"))
    message = _message(call, row, refused, request_id=draws.nanoid(drawn))
    if "media" in row.fields:
        return Reply(row.status, message.encode(), ((b"content-type", row.fields["media"].encode()),))
    wire = call.part.contract.wire
    hints = [hint(wire, violation) for violation in _violations(call, row, refused)]
    words = _place(call, row) | _ids(drawn) | _content(row, message, hints)
    body = fill(wire["envelopes"][wire["envelope"]], words)
    return json_reply(row.status, body, headers=_headers(call))


def _message(call: Call, row: ErrorRow, refused: Refused, *, request_id: str) -> str:
    values = {"method": call.request.method, "path": call.request.path, "request_id": request_id, **refused.values}
    return row.message.format_map(defaultdict(str, values))


def _violations(call: Call, row: ErrorRow, refused: Refused) -> tuple[Violation, ...]:
    """What was wrong; where no schema found it, the row says what the hint is about."""
    own = row.fields.get("violation")
    if refused.violations or own is None:
        return refused.violations
    known = sorted(call.part.contract.names)
    return (Violation(tuple(own["path"]), own["keyword"], row.message, refused.values.get("model"), known),)


def _place(call: Call, row: ErrorRow) -> dict[str, Any]:
    """The words for what was asked, and when."""
    wire = call.part.contract.wire
    query = call.request.query.decode("latin-1")
    return {
        "$status": row.status,
        "$status_text": str(row.status),
        "$title": wire["titles"].get(str(row.status), ""),
        "$path": call.request.path,
        "$instance": wire["instance"].format(path=call.request.path, query=query),
        "$timestamp": moment(call.now),
    }


def _ids(drawn: bytes) -> dict[str, str]:
    return {"$request_id": draws.nanoid(drawn), "$request_uuid": draws.uuid4(drawn)}


def _content(row: ErrorRow, message: str, hints: list[Hint]) -> dict[str, Any]:
    """The words for what is said; without hints or a kind there is no data."""
    kind: Mapping[str, Any] = {"$data": {"kind": row.fields["kind"]}} if "kind" in row.fields else {}
    data = {"$data": [found.issue for found in hints]} if hints else kind
    lines = "\n".join((message, *(found.message for found in hints)))
    return {"$message": message, "$message_and_hints": lines, "$name": row.fields.get("name"), **data}


def _headers(call: Call) -> Headers:
    """The tracing headers; only a poll's refusal names an inference, the one that was asked for, if it can be one."""
    state: State = call.part.state
    operation = call.known_operation
    line = state.lines[operation.id] if operation else None
    if line is None or not line.traced:
        return ()
    return state.tracing.headers(call.request, call.query.get(line.parameter) if line.parameter else None)
