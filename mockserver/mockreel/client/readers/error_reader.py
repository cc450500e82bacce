"""Detect and classify error responses by the contract's signs, in any envelope."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from mockreel.client.client_errors import REJECTIONS, FileRefused, Refused
from mockreel.client.http.api_key import Key
from mockreel.client.http.steps import IncomingResponse
from mockreel.client.profile import ErrorKind, ErrorPlaces
from mockreel.contract import Contract, pointers
from mockreel.engine.redaction import redactor_of

UNKNOWN = "unknown"


class ErrorReader:
    """Reads the error responses of one provider."""

    def __init__(self, contract: Contract, places: ErrorPlaces, key: Key) -> None:
        rows = contract.root.get("refusal", {})
        self._signs: list[Mapping[str, Any]] = list(rows) if isinstance(rows, list) else [rows]
        self._title = contract.title
        self._places = places
        self._key = key
        self._redactor = redactor_of(contract)

    def is_error(self, response: IncomingResponse) -> bool:
        """Whether a response is an error response; every HTTP status below 200 or from 400 is one."""
        return response.status >= 400 or any(_holds(sign, response) for sign in self._signs)

    def kind(self, response: IncomingResponse) -> str:
        """The kind of an error response: by its code, else by its text, else by its status."""
        code, message = self._code(response), self._message(response).casefold()
        for row in self._places.kinds:
            if code in row.codes or any(text.casefold() in message for text in row.texts):
                return row.kind
        return next((row.kind for row in self._places.kinds if _has_status(row, response.status)), UNKNOWN)

    def error(self, what: str, response: IncomingResponse, *, keyed: bool = True) -> Refused:
        """The exception for an error response; `keyed` if it is from the API, not from a file host."""
        found = pointers.first(response.json, self._places.violations)
        kind = self.kind(response)
        error = REJECTIONS.get(kind, Refused) if keyed or kind in ("busy", "broken") else FileRefused
        return error(
            f"{self._title} {what}",
            status=response.status,
            code=self._shown(self._code(response)),
            message=self.shown(self._message(response)),
            request_id=self._shown(self.request_id(response)),
            violations=tuple(self._key.redacted_value(found, self._redactor)) if isinstance(found, list) else (),
            retry_after=retry_after(response),
        )

    def shown(self, text: str) -> str:
        """What a provider said, as an error may show it: without the key in any encoding, and without others."""
        return self._key.redacted(text, self._redactor)

    def _shown(self, text: str | None) -> str | None:
        return None if text is None else self.shown(text)

    def request_id(self, response: IncomingResponse) -> str | None:
        """The request id for the provider's support."""
        return pointers.text(response.json, self._places.request_ids, response.headers)

    def _code(self, response: IncomingResponse) -> str | None:
        return pointers.text(response.json, self._places.codes)

    def _message(self, response: IncomingResponse) -> str:
        found = pointers.text(response.json, self._places.messages)
        return found or response.body[:200].decode("utf-8", "replace").strip()


def retry_after(response: IncomingResponse) -> float | None:
    """The seconds of a `Retry-After` header, from a number or from a date relative to the response's date."""
    value = response.headers.get("retry-after", "").strip()
    if value.replace(".", "", 1).isdecimal():
        return float(value)
    try:
        until, now = parsedate_to_datetime(value), parsedate_to_datetime(response.headers.get("date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _holds(sign: Mapping[str, Any], response: IncomingResponse) -> bool:
    if "status" in sign:
        status = str(sign["status"])
        return response.status >= int(status[2:]) if status.startswith(">=") else str(response.status) == status
    found = pointers.values(response.json, sign.get("pointer", ""))
    return any(value is not None and value not in sign.get("not", ["", None]) for value in found)


def _has_status(row: ErrorKind, status: int) -> bool:
    return any(str(status) == one or (one.endswith("XX") and one[0] == str(status)[0]) for one in row.statuses)
