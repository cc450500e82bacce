"""The provider's no: an error row in the envelope of the chosen reading, with a hint for each violation."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from mockreel.contract import ErrorRow
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.key_location import field_of
from mockreel.contract.messages.message import Reply, json_reply
from mockreel.contract.validation import Violation
from mockreel.engine import randomness
from mockreel.providers.aimlapi.responses import moment
from mockreel.providers.aimlapi.state import State
from mockreel.providers.aimlapi.trace_headers import Headers
from mockreel.providers.aimlapi.validation_hints import Hint
from mockreel.simulator.context import Call


def refuse(call: Call, row: ErrorRow, refused: Refused) -> Reply:
    """The reply that says no."""
    state: State = call.part.state
    if refused.values.get("model") in state.withdrawn:
        row = call.part.contract.errors[call.part.contract.wire["deprecations"]["refusal"]]
    ids = _ids(call) if state.numbered or "{request" in row.message else {}
    message = row.message.format_map(_values(call, refused, ids))
    if "media" in row.fields:
        return Reply(row.status, message.encode(), ((b"content-type", row.fields["media"].encode()),))
    hints = [state.hints.hint(violation) for violation in _violations(call, row, refused)]
    body = state.envelope({**ids, **_place(call, row), **_content(row, message, hints)})
    return json_reply(row.status, body, headers=_headers(call, state))


def _ids(call: Call) -> dict[str, str]:
    """The id of this request, in both of its forms."""
    drawn = call.part.draw("request", call.part.count("request"))
    return {"request_id": randomness.nanoid(drawn), "request_uuid": randomness.uuid4(drawn)}


def _values(call: Call, refused: Refused, ids: Mapping[str, str]) -> Mapping[str, object]:
    """What a message's placeholders stand for; one that a refusal does not know is empty."""
    return defaultdict(str, {"method": call.request.method, "path": call.request.path, **ids, **refused.values})


def _violations(call: Call, row: ErrorRow, refused: Refused) -> tuple[Violation, ...]:
    """What was wrong; where no schema found it, the row says what the hint is about."""
    own = row.fields.get("violation")
    if refused.violations or own is None:
        return refused.violations
    sent = refused.values.get("model", _model(call))
    known = sorted(name for name in _models(call) if name != sent)
    return (Violation(tuple(own["path"]), own["keyword"], row.message, sent, known),)


def _model(call: Call) -> Any:
    """What the request names as its model, where its operation takes one."""
    operation = call.known_operation
    return field_of(call.body, operation.model.name) if operation and operation.model else None


def _models(call: Call) -> Iterable[str]:
    """The models that may be named where the request went."""
    operation, contract = call.known_operation, call.part.contract
    return contract.names_at.get(operation.id, contract.names) if operation else contract.names


def _place(call: Call, row: ErrorRow) -> dict[str, Any]:
    """The words for what was asked, and when."""
    wire = call.part.contract.wire
    query = call.request.query.decode("latin-1")
    return {
        "status": row.status,
        "status_text": str(row.status),
        "title": wire["titles"].get(str(row.status), ""),
        "path": call.request.path,
        "instance": wire["instance"].format(path=call.request.path, query=query),
        "timestamp": moment(call.now),
    }


def _content(row: ErrorRow, message: str, hints: list[Hint]) -> dict[str, Any]:
    """The words for what is said; without hints or a kind there is no data."""
    kind: Mapping[str, Any] = {"data": {"kind": row.fields["kind"]}} if "kind" in row.fields else {}
    data = {"data": [found.issue for found in hints]} if hints else kind
    lines = "\n".join((message, *(found.message for found in hints)))
    return {"message": message, "message_and_hints": lines, "name": row.fields.get("name"), **data}


def _headers(call: Call, state: State) -> Headers:
    """The tracing headers; only a poll's refusal names an inference, the one that was asked for, if it can be one."""
    operation = call.known_operation
    line = state.lines[operation.id] if operation else None
    if line is None or not line.traced:
        return ()
    return state.tracing.headers(call.request, call.query.get(line.parameter) if line.parameter else None)
