"""What was asked and what was answered: a bounded list of exchanges, with every violation and no secret."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from understudy.validation import Violation


class Entry(NamedTuple):
    """One exchange; `row` is the error row that was played, if any, `violations` are as they may be kept.

    One is made for each request: a tuple is made three times as fast as a frozen dataclass.
    """

    at: float
    provider: str
    account: str | None
    method: str
    path: str
    operation: str | None
    status: int
    row: str | None
    violations: tuple[Violation, ...]

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
            "violations": [violation.row() for violation in self.violations],
        }


class Journal:
    """The newest exchanges of a stage: at most `limit` of them, with at most `most` violations altogether.

    The newest one is always kept whole.
    """

    def __init__(self, *, limit: int = 10_000, most: int = 50_000) -> None:
        self._entries: deque[Entry] = deque()
        self._limit = limit
        self._most = most
        self._violations = 0
        self.count = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def note(self, entry: Entry) -> None:
        """Write one exchange down."""
        self.count += 1
        self._entries.append(entry)
        self._violations += len(entry.violations)
        while len(self._entries) > 1 and (len(self._entries) > self._limit or self._violations > self._most):
            self._violations -= len(self._entries.popleft().violations)
