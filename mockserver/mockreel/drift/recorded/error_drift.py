"""Drift of recorded errors and failures: unknown codes, and other statuses or messages for known ones."""

import re
from collections.abc import Iterator
from typing import Any

from mockreel.client.flows import Core
from mockreel.contract import Contract, ErrorRow, Operation
from mockreel.contract.exchanges.error_detection import ErrorDetector
from mockreel.contract.pointers import text
from mockreel.drift.finding import NOTHING, Finding
from mockreel.drift.recorded.recorded_exchange import Recorded


class ErrorJudge:
    """Compares error responses and failures with the definitions of one contract."""

    def __init__(self, contract: Contract, core: Core) -> None:
        self._contract = contract
        self._core = core
        self._error_detector = ErrorDetector(contract)

    def drift(self, recorded: Recorded) -> Iterator[Finding]:
        """Where an error response or a failed job matches no definition."""
        if recorded.operation is None or recorded.filled("response/body/string"):
            return
        if self._error_detector.refused(recorded.response):
            yield from self._error_response(recorded, recorded.operation)
        else:
            yield from self._failure(recorded)

    def _error_response(self, recorded: Recorded, operation: Operation) -> Iterator[Finding]:
        places = self._core.profile.errors
        code, message = (text(recorded.response.json, found) for found in (places.codes, places.messages))
        rows = list(self._contract.errors.values())
        if code is not None:
            rows = [row for row in rows if self._has_code(row, code, operation)]
            if not rows:
                error = {"code": code, "message": message}
                yield recorded.finding(f"errors/{code}", "compatible", "an unknown error code", NOTHING, error)
                return
        status = recorded.response.status
        same = [row for row in rows if self._status(row, operation) == status]
        if not same:
            statuses = sorted({self._status(row, operation) for row in rows})
            says = "a known code with another status" if code is not None else "an error status that no definition has"
            yield recorded.finding(f"errors/{code or status}/status", "breaking for replies", says, statuses, status)
        elif message is not None and not any(_has_message(row, message, operation) for row in same):
            texts = sorted({row.message for row in same})
            aspect = f"errors/{code or status}/message"
            yield recorded.finding(aspect, "docs only", "a known error with another message", texts, message)

    def _has_code(self, row: ErrorRow, code: str, operation: Operation) -> bool:
        _, expected_code = self._error_detector.expected(row, operation)
        return code in (expected_code, str(row.code), row.fields.get("name"))

    def _status(self, row: ErrorRow, operation: Operation) -> int:
        return self._error_detector.expected(row, operation)[0]

    def _failure(self, recorded: Recorded) -> Iterator[Finding]:
        """A job that failed with an unknown code."""
        for rows in self._core.profile.jobs.values():
            state_word = text(recorded.response.json, rows.state)
            if self._core.outcomes.state(state_word) != "failed":
                continue
            code = text(recorded.response.json, rows.failure.code)
            known = {key for one in self._contract.failures.values() for key in (one.name, str(one.code))}
            if code is not None and code not in known:
                says = "a job failed with an unknown code"
                yield recorded.finding(f"failures/{code}", "compatible", says, NOTHING, code)
            return


def _has_message(row: ErrorRow, message: str, operation: Operation) -> bool:
    """Whether a message is the row's in any dialect, with any values in its placeholders."""
    dialects: list[Any] = [one.get("message") for one in row.fields.values() if isinstance(one, dict)]
    texts = [row.message, *(one for one in dialects if isinstance(one, str))]
    return any(_pattern(one).fullmatch(message) for one in texts)


def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(".*?".join(re.escape(part) for part in re.split(r"\{\w+\}", message)), re.DOTALL)
