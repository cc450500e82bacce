"""The journal: exchanges and delivery attempts, in order, limited in size, and without secrets."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http import HTTPMethod
from typing import Any, NamedTuple

from mockreel.contract.messages.body import read_json
from mockreel.contract.validation import Violation
from mockreel.engine.journal.exchange_content import NOTHING, ExchangeContent, Pairs, Unread, header_text
from mockreel.engine.redaction import MOST_KEPT, left_out
from mockreel.errors import OptionError

# What an entry weighs beside its bytes, about: itself, its texts and its violations; its headers are shared.
_FRAME = 600
_VIOLATION = 500


class Names(NamedTuple):
    """What a question may name of one provider: its operations, and its rows of error responses."""

    operations: frozenset[str]
    refusals: frozenset[str]


@dataclass(slots=True, eq=False)
class Entry:
    """One exchange; `row` is the error row of the response, if any; `violations` are redacted.

    `content` is redacted before it is read; `headers` are the stored ones of the request; `job` is the id of the job
    that it began or polled. `fault` is the injected one; if it suppresses the response, the status is 0. `real` is the
    time of arrival by a running clock, whatever the simulator's does, so that two entries can be compared. `notes` are
    for the user of the server, not for the client: a preference without effect, the provider whose path was probably
    meant.
    """

    at: float
    provider: str
    account: str | None
    method: str
    path: str
    operation: str | None
    status: int
    row: str | None
    violations: Sequence[Violation]
    content: ExchangeContent | Unread = field(default=NOTHING, repr=False)
    job: str | None = None
    fault: str | None = None
    real: float = 0.0
    notes: tuple[str, ...] = ()
    weight: int = field(init=False, repr=False)  # about how many bytes it holds

    def __post_init__(self) -> None:
        self.weight = _FRAME + len(self.path) + self.content.weight + _VIOLATION * len(self.violations)

    def read(self) -> ExchangeContent:
        content = self.content = self.content.read()
        return content

    @property
    def query(self) -> str:
        return self.read().query

    @property
    def headers(self) -> Pairs:
        """The stored headers of the request."""
        return self.read().headers

    @property
    def body(self) -> bytes:
        return self.read().body

    @property
    def reply(self) -> bytes:
        """The body of the response."""
        return self.read().reply

    @property
    def reply_headers(self) -> Pairs:
        return self.read().reply_headers

    @property
    def json(self) -> Any:
        """The request's body, parsed; a form shows its fields and files, an upload its size and hash."""
        return _parsed(self.body)

    @property
    def reply_json(self) -> Any:
        """The response's body, parsed; None where it is no JSON."""
        return _parsed(self.reply)

    def header(self, name: str) -> str | None:
        """A header of the request, or None if it was not sent or not stored."""
        return _header(self.headers, name)

    def reply_header(self, name: str) -> str | None:
        """A header of the response, or None."""
        return _header(self.reply_headers, name)

    def shown(self) -> Mapping[str, Any]:
        """The entry as the control API shows it."""
        return {
            "at": self.at,
            "provider": self.provider,
            "account": self.account,
            "method": self.method,
            "path": self.path,
            "operation": self.operation,
            "status": self.status,
            "refusal": self.row,
            "fault": self.fault,
            "violations": [violation.row() for violation in self.violations],
            "notes": list(self.notes),
        }


class AttemptEntry(NamedTuple):
    """One attempt to deliver a webhook: what was sent, and the outcome (`error` as in `Outcome`)."""

    at: float
    ended: float
    provider: str
    account: str
    delivery: str
    subject: str
    kind: str
    event: str
    number: int
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int | None
    error: str | None
    detail: str
    forged: bool = False
    fault: str | None = None

    @property
    def json(self) -> Any:
        """The callback's body, parsed."""
        return _parsed(self.body)

    @property
    def weight(self) -> int:
        """About how many bytes it holds."""
        return _FRAME + len(self.url) + len(self.body) + len(self.detail)


class Journal:
    """The newest exchanges of a simulator: at most `limit`, with at most `most` violations, in about `most_bytes`.

    As many delivery attempts are stored in as many bytes. The newest entry is always stored.

    Args:
        known: the names of each provider, so that a misspelt query is an error; queries are unchecked if None.
    """

    def __init__(
        self,
        *,
        limit: int = 100_000,
        most: int = 50_000,
        most_bytes: int = 64 * 1024 * 1024,
        names_by_provider: Mapping[str, Names] | None = None,
    ) -> None:
        self._entries: deque[Entry] = deque()
        self._tried: deque[AttemptEntry] = deque()
        self._tried_bytes = 0
        self._limit = limit
        self._most = most
        self._most_bytes = most_bytes
        self._violations = 0
        self._bytes = 0
        self._names_by_provider = names_by_provider
        self.observer: Callable[[Entry | AttemptEntry], None] | None = None
        self.count = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def numbered(self) -> list[tuple[int, Entry]]:
        """Every stored exchange with its number, oldest first; the simulator's first one has number 1."""
        entries = tuple(self._entries)
        return list(enumerate(entries, self.count - len(entries) + 1))

    def get(self, number: int) -> Entry | None:
        """The exchange with that number, or None if it is not stored (any more)."""
        place = number - (self.count - len(self._entries)) - 1
        return self._entries[place] if 0 <= place < len(self._entries) else None

    def note(self, entry: Entry) -> None:
        """Write one exchange down."""
        self.count += 1
        self._entries.append(entry)
        self._bytes += entry.weight
        if entry.violations:
            self._violations += len(entry.violations)
            self._forget()
        elif self._bytes > self._most_bytes or len(self._entries) > self._limit:
            self._forget()
        if self.observer is not None:
            self.observer(entry)

    def set_names(self, names_by_provider: Mapping[str, Names]) -> None:
        """Check queries by these names from now on."""
        self._names_by_provider = names_by_provider

    def clear(self) -> list[Any]:
        """Drop everything, and restart the numbers; returns what the entries were in."""
        forgotten = [self._entries, self._tried]
        self._entries, self._tried = deque(), deque()
        self.count = self._violations = self._bytes = self._tried_bytes = 0
        return forgotten

    def _forget(self) -> None:
        """Drop the oldest until the rest is within the limits."""
        while len(self._entries) > 1 and (
            len(self._entries) > self._limit or self._violations > self._most or self._bytes > self._most_bytes
        ):
            oldest = self._entries.popleft()
            self._violations -= len(oldest.violations)
            self._bytes -= oldest.weight

    def note_attempt(self, attempt: AttemptEntry) -> None:
        """Write one attempt to deliver down."""
        if len(attempt.body) > MOST_KEPT:
            attempt = attempt._replace(body=left_out(attempt.body))
        self._tried.append(attempt)
        self._tried_bytes += attempt.weight
        while len(self._tried) > 1 and (len(self._tried) > self._limit or self._tried_bytes > self._most_bytes):
            self._tried_bytes -= self._tried.popleft().weight
        if self.observer is not None:
            self.observer(attempt)

    def requests(
        self,
        *,
        provider: str | None = None,
        operation: str | None = None,
        method: str | None = None,
        path: str | None = None,
        account: str | None = None,
        job: str | None = None,
        status: int | None = None,
    ) -> list[Entry]:
        """The exchanges that match every condition, oldest first; `*` in a path matches anything.

        Raises:
            OptionError: the simulator has no such provider or operation.
        """
        self.check(provider=provider, operation=operation, method=method)
        conditions: dict[str, Any] = {"provider": provider, "operation": operation, "method": method}
        conditions |= {"account": account, "job": job, "status": status}
        conditions_set = {name: value for name, value in conditions.items() if value is not None}
        return [
            entry
            for entry in self
            if (path is None or entry.path == path or fnmatchcase(entry.path, path))
            and all(getattr(entry, name) == value for name, value in conditions_set.items())
        ]

    def attempts(
        self, *, provider: str | None = None, job: str | None = None, forged: bool = False
    ) -> list[AttemptEntry]:
        """The attempts to deliver a webhook, oldest first; `job` is its subject (a batch, perhaps)."""
        self.check(provider=provider)
        return [
            attempt
            for attempt in tuple(self._tried)
            if provider in (None, attempt.provider) and job in (None, attempt.subject) and attempt.forged == forged
        ]

    def check(self, **conditions_set: Any) -> None:
        """Check that a query uses existing names; names that requests create are not checked.

        Args:
            given: fields of a query; `provider`, `operation`, `refusal` and `method` are checked.

        Raises:
            OptionError: a name does not exist on the simulator.
        """
        if self._names_by_provider is None:
            return
        provider = conditions_set.get("provider")
        if provider is not None and provider not in self._names_by_provider:
            raise OptionError("provider", provider, self._names_by_provider)
        names = [self._names_by_provider[one] for one in self._names_by_provider if provider in (None, one)]
        valid: dict[str, list[str]] = {
            "operation": sorted({name for one in names for name in one.operations}),
            "refusal": sorted({name for one in names for name in one.refusals}),
            "method": list(HTTPMethod),
        }
        for field_, there in valid.items():
            if conditions_set.get(field_) is not None and conditions_set[field_] not in there:
                raise OptionError(field_, conditions_set[field_], there)


def _parsed(body: bytes) -> Any:
    try:
        return read_json(body) if body else None
    except ValueError:
        return None


def _header(headers: Iterable[tuple[bytes, bytes]], name: str) -> str | None:
    conditions = name.lower().encode()
    return next((header_text(value) for key, value in headers if key == conditions), None)
