"""What is told of a proxy's work: each violation as it happens, and the sums at the end; in lines or in JSON."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from mockreel.proxy.contract_watch import Watch
from mockreel.proxy.passed_exchange import Passed
from mockreel.proxy.spending_limit import SpendingLimit, count
from mockreel.proxy.violation import Remark

# So many different violations are known apart; a further one is told each time.
MOST_KNOWN = 10_000

Say = Callable[[str], None]


class Recorder(Protocol):
    """Keeps what passed by."""

    def keep(self, passed: Passed, keys: Iterable[str]) -> None: ...


@dataclass(slots=True)
class Report:
    """Tells what happens, and counts it.

    In lines, a violation is told when it first happens and counted from then on; in JSON it is told each time.

    Args:
        say: writes one line.
        as_json: one JSON object for each line.
    """

    say: Say
    spending_limit: SpendingLimit
    as_json: bool = False
    recorder: Recorder | None = None
    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    unchecked: int = 0
    failures: int = 0
    broken: int = 0  # how often the program broke a client rule
    _known: Counter[tuple[str, str, str, str, str]] = field(default_factory=Counter)
    _doubts: set[str] = field(default_factory=set)

    def passed(self, provider: str, passed: Passed, watch: Watch) -> None:
        """One exchange, with everything that the contract does not allow about it."""
        asked = passed.asked
        self.requests[provider, asked.operation.id if asked.operation else asked.line, passed.status] += 1
        self.unchecked += asked.plain is None or (passed.kept.whole and passed.told() is None)
        for remark in watch.remarks(passed):
            self._remark(remark)
        if self.recorder is not None and passed.kept.whole:
            self.recorder.keep(passed, watch.keys(asked))

    def _remark(self, remark: Remark) -> None:
        same = (remark.provider, remark.side, remark.operation or remark.line, remark.fact.where, remark.came)
        self.broken += bool(remark.rule)
        if len(self._known) < MOST_KNOWN or same in self._known:
            self._known[same] += 1
        if self.as_json:
            self._tell(remark.row())
        elif self._known[same] <= 1:
            self.say(str(remark))

    def refused(self, provider: str, line: str, why: str) -> None:
        """A request that the spending limit held back."""
        self._event("refused", f"{provider} {line} was not sent: {why}", provider=provider, exchange=line, why=why)

    def failed(self, provider: str, line: str, why: str) -> None:
        """A request that got no whole response."""
        self.failures += 1
        self._event("failed", f"{provider} {line}: {why}", provider=provider, exchange=line, why=why)

    def doubted(self, why: str) -> None:
        """Something about a key, told once."""
        if why not in self._doubts:
            self._doubts.add(why)
            self._event("key", why, why=why)

    def noted(self, why: str) -> None:
        """Something else that is worth a sentence."""
        self._event("note", why, why=why)

    def began(self, lines: list[str], row: dict[str, Any]) -> None:
        """The proxy stands."""
        if self.as_json:
            self._tell({"event": "listening", **row})
        else:
            for line in lines:
                self.say(line)

    def ended(self) -> None:
        """The sums."""
        if self.as_json:
            self._tell(self.row())
        else:
            for line in self.lines():
                self.say(line)

    @property
    def violations(self) -> int:
        return sum(self._known.values())

    def lines(self) -> Iterator[str]:
        """The sums in words."""
        total = sum(self.requests.values())
        yield f"{count(total, 'request')}, {count(self.violations, 'violation')} ({len(self._known)} different)."
        for (provider, name, status), times in self.requests.items():
            yield f"  {provider} {name} {status}{f', {times} times' if times > 1 else ''}"
        for (provider, side, name, where, came), times in self._known.items():
            if times > 1:
                yield f"  {times} times: {provider} {side} {name}: {came} [{where}]"
        if self.failures:
            yield f"{count(self.failures, 'request')} got no whole reply."
        if self.unchecked:
            yield f"{count(self.unchecked, 'exchange')} could not be checked whole: too large, or in an unknown coding."
        yield from self.spending_limit.lines()

    def row(self) -> dict[str, Any]:
        """The sums for machines."""
        return {
            "event": "summary",
            "requests": sum(self.requests.values()),
            "violations": self.violations,
            "different": len(self._known),
            "failed": self.failures,
            "unchecked": self.unchecked,
            "money": self.spending_limit.row(),
        }

    def _event(self, name: str, line: str, **row: Any) -> None:
        if self.as_json:
            self._tell({"event": name, **row})
        else:
            self.say(line)

    def _tell(self, row: dict[str, Any]) -> None:
        self.say(orjson.dumps(row).decode())
