"""An error response in Encore's words."""

from collections import defaultdict

from mockreel.contract import ErrorRow
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response


def refuse(row: ErrorRow, error_response: ErrorResponse, *, bare: bool) -> Response:
    values = defaultdict(str, {name: str(value) for name, value in error_response.values.items()})
    error = {
        "code": row.code,
        "message": row.message.format_map(values),
        "at": [violation.pointer for violation in error_response.violations],
    }
    return json_response(row.status, error if bare else {"error": error})
