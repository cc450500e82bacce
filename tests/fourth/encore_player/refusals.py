"""A refusal in Encore's words."""

from collections import defaultdict

from mockreel.contract import ErrorRow
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, json_reply


def refuse(row: ErrorRow, refused: Refused, *, bare: bool) -> Reply:
    values = defaultdict(str, {name: str(value) for name, value in refused.values.items()})
    error = {
        "code": row.code,
        "message": row.message.format_map(values),
        "at": [violation.pointer for violation in refused.violations],
    }
    return json_reply(row.status, error if bare else {"error": error})
