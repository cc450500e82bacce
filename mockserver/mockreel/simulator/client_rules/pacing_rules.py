"""Rules for when a request comes: polls, waiting times, and tries that will not help.

A moment counts as later when either clock says so: the simulator's, or that of whoever waits for real under a clock
that stands still.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from mockreel.contract import State, pointers
from mockreel.contract.conversation.conversation import JobTalk
from mockreel.engine.journal.journal import Entry
from mockreel.simulator.client_rules.client_rule import Rule, Said, same, shown

K = TypeVar("K")
V = TypeVar("V")

# Two moments that are less apart are the same: a sum of seconds is rounded.
_ROUNDING = 1e-6
# Of so many jobs, accounts and requests the last is known; the oldest is forgotten.
MOST_KNOWN = 10_000


@dataclass
class PolledTooOften(Rule):
    """Two polls of a job came faster than the docs advise."""

    id = "polled-too-often"
    says = "Polls of a job come faster than the docs advise."

    _last: dict[str, Entry] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[Said]:
        advised = self.contract.conversation.client_rules.poll
        if advised is None or poll_of(self, entry) is None:
            return
        seconds, evidence = advised
        before = self._last.get(str(entry.job))
        remember(self._last, str(entry.job), entry)
        if before is None or before.fault is not None:  # a response that was damaged may be asked for again sooner
            return
        apart = passed(before, entry)
        if apart < seconds - _ROUNDING:
            says = f"between two polls are {seconds:g} seconds"
            fact = self.facts.fact(says, "conversation.yaml client_rules poll", evidence)
            yield f"{shown(entry)} came {apart:.3g} s after the last one", fact


@dataclass
class PolledAfterEnd(Rule):
    """A job was asked about again after a response had said that it is over."""

    id = "polled-after-end"
    says = "A job is asked about again after a response said that it is over."
    usual = False

    _over: dict[str, Entry] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[Said]:
        talk = poll_of(self, entry)
        if talk is None:
            return
        if str(entry.job) in self._over:
            where = f"conversation.yaml {talk.name} final"
            fact = self.facts.fact("a job that is over never changes", where, talk.final)
            yield f"{shown(entry)} asked again about {entry.job}, which was over", fact
        elif entry.fault is None and _is_end(self.states(talk, entry)):
            remember(self._over, str(entry.job), entry)

    def states(self, talk: JobTalk, entry: Entry) -> list[State]:
        """The states that the word in a response may mean."""
        word = pointers.value(entry.reply_json, talk.state)
        return [state for state in self.contract.lifecycle.states.values() if state.word == word]


@dataclass
class RetriedError(Rule):
    """The same request was sent again after an error that will not change by itself (a 4xx, where statuses tell)."""

    id = "retried-permanent-error"
    says = "The same request is sent again after an error response that is not worth another try."

    _refused: dict[tuple[object, ...], Entry] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[Said]:
        row = self.contract.conversation.client_rules.retry
        if row is None:
            return
        again, evidence = row
        before = self._refused.pop(same(entry), None)
        if before is not None:
            says = f"only {', '.join(sorted(again))} are worth another try"
            fact = self.facts.fact(says, "conversation.yaml client_rules retry", evidence)
            yield f"{shown(entry)} was sent again after it was refused ({before.status} {before.row})", fact
        if entry.row is not None and entry.row not in again and entry.fault is None:
            remember(self._refused, same(entry), entry)


@dataclass
class IgnoredRetryAfter(Rule):
    """A request came before the time that the last response to it had set."""

    id = "ignored-retry-after"
    says = "A request comes before the time that Retry-After had set."

    _until: dict[tuple[object, ...], tuple[Entry, float]] = field(default_factory=dict)

    def request(self, entry: Entry) -> Iterator[Said]:
        row = self.contract.conversation.client_rules.wait
        if row is None:
            return
        header, evidence = row
        who = (entry.account, entry.operation)
        before = self._until.pop(who, None)
        if before is not None:
            early = before[1] - passed(before[0], entry)
            if early > _ROUNDING:
                fact = self.facts.fact(
                    f"{header} says when to come back", "conversation.yaml client_rules wait", evidence
                )
                yield f"{shown(entry)} came {early:.3g} s before its time", fact
        told = entry.reply_header(header) or ""
        if told.isdecimal():
            remember(self._until, who, (entry, float(told)))


def passed(before: Entry, after: Entry) -> float:
    """How much time lies between two requests, by the clock that says more."""
    return max(after.at - before.at, after.real - before.real)


def poll_of(rule: Rule, entry: Entry) -> JobTalk | None:
    """How the job is spoken of that an answered poll asks about; None for anything else."""
    if entry.job is None or entry.row is not None:
        return None
    talks = rule.contract.conversation.jobs.values()
    return next((talk for talk in talks if talk.poll == entry.operation), None)


def remember(known: dict[K, V], key: K, value: V) -> None:
    """Keep the newest; the oldest goes where there are too many."""
    known.pop(key, None)
    known[key] = value
    if len(known) > MOST_KNOWN:
        del known[next(iter(known))]


def _is_end(states: list[State]) -> bool:
    return bool(states) and all(state.terminal for state in states)
