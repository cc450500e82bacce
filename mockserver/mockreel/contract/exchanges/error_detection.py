"""Was this a no? The contract says how its provider refuses, by status or by body; nothing here knows a code."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow, Operation
from mockreel.contract.exchanges.exchange import Told, first


class Refusals:
    """How one provider says no."""

    def __init__(self, contract: Contract) -> None:
        rows = contract.root.get("refusal", {})
        self._rows: list[Mapping[str, Any]] = list(rows) if isinstance(rows, list) else [rows]
        self._contract = contract
        self._codes = contract.conversation.codes

    def refused(self, told: Told) -> bool:
        """Whether any of the contract's signs of a refusal is in a reply."""
        return any(_holds(row, told) for row in self._rows)

    def code(self, told: Told) -> str | None:
        """The code of a refusal, where the contract names its place."""
        for pointer in self._codes:
            value = first(told.json, pointer)
            if value is not None and value != "":
                return str(value)
        return None

    def is_row(self, told: Told, row: ErrorRow, operation: Operation | None, *, path: str = "") -> bool:
        """Whether a reply is this row: its status, and its code where the contract names the place of codes.

        A reply without a code is compared by its status; whether it should have one, its schema says.
        """
        status, code = self.expected(row, operation, path=path)
        if told.status != status or not self.refused(told):
            return False
        shown = self.code(told)
        return shown is None or shown == code

    def expected(self, row: ErrorRow, operation: Operation | None, *, path: str = "") -> tuple[int, str]:
        """The status and the code with which an operation (or a path that has none) shows a row in its dialect."""
        own = operation.raw["x-mockreel"] if operation else self._unrouted(path)
        row = self._contract.errors.get(own.get("instead", {}).get(row.name, ""), row)
        shown = self._shown(row, own.get("dialect"))
        return shown.get("status", row.status), str(shown.get("code", row.code))

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


def _holds(row: Mapping[str, Any], told: Told) -> bool:
    if "status" in row:
        return _compares(told.status, str(row["status"]))
    if "pointer" in row:
        value = first(told.json, row["pointer"])
        return value is not None and value not in row.get("not", ["", None])
    return False


def _compares(status: int, wanted: str) -> bool:
    return status >= int(wanted[2:]) if wanted.startswith(">=") else str(status) == wanted
