"""What a client may not do: each manner is a function over what the stage has seen, with the fact that it rests on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from mockreel.contract.conversation.conversation import JobTalk
from mockreel.contract.evidence.facts import Fact, Facts
from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.journal import Entry, Tried
from mockreel.errors import OptionError
from mockreel.simulator.provider import Part
from mockreel.webhooks.fault_effects import BADLY_SIGNED

# Two moments that are less apart are the same: a sum of seconds is rounded.
_ROUNDING = 1e-6
# What a request can be refused for that its sender should have known.
_UNREADABLE = ("malformed-json", "wrong-content-type", "unknown-path", "wrong-method")


class Breach(NamedTuple):
    """One breach: which manner, when, what was done, and the fact that speaks against it."""

    manner: str
    provider: str
    at: float
    done: str
    fact: Fact

    def __str__(self) -> str:
        evidence = f"{self.fact.where}, {self.fact.evidence.kind}"
        sources = "".join(f"\n      {source}" for source in self.fact.sources)
        return f"{self.provider}: {self.done} [{self.manner}]\n    {self.fact.says} ({evidence}){sources}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one part has seen of a client."""

    part: Part
    entries: tuple[Entry, ...]
    attempts: tuple[Tried, ...]
    facts: Facts

    def polls(self) -> Iterator[tuple[JobTalk, list[Entry]]]:
        """The answered polls of each job, in order."""
        for talk in self.part.contract.conversation.jobs.values():
            found: dict[str, list[Entry]] = {}
            for entry in self.entries:
                if entry.operation == talk.poll and entry.job is not None and entry.row is None:
                    found.setdefault(entry.job, []).append(entry)
            yield from ((talk, entries) for entries in found.values())


Manner = Callable[[Heard], Iterator[tuple[float, str, Fact]]]


def sent_what_is_forbidden(heard: Heard) -> Iterator[tuple[float, str, Fact]]:
    """A request broke the schema of its operation, or was none that the provider could read."""
    for entry in heard.entries:
        wished = entry.header("prefer") is not None
        if not (entry.violations or (entry.row in _UNREADABLE and not wished)):
            continue
        told = "; ".join(f"{one.pointer or '/'}: {one.message}" for one in entry.violations[:3]) or str(entry.row)
        if entry.operation is None:
            row = heard.part.contract.errors[str(entry.row)]
            fact = heard.facts.fact("there is no such operation", "openapi.yaml", row.evidence)
        else:
            operation = heard.part.contract.operation(entry.operation)
            fact = heard.facts.operation(f"{operation.id} says what it takes", operation)
        yield entry.at, f"{_shown(entry)} was sent with {told}", fact


def polled_after_the_end(heard: Heard) -> Iterator[tuple[float, str, Fact]]:
    """A job was asked about again after a reply had said that it is over."""
    for talk, polls in heard.polls():
        job = heard.part.jobs.get(str(polls[0].job))
        if job is None:
            continue
        fact = heard.facts.fact("a job that is over never changes", f"conversation.yaml {talk.name} final", talk.final)
        for poll in _since_it_was_told(job, polls)[1:]:
            yield poll.at, f"{_shown(poll)} asked again about {job.id}, which was {job.state(poll.at).word}", fact


def _since_it_was_told(job: Job, polls: list[Entry]) -> list[Entry]:
    """The polls from the one on that told of the end; a reply that was damaged tells nothing for sure."""
    told = (at for at, poll in enumerate(polls) if poll.fault is None and job.state(poll.at).terminal)
    return polls[next(told, len(polls)) :]


def polled_too_often(heard: Heard) -> Iterator[tuple[float, str, Fact]]:
    """Two polls of a job came faster, by the stage's clock, than the docs advise."""
    advised = heard.part.contract.conversation.manners.poll
    if advised is None:
        return
    seconds, evidence = advised
    fact = heard.facts.fact(
        f"between two polls are {seconds:g} seconds", "conversation.yaml client_rules poll", evidence
    )
    for _, polls in heard.polls():
        for before, after in pairwise(polls):
            if before.fault is not None:  # a reply that was damaged may be asked for again sooner
                continue
            if after.at - before.at < seconds - _ROUNDING:
                yield after.at, f"{_shown(after)} came {after.at - before.at:g} s after the last one", fact


def retried_a_refusal(heard: Heard) -> Iterator[tuple[float, str, Fact]]:
    """The same request was sent again after a refusal that will not change by itself (a 4xx, where statuses tell)."""
    row = heard.part.contract.conversation.manners.retry
    if row is None:
        return
    again, evidence = row
    fact = heard.facts.fact(
        f"only {', '.join(sorted(again))} are worth another try", "conversation.yaml client_rules retry", evidence
    )
    refused: dict[tuple[object, ...], Entry] = {}
    for entry in heard.entries:
        before = refused.pop(_same(entry), None)
        if before is not None:
            yield entry.at, f"{_shown(entry)} was sent again after it was refused ({before.status} {before.row})", fact
        if entry.row is not None and entry.row not in again and entry.fault is None:
            refused[_same(entry)] = entry


def came_before_its_time(heard: Heard) -> Iterator[tuple[float, str, Fact]]:
    """A request came before the time that the last reply to it had set."""
    row = heard.part.contract.conversation.manners.wait
    if row is None:
        return
    header, evidence = row
    fact = heard.facts.fact(f"{header} says when to come back", "conversation.yaml client_rules wait", evidence)
    until: dict[tuple[object, ...], float] = {}
    for entry in heard.entries:
        who = (entry.account, entry.operation)
        if entry.at < until.get(who, entry.at) - _ROUNDING:
            yield entry.at, f"{_shown(entry)} came {until[who] - entry.at:g} s before its time", fact
        told = entry.reply_header(header) or ""
        until[who] = entry.at + float(told) if told.isdecimal() else 0.0


def answered_too_late(heard: Heard) -> Iterator[tuple[float, str, Fact]]:
    """A callback was not answered in the provider's time."""
    for tried in heard.attempts:
        if tried.forged or tried.error != "timeout":
            continue
        policy = heard.part.contract.callbacks.policies[tried.kind]
        says = f"a callback is answered within {policy.timeout:g} seconds"
        fact = heard.facts.fact(says, f"callbacks.yaml policy {tried.kind} timeout", policy.evidence_of("timeout"))
        yield tried.at, f"attempt {tried.number} of {tried.event} to {_bare(tried.url)} had no answer", fact


def took_a_forgery(heard: Heard) -> Iterator[tuple[float, str, Fact]]:
    """A callback with a wrong signature was answered with 2xx; one with a former secret may be."""
    signature = heard.part.contract.callbacks.signature
    if signature is None:
        return
    says = f"{signature.header} tells a forged callback from a true one"
    fact = heard.facts.fact(says, "callbacks.yaml signature", signature.evidence)
    for tried in heard.attempts:
        strange = tried.forged or (tried.fault or "").partition(";")[0] == BADLY_SIGNED
        if strange and tried.status is not None and 200 <= tried.status < 300:
            yield tried.at, f"a forged callback to {_bare(tried.url)} was answered {tried.status}", fact


MANNERS: tuple[Manner, ...] = (
    sent_what_is_forbidden,
    polled_after_the_end,
    polled_too_often,
    retried_a_refusal,
    came_before_its_time,
    answered_too_late,
    took_a_forgery,
)


def name_of(manner: Manner) -> str:
    """The id of a manner: `polled-too-often`."""
    return manner.__name__.replace("_", "-")


def breaches(parts: Iterable[Part], *, allow: Iterable[str] = ()) -> list[Breach]:
    """Every breach on these parts, in the order of time.

    Args:
        allow: ids of manners that may be broken.

    Raises:
        OptionError: there is no such manner.
    """
    known = [name_of(manner) for manner in MANNERS]
    for name in allow:
        if name not in known:
            raise OptionError("manner to allow", name, known)
    found = [
        Breach(name_of(manner), part.name, at, done, fact)
        for part in parts
        for manner in MANNERS
        if name_of(manner) not in (*allow,)
        for at, done, fact in manner(_heard(part))
    ]
    return sorted(found, key=lambda one: one.at)


def _heard(part: Part) -> Heard:
    journal = part.journal
    attempts = (*journal.attempts(provider=part.name), *journal.attempts(provider=part.name, forged=True))
    return Heard(part, tuple(journal.requests(provider=part.name)), attempts, Facts(part.contract))


def _same(entry: Entry) -> tuple[object, ...]:
    """What makes two requests the same."""
    return entry.account, entry.method, entry.path, entry.query, entry.body, entry.header("prefer")


def _shown(entry: Entry) -> str:
    return f"{entry.method} {entry.path}"


def _bare(url: str) -> str:
    """An address without what may be a secret in it."""
    return url.partition("?")[0]
