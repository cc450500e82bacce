"""The report of a proxy: each violation as it happens, and a summary at the end, as text or JSON."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from mockreel.proxy.contract_watch import Watch
from mockreel.proxy.proxy_exchange import Passed
from mockreel.proxy.spending_limit import SpendingLimit, count
from mockreel.proxy.violation import ProxyViolation

# The most different violations to count; further ones are reported each time.
MOST_COUNTED = 10_000

# The most reasons that the summary lists; of further ones it says how many.
_MOST_REASONS = 5

PrintLine = Callable[[str], None]


class Recorder(Protocol):
    """Records exchanges."""

    def keep(self, passed: Passed, keys: Iterable[str]) -> None: ...


@dataclass(slots=True)
class Report:
    """Reports and counts what happens.

    As text, a violation is reported the first time and then counted; as JSON it is reported each time.

    Args:
        say: writes one line.
        as_json: write one JSON object per line.
    """

    print_line: PrintLine
    spending_limit: SpendingLimit
    as_json: bool = False
    recorder: Recorder | None = None
    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    unchecked: Counter[str] = field(default_factory=Counter)  # why exchanges could not be checked fully
    failures: int = 0
    broken: int = 0  # the number of broken client rules
    _counts: Counter[tuple[str, str, str, str, str]] = field(default_factory=Counter)
    _doubts: set[str] = field(default_factory=set)

    def passed(self, provider: str, passed: Passed, watch: Watch) -> None:
        """Count one exchange and report its violations."""
        client_request = passed.client_request
        self.requests[
            provider,
            client_request.operation.id if client_request.operation else watch.line(client_request),
            passed.status,
        ] += 1
        if why := passed.unchecked:
            self.unchecked[why if len(self.unchecked) < MOST_COUNTED else "of a further reason"] += 1
        for remark in watch.violations(passed):
            self._violation(remark)
        if self.recorder is not None and passed.streamed.whole:
            self.recorder.keep(passed, watch.keys(client_request))

    def _violation(self, remark: ProxyViolation) -> None:
        same = (remark.provider, remark.side, remark.operation or remark.line, remark.fact.where, remark.actual)
        self.broken += bool(remark.rule)
        if len(self._counts) < MOST_COUNTED or same in self._counts:
            self._counts[same] += 1
        if self.as_json:
            self._write_json(remark.row())
        elif self._counts[same] <= 1:
            self.print_line(str(remark))

    def report_blocked(self, provider: str, line: str, why: str) -> None:
        """Report a request that the spending limit blocked."""
        self._event("refused", f"{provider} {line} was not sent: {why}", provider=provider, exchange=line, why=why)

    def failed(self, provider: str, line: str, why: str) -> None:
        """Report a request without a complete response."""
        self.failures += 1
        self._event("failed", f"{provider} {line}: {why}", provider=provider, exchange=line, why=why)

    def doubted(self, why: str) -> None:
        """Report a doubt about a key, once."""
        if why not in self._doubts:
            self._doubts.add(why)
            self._event("key", why, why=why)

    def noted(self, why: str) -> None:
        """Report any other message."""
        self._event("note", why, why=why)

    def began(self, lines: list[str], row: dict[str, Any]) -> None:
        """Report that the proxy is listening."""
        if self.as_json:
            self._write_json({"event": "listening", **row})
        else:
            for line in lines:
                self.print_line(line)

    def report_summary(self) -> None:
        """Report the summary."""
        if self.as_json:
            self._write_json(self.row())
        else:
            for line in self.lines():
                self.print_line(line)

    @property
    def violations(self) -> int:
        return sum(self._counts.values())

    def lines(self) -> Iterator[str]:
        """The summary as text."""
        total = sum(self.requests.values())
        yield f"{count(total, 'request')}, {count(self.violations, 'violation')} ({len(self._counts)} different)."
        for (provider, name, status), times in self.requests.items():
            yield f"  {provider} {name} {status}{f', {times} times' if times > 1 else ''}"
        for (provider, side, name, where, actual), times in self._counts.items():
            if times > 1:
                yield f"  {times} times: {provider} {side} {name}: {actual} [{where}]"
        if self.failures:
            yield f"{count(self.failures, 'request')} got no complete response."
        reasons = self.unchecked.most_common(_MOST_REASONS)
        for why, times in reasons:
            yield f"{count(times, 'exchange')} could not be checked fully: {why}."
        if more := self.unchecked.total() - sum(times for _, times in reasons):
            yield f"{count(more, 'further exchange')} could not be checked fully, for other reasons."
        yield from self.spending_limit.lines()

    def row(self) -> dict[str, Any]:
        """The summary as a JSON object."""
        return {
            "event": "summary",
            "requests": sum(self.requests.values()),
            "violations": self.violations,
            "different": len(self._counts),
            "failed": self.failures,
            "unchecked": self.unchecked.total(),
            "money": self.spending_limit.row(),
        }

    def _event(self, name: str, line: str, **row: Any) -> None:
        if self.as_json:
            self._write_json({"event": name, **row})
        else:
            self.print_line(line)

    def _write_json(self, row: dict[str, Any]) -> None:
        self.print_line(orjson.dumps(row).decode())
