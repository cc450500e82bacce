"""Detect error responses by the contract's signs, in the status or the body."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow, Operation, pointers
from mockreel.contract.exchanges.exchange import ReceivedResponse


class ErrorDetector:
    """Recognises the error responses of one provider."""

    def __init__(self, contract: Contract) -> None:
        rows = contract.root.get("refusal", {})
        self._rows: list[Mapping[str, Any]] = list(rows) if isinstance(rows, list) else [rows]
        self._contract = contract
        self._codes = contract.conversation.codes

    def refused(self, response: ReceivedResponse) -> bool:
        """Whether a response has any of the contract's signs of an error response."""
        return any(_holds(row, response) for row in self._rows)

    def is_error(self, status: int, code: str) -> bool:
        """Whether a status and a code mean an error; under some readings an error is sent as a success."""
        response = ReceivedResponse(status, {}, b"")
        if any(_holds(row, response) for row in self._rows if "status" in row):
            return True
        others = [{str(one) for one in row.get("not", [""])} for row in self._rows if "pointer" in row]
        return bool(others) and not any(code in fine for fine in others)

    def code(self, response: ReceivedResponse) -> str | None:
        """The code of an error response, if the contract has its place."""
        for pointer in self._codes:
            value = pointers.value(response.json, pointer)
            if value is not None and value != "":
                return str(value)
        return None

    def is_row(self, response: ReceivedResponse, row: ErrorRow, operation: Operation | None, *, path: str = "") -> bool:
        """Whether a response matches an error definition: its status, and its code if the contract has its place.

        A response without a code is compared by its status; its schema decides whether a code is required.
        """
        status, code = self.expected(row, operation, path=path)
        if response.status != status or not self.refused(response):
            return False
        received = self.code(response)
        return received is None or received == code or "{" in code

    def circumstance(self, response: ReceivedResponse, operation: Operation | None) -> ErrorRow | None:
        """The definition of an error that is not about the request (no credit, too many, unavailable), or None."""
        rows = (self._contract.errors.get(row.row) for row in self._contract.scenarios.requests.values())
        return next((row for row in rows if row is not None and self._shows(response, row, operation)), None)

    def busy(self, response: ReceivedResponse, operation: Operation | None) -> bool:
        """Whether a request was rejected by a rate limit or because the service is unavailable."""
        row = self.circumstance(response, operation)
        again = self._contract.conversation.client_rules.retry
        return row is not None and again is not None and row.name in again[0]

    def retry_after(self, response: ReceivedResponse, otherwise: float) -> float:
        """The seconds after which an error response allows a retry."""
        wait = self._contract.conversation.client_rules.wait
        value = response.headers.get(wait[0].lower(), "") if wait else ""
        return float(value) if value.isdecimal() else otherwise

    def missing_text(
        self, response: ReceivedResponse, row: ErrorRow, operation: Operation | None, *, path: str = ""
    ) -> str:
        """The text of an error definition that a response lacks; empty if it has it, with any values."""
        dialect, row = self._in_dialect(row, operation, path)
        message = str(dialect.get("message", row.message))
        parts = [part for part in re.split(r"\{\w+\}|\.\.\.", message) if part]
        pattern = ".*?".join(re.escape(part) for part in parts)
        text = "\n".join(_strings(response.json)) or response.body.decode("utf-8", "replace")
        return "" if re.search(pattern, text, re.DOTALL) else message

    def _shows(self, response: ReceivedResponse, row: ErrorRow, operation: Operation | None) -> bool:
        """Whether a response certainly matches a definition: by its code, or by its text if codes are ambiguous."""
        if not self.is_row(response, row, operation):
            return False
        if self.code(response) is not None:
            return True
        same = [one for one in self._contract.errors.values() if one.status == row.status]
        return len(same) == 1 or row.message.encode() in response.body

    def expected(self, row: ErrorRow, operation: Operation | None, *, path: str = "") -> tuple[int, str]:
        """The status and the code of an error definition in the dialect of an operation or of an unknown path."""
        dialect, row = self._in_dialect(row, operation, path)
        return dialect.get("status", row.status), str(dialect.get("code", row.code))

    def _in_dialect(self, row: ErrorRow, operation: Operation | None, path: str) -> tuple[Mapping[str, Any], ErrorRow]:
        """The fields of a definition in the dialect of an operation or an unknown path, and the definition used."""
        extension = operation.raw["x-mockreel"] if operation else self._unrouted(path)
        row = self._contract.errors.get(extension.get("instead", {}).get(row.name, ""), row)
        return self._dialect_fields(row, extension.get("dialect")), row

    def _unrouted(self, path: str) -> Mapping[str, Any]:
        """The error settings of a path without an operation."""
        rows: list[Mapping[str, Any]] = self._contract.wire.get("unrouted", [])
        return next((row for row in rows if path.startswith(row["prefix"])), {})

    def _dialect_fields(self, row: ErrorRow, dialect: str | None) -> Mapping[str, Any]:
        dialects: Mapping[str, Any] = self._contract.wire.get("dialects", {})
        while dialect is not None:
            if dialect in row.fields:
                fields: Mapping[str, Any] = row.fields[dialect]
                return fields
            dialect = dialects.get(dialect, {}).get("like")
        return {}


def _holds(row: Mapping[str, Any], response: ReceivedResponse) -> bool:
    if "status" in row:
        return _compares(response.status, str(row["status"]))
    if "pointer" in row:
        value = pointers.value(response.json, row["pointer"])
        return value is not None and value not in row.get("not", ["", None])
    return False


def _compares(status: int, sign: str) -> bool:
    return status >= int(sign[2:]) if sign.startswith(">=") else str(status) == sign


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
