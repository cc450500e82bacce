"""Rules for the timing of requests: polls, waiting times, and retries that cannot help.

The simulator's clock and real time are both compared, as a client may wait in real time while the clock is paused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from mockreel.contract import State, pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.engine.journal.journal import Entry
from mockreel.simulator.client_rules.client_rule import BrokenRule, Rule, request_line, same

K = TypeVar("K")
V = TypeVar("V")

# Moments closer than this count as equal, as sums of seconds are rounded.
_ROUNDING = 1e-6
# Of so many jobs, accounts and requests the last is known; the oldest is forgotten.
MOST_KNOWN = 10_000


@dataclass
class PolledTooOften(Rule):
    """Two polls of a job were sent faster than the docs advise."""

    id = "polled-too-often"
    summary = "Polls of a job are sent faster than the docs advise."

    _last: dict[str, Entry] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        advised = self.contract.conversation.client_rules.poll
        if advised is None or poll_of(self, entry) is None:
            return
        seconds, evidence = advised
        before = self._last.get(str(entry.job))
        remember(self._last, str(entry.job), entry)
        if before is None or before.fault is not None:  # a damaged response may be requested again sooner
            return
        apart = passed(before, entry)
        if apart < seconds - _ROUNDING:
            statement = f"polls are {seconds:g} seconds apart"
            fact = self.facts.fact(statement, "conversation.yaml client_rules poll", evidence)
            yield f"{request_line(entry)} was sent {apart:.3g} s after the last one", fact


@dataclass
class PolledAfterEnd(Rule):
    """A job was polled again after a response reported its end."""

    id = "polled-after-end"
    summary = "A job is polled again after a response reported its end."
    usual = False

    _over: dict[str, Entry] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        talk = poll_of(self, entry)
        if talk is None:
            return
        if str(entry.job) in self._over:
            where = f"conversation.yaml {talk.name} final"
            fact = self.facts.fact("a job that is over never changes", where, talk.final)
            yield f"{request_line(entry)} polled {entry.job} again, which had ended", fact
        elif entry.fault is None and _is_end(self.states(talk, entry)):
            remember(self._over, str(entry.job), entry)

    def states(self, talk: JobTalk, entry: Entry) -> list[State]:
        """The states that the word in a response may mean."""
        word = pointers.value(entry.reply_json, talk.state)
        return [state for state in self.contract.lifecycle.states.values() if state.word == word]


@dataclass
class RetriedError(Rule):
    """The same request was sent again after an error that cannot pass by itself (a 4xx, where statuses say so)."""

    id = "retried-permanent-error"
    summary = "The same request is sent again after an error response that is not worth a retry."

    _rejected: dict[tuple[object, ...], Entry] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        row = self.contract.conversation.client_rules.retry
        if row is None:
            return
        again, evidence = row
        before = self._rejected.pop(same(entry), None)
        if before is not None:
            statement = f"only {', '.join(sorted(again))} are worth a retry"
            fact = self.facts.fact(statement, "conversation.yaml client_rules retry", evidence)
            yield f"{request_line(entry)} was sent again after it was refused ({before.status} {before.row})", fact
        if entry.row is not None and entry.row not in again and entry.fault is None:
            remember(self._rejected, same(entry), entry)


@dataclass
class IgnoredRetryAfter(Rule):
    """A request was sent before the time that the last response to it had set."""

    id = "ignored-retry-after"
    summary = "A request is sent before the time that Retry-After had set."

    _until: dict[tuple[object, ...], tuple[Entry, float]] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[BrokenRule]:
        row = self.contract.conversation.client_rules.wait
        if row is None:
            return
        header, evidence = row
        who = (entry.account, entry.operation)
        before = self._until.pop(who, None)
        if before is not None:
            early = before[1] - passed(before[0], entry)
            if early > _ROUNDING:
                fact = self.facts.fact(f"{header} says when to retry", "conversation.yaml client_rules wait", evidence)
                yield f"{request_line(entry)} was sent {early:.3g} s too early", fact
        wait_time = entry.reply_header(header) or ""
        if wait_time.isdecimal():
            remember(self._until, who, (entry, float(wait_time)))


def passed(before: Entry, after: Entry) -> float:
    """The time between two requests, by the clock on which more has passed."""
    return max(after.at - before.at, after.real - before.real)


def poll_of(rule: Rule, entry: Entry) -> JobTalk | None:
    """How the job of an answered poll is identified; None for any other request."""
    if entry.job is None or entry.row is not None:
        return None
    talks = rule.contract.conversation.jobs.values()
    return next((talk for talk in talks if talk.poll == entry.operation), None)


def remember(remembered: dict[K, V], key: K, value: V) -> None:
    """Remember a value; the oldest one is dropped above the limit."""
    remembered.pop(key, None)
    remembered[key] = value
    if len(remembered) > MOST_KNOWN:
        del remembered[next(iter(remembered))]


def _is_end(states: list[State]) -> bool:
    return bool(states) and all(state.terminal for state in states)
