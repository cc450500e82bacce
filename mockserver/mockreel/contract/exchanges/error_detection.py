"""Was this a no? The contract says how its provider refuses, by status or by body; nothing here knows a code."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow, Operation, pointers
from mockreel.contract.exchanges.exchange import ReceivedResponse


class ErrorDetector:
    """How one provider says no."""

    def __init__(self, contract: Contract) -> None:
        rows = contract.root.get("refusal", {})
        self._rows: list[Mapping[str, Any]] = list(rows) if isinstance(rows, list) else [rows]
        self._contract = contract
        self._codes = contract.conversation.codes

    def refused(self, response: ReceivedResponse) -> bool:
        """Whether any of the contract's signs of an error response is in a response."""
        return any(_holds(row, response) for row in self._rows)

    def is_refusal(self, status: int, code: str) -> bool:
        """Whether a status and a code are a no; under some readings a row is told as no error response at all."""
        response = ReceivedResponse(status, {}, b"")
        if any(_holds(row, response) for row in self._rows if "status" in row):
            return True
        others = [{str(one) for one in row.get("not", [""])} for row in self._rows if "pointer" in row]
        return bool(others) and not any(code in fine for fine in others)

    def code(self, response: ReceivedResponse) -> str | None:
        """The code of an error response, where the contract names its place."""
        for pointer in self._codes:
            value = pointers.value(response.json, pointer)
            if value is not None and value != "":
                return str(value)
        return None

    def is_row(self, response: ReceivedResponse, row: ErrorRow, operation: Operation | None, *, path: str = "") -> bool:
        """Whether a response is this row: its status, and its code where the contract names the place of codes.

        A response without a code is compared by its status; whether it should have one, its schema says.
        """
        status, code = self.expected(row, operation, path=path)
        if response.status != status or not self.refused(response):
            return False
        shown = self.code(response)
        return shown is None or shown == code or "{" in code

    def circumstance(self, response: ReceivedResponse, operation: Operation | None) -> ErrorRow | None:
        """The row of an error that says nothing of the request: out of credit, too many, not available; or None."""
        rows = (self._contract.errors.get(row.row) for row in self._contract.scenarios.requests.values())
        return next((row for row in rows if row is not None and self._shows(response, row, operation)), None)

    def busy(self, response: ReceivedResponse, operation: Operation | None) -> bool:
        """Whether a request was refused for being one too many, or because the service is not there now."""
        row = self.circumstance(response, operation)
        again = self._contract.conversation.client_rules.retry
        return row is not None and again is not None and row.name in again[0]

    def retry_after(self, response: ReceivedResponse, otherwise: float) -> float:
        """After how many seconds an error response says that a request may be sent again."""
        wait = self._contract.conversation.client_rules.wait
        value = response.headers.get(wait[0].lower(), "") if wait else ""
        return float(value) if value.isdecimal() else otherwise

    def unsaid(self, response: ReceivedResponse, row: ErrorRow, operation: Operation | None, *, path: str = "") -> str:
        """The text of a row that a response lacks; empty where it has it, whatever stands in its gaps."""
        shown, row = self._spoken(row, operation, path)
        message = str(shown.get("message", row.message))
        parts = [part for part in re.split(r"\{\w+\}|\.\.\.", message) if part]
        pattern = ".*?".join(re.escape(part) for part in parts)
        said = "\n".join(_strings(response.json)) or response.body.decode("utf-8", "replace")
        return "" if re.search(pattern, said, re.DOTALL) else message

    def _shows(self, response: ReceivedResponse, row: ErrorRow, operation: Operation | None) -> bool:
        """Whether a response is a row beyond doubt: where no code tells rows of one status apart, its text must."""
        if not self.is_row(response, row, operation):
            return False
        if self.code(response) is not None:
            return True
        same = [one for one in self._contract.errors.values() if one.status == row.status]
        return len(same) == 1 or row.message.encode() in response.body

    def expected(self, row: ErrorRow, operation: Operation | None, *, path: str = "") -> tuple[int, str]:
        """The status and the code with which an operation (or a path that has none) shows a row in its dialect."""
        shown, row = self._spoken(row, operation, path)
        return shown.get("status", row.status), str(shown.get("code", row.code))

    def _spoken(self, row: ErrorRow, operation: Operation | None, path: str) -> tuple[Mapping[str, Any], ErrorRow]:
        """What an operation (or a path that has none) shows of a row in its dialect, and the row that it shows."""
        own = operation.raw["x-mockreel"] if operation else self._unrouted(path)
        row = self._contract.errors.get(own.get("instead", {}).get(row.name, ""), row)
        return self._shown(row, own.get("dialect")), row

    def _unrouted(self, path: str) -> Mapping[str, Any]:
        """How a path that no operation has is answered."""
        rows: list[Mapping[str, Any]] = self._contract.wire.get("unrouted", [])
        return next((row for row in rows if path.startswith(row["prefix"])), {})

    def _shown(self, row: ErrorRow, dialect: str | None) -> Mapping[str, Any]:
        dialects: Mapping[str, Any] = self._contract.wire.get("dialects", {})
        while dialect is not None:
            if dialect in row.fields:
                shown: Mapping[str, Any] = row.fields[dialect]
                return shown
            dialect = dialects.get(dialect, {}).get("like")
        return {}


def _holds(row: Mapping[str, Any], response: ReceivedResponse) -> bool:
    if "status" in row:
        return _compares(response.status, str(row["status"]))
    if "pointer" in row:
        value = pointers.value(response.json, row["pointer"])
        return value is not None and value not in row.get("not", ["", None])
    return False


def _compares(status: int, wanted: str) -> bool:
    return status >= int(wanted[2:]) if wanted.startswith(">=") else str(status) == wanted


def _strings(value: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
