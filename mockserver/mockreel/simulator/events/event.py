"""An event, and how requests and delivery attempts become events."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from mockreel.contract import State
from mockreel.contract.validation import Step, pointer
from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.journal import AttemptEntry, Entry
from mockreel.engine.redaction import Fingerprints, Redactor

# A longer path is cut, and no more violations of one request are reported.
LONGEST = 300
MOST_VIOLATIONS = 3


class Event(NamedTuple):
    """One event.

    `kind` is `request`, `state`, `attempt`, `clock`, `rule`, `balance`, `contract`, `reset` or another word;
    `fields` depend on it. Numbers rise; a gap means that the events between were dropped.
    """

    number: int
    at: float
    kind: str
    provider: str | None = None
    account: str | None = None
    job: str | None = None
    fields: Mapping[str, Any] = {}

    def numbered(self, number: int) -> "Event":
        """The same event with its number; a request that is measured waits for it, so it is made fast."""
        return Event._make((number, *self[1:]))

    def row(self) -> dict[str, Any]:
        """The event as plain values, on one level."""
        return {
            "number": self.number,
            "at": self.at,
            "kind": self.kind,
            "provider": self.provider,
            "account": self.account,
            "job": self.job,
            **self.fields,
        }


class News(NamedTuple):
    """The events since a cursor, the cursor for the next request, and how many were dropped in between."""

    events: tuple[Event, ...]
    cursor: int
    skipped: int


def of_request(entry: Entry) -> Event:
    """An exchange, without its content."""
    fields = {
        "method": entry.method,
        "path": entry.path if len(entry.path) <= LONGEST else entry.path[:LONGEST],
        "operation": entry.operation,
        "status": entry.status,
        "refusal": entry.row,
        "fault": entry.fault,
        "violations": _violations(entry) if entry.violations else [],
        "more_violations": max(0, len(entry.violations) - MOST_VIOLATIONS) if entry.violations else 0,
        "notes": [note[:LONGEST] for note in entry.notes] if entry.notes else [],
    }
    return Event(0, entry.at, "request", entry.provider, entry.account, entry.job, fields)


@lru_cache(maxsize=64)
def _violation_text(path: tuple[Step, ...], message: str) -> str:
    return f"{pointer(path) or 'the body'}: {message}"


def _violations(entry: Entry) -> list[str]:
    return [_violation_text(one.path, one.message) for one in entry.violations[:MOST_VIOLATIONS]]


def of_attempt(attempt: AttemptEntry, redactor: Redactor, known: Fingerprints) -> Event:
    """An attempt to deliver a callback; its URL is reported without its credentials."""
    fields = {
        "delivery": attempt.delivery,
        "callback": attempt.kind,
        "event": attempt.event,
        "attempt": attempt.number,
        "url": _without_query(redactor.address(attempt.url, known))[:LONGEST],
        "status": attempt.status,
        "error": attempt.error,
        "detail": redactor.text(attempt.detail, known)[:LONGEST],
        "forged": attempt.forged,
        "fault": attempt.fault,
    }
    return Event(0, attempt.ended, "attempt", attempt.provider, attempt.account, attempt.subject, fields)


def _without_query(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def of_change(at: float, provider: str, job: Job, state: State) -> Event:
    fields = {"state": state.name, "word": state.word, "state_kind": state.kind}
    return Event(0, at, "state", provider, job.account.name, job.id, fields)
