"""Drift of recorded errors and failures: codes that no row has, statuses and texts that its row does not have."""

import re
from collections.abc import Iterator
from typing import Any

from mockreel.client.flows import Core
from mockreel.contract import Contract, ErrorRow, Operation
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.pointers import text
from mockreel.drift.finding import NOTHING, Finding
from mockreel.drift.recorded.recorded_exchange import Recorded


class RefusalJudge:
    """Compares error responses and failures with one contract's rows."""

    def __init__(self, contract: Contract, core: Core) -> None:
        self._contract = contract
        self._core = core
        self._error_detector = ErrorDetector(contract)

    def drift(self, recorded: Recorded) -> Iterator[Finding]:
        """What an error response shows that no row says, or a failed job that no failure says."""
        if recorded.operation is None or recorded.filled("response/body/string"):
            return
        if self._error_detector.refused(recorded.told):
            yield from self._refusal(recorded, recorded.operation)
        else:
            yield from self._failure(recorded)

    def _refusal(self, recorded: Recorded, operation: Operation) -> Iterator[Finding]:
        places = self._core.profile.refusal
        code, message = (text(recorded.told.json, found) for found in (places.codes, places.messages))
        rows = list(self._contract.errors.values())
        if code is not None:
            rows = [row for row in rows if self._has_code(row, code, operation)]
            if not rows:
                told = {"code": code, "message": message}
                yield recorded.finding(f"errors/{code}", "compatible", "a code that no row has", NOTHING, told)
                return
        status = recorded.told.status
        same = [row for row in rows if self._status(row, operation) == status]
        if not same:
            statuses = sorted({self._status(row, operation) for row in rows})
            says = "a known code with another status" if code is not None else "a status that no row has"
            yield recorded.finding(f"errors/{code or status}/status", "breaking for replies", says, statuses, status)
        elif message is not None and not any(_says(row, message, operation) for row in same):
            texts = sorted({row.message for row in same})
            aspect = f"errors/{code or status}/message"
            yield recorded.finding(aspect, "docs only", "a known refusal in other words", texts, message)

    def _has_code(self, row: ErrorRow, code: str, operation: Operation) -> bool:
        _, shown = self._error_detector.expected(row, operation)
        named = row.fields.get("name")
        return code in (shown, str(row.code), named)

    def _status(self, row: ErrorRow, operation: Operation) -> int:
        return self._error_detector.expected(row, operation)[0]

    def _failure(self, recorded: Recorded) -> Iterator[Finding]:
        """A job that failed with a code that no failure has."""
        for rows in self._core.profile.jobs.values():
            word = text(recorded.told.json, rows.state)
            if self._core.outcomes.state(word) != "failed":
                continue
            code = text(recorded.told.json, rows.failure.code)
            known = {key for one in self._contract.failures.values() for key in (one.name, str(one.code))}
            if code is not None and code not in known:
                says = "a job failed with a code that no failure has"
                yield recorded.finding(f"failures/{code}", "compatible", says, NOTHING, code)
            return


def _says(row: ErrorRow, message: str, operation: Operation) -> bool:
    """Whether a text is a row's own in any dialect, whatever stands in its placeholders."""
    dialects: list[Any] = [one.get("message") for one in row.fields.values() if isinstance(one, dict)]
    texts = [row.message, *(one for one in dialects if isinstance(one, str))]
    return any(_pattern(one).fullmatch(message) for one in texts)


def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(part) for part in re.split(r"\{\w+\}", message)), re.DOTALL)
