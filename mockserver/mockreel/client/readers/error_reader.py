"""Was this a no, and which? By the contract's signs of an error response, whatever envelope it comes in."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from mockreel.client.client_errors import REFUSALS, FileRefused, Refused
from mockreel.client.http.api_key import Key
from mockreel.client.http.steps import IncomingResponse
from mockreel.client.profile import RefusalKind, RefusalPlaces
from mockreel.contract import Contract, pointers

UNKNOWN = "unknown"


class ErrorReader:
    """How one provider says no."""

    def __init__(self, contract: Contract, found: RefusalPlaces, key: Key) -> None:
        rows = contract.root.get("refusal", {})
        self._signs: list[Mapping[str, Any]] = list(rows) if isinstance(rows, list) else [rows]
        self._title = contract.title
        self._places = found
        self._key = key

    def refused(self, response: IncomingResponse) -> bool:
        """Whether a response is an error response; no HTTP status below 200 or from 400 is anything else."""
        return response.status >= 400 or any(_holds(sign, response) for sign in self._signs)

    def kind(self, response: IncomingResponse) -> str:
        """What an error response means: by its code, else by its text, else by its status."""
        code, message = self._code(response), self._message(response).casefold()
        for row in self._places.kinds:
            if code in row.codes or any(text.casefold() in message for text in row.texts):
                return row.kind
        return next((row.kind for row in self._places.kinds if _has_status(row, response.status)), UNKNOWN)

    def error(self, what: str, response: IncomingResponse, *, keyed: bool = True) -> Refused:
        """The error response as an error; `keyed` if it is the API's, and not that of a place for files."""
        found = pointers.first(response.json, self._places.violations)
        kind = self.kind(response)
        error = REFUSALS.get(kind, Refused) if keyed or kind in ("busy", "broken") else FileRefused
        return error(
            f"{self._title} {what}",
            status=response.status,
            code=self._code(response),
            message=self._key.scrubbed(self._message(response)),
            request_id=self.request_id(response),
            violations=tuple(found) if isinstance(found, list) else (),
            retry_after=retry_after(response),
        )

    def request_id(self, response: IncomingResponse) -> str | None:
        """What the provider's support wants to know of a request."""
        return pointers.text(response.json, self._places.request_ids, response.headers)

    def _code(self, response: IncomingResponse) -> str | None:
        return pointers.text(response.json, self._places.codes)

    def _message(self, response: IncomingResponse) -> str:
        found = pointers.text(response.json, self._places.messages)
        return found or response.body[:200].decode("utf-8", "replace").strip()


def retry_after(response: IncomingResponse) -> float | None:
    """How many seconds a response says to wait, as a number or as a date (seen from the response's own date)."""
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
        wanted = str(sign["status"])
        return response.status >= int(wanted[2:]) if wanted.startswith(">=") else str(response.status) == wanted
    found = pointers.values(response.json, sign.get("pointer", ""))
    return any(value is not None and value not in sign.get("not", ["", None]) for value in found)


def _has_status(row: RefusalKind, status: int) -> bool:
    return any(str(status) == one or (one.endswith("XX") and one[0] == str(status)[0]) for one in row.statuses)
