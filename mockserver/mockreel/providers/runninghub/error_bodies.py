"""From an error row to its response, in the dialect of the requested operation."""

import re
from collections.abc import Mapping
from typing import Any

from mockreel.contract import ErrorRow
from mockreel.contract.data.parser import value_text
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response
from mockreel.contract.validation import Step, Violation
from mockreel.providers.runninghub.dialects import Dialect
from mockreel.providers.runninghub.state import state_of
from mockreel.simulator.request_context import RequestContext

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# How much of a wrong value is repeated.
_SHOWN = 200


def refuse(context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
    """The provider's own no."""
    dialect = state_of(context.provider).dialects.speaking(context.known_operation, context.request.path)
    row = context.provider.contract.errors[_settings(context).get("instead", {}).get(row.name, row.name)]
    words = row_words(row, dialect)
    text = fill(words["message"], {**error.values, "violation": _complaint(context, dialect, error)})
    more = dict(words.get("more", {})) | ({"data": words["data"]} if "data" in words else {})
    if "data" in error.values:
        more["data"] = error.values["data"]
    return json_response(words["status"], dialect.refuses(words["code"], text) | more)


def row_words(row: ErrorRow, dialect: Dialect) -> Mapping[str, Any]:
    """Status, code and message of a row in a dialect; its `fields` may have them for each dialect."""
    own: Mapping[str, Any] = next((row.fields[name] for name in dialect.names if name in row.fields), {})
    return {"status": row.status, "code": row.code, "message": row.message, **own}


def fill(text: str, values: Mapping[str, object]) -> str:
    """A text with its `{placeholders}` filled in; one without a value stays as it is."""
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)


def _settings(context: RequestContext) -> Mapping[str, Any]:
    """The operation's own `x-mockreel`; empty without an operation."""
    operation = context.known_operation
    return operation.raw["x-mockreel"] if operation else {}


def _complaint(context: RequestContext, dialect: Dialect, error: ErrorResponse) -> str:
    """The first violation in RunningHub's words; its responses have no place for the others."""
    if not error.violations:
        return ""
    first = error.violations[0]
    tables = context.provider.contract.wire["violations"]
    rows = [*_settings(context).get("violations", ()), *next(tables[name] for name in dialect.names if name in tables)]
    message = next((row["message"] for row in rows if _fits(row, first)), first.message)
    return fill(message, {"field": field_name(first.path), "value": _display_text(first.value)})


def _fits(row: Mapping[str, Any], violation: Violation) -> bool:
    if row.get("at") == "root" and violation.path:
        return False
    if "keyword" in row and row["keyword"] != violation.keyword:
        return False
    return "value" not in row or row["value"] == violation.value


def field_name(path: tuple[Step, ...]) -> str:
    """A path as RunningHub writes it: `refImages[0].url`."""
    name = ""
    for step in path[1:] if path[:1] == ("query",) else path:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name


def _display_text(value: Any) -> str:
    text = value_text(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
