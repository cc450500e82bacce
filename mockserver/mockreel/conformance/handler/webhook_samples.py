"""The webhooks for a handler: each about a job that has just ended, so that no date is old."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from mockreel.contract import Contract
from mockreel.errors import OptionError
from mockreel.simulator.in_process.sample_webhooks import Happening, happenings
from mockreel.webhooks.payloads import documented

# What a field of a payload is varied with, where its schema allows it.
VARIANTS: tuple[Any, ...] = (
    {},
    {"note": "Überraschung, 纸船 \U0001f6a4", "nested": {"list": [1, None, "x"]}},
    {"key": "v" * 2000},
    [],
    0,
    0.5,
    9_007_199_254_740_991,
    False,
)


@dataclass(frozen=True, slots=True)
class Job:
    """The job of a webhook, to be announced to the handler first."""

    provider: str
    id: str
    operation: str
    state: str
    event: str
    payload: Any

    def row(self) -> Mapping[str, Any]:
        """The same as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True)
class Webhook:
    """One valid webhook, without its signature."""

    sample: Happening

    @property
    def what(self) -> str:
        return f"{self.sample.word} ({self.sample.operation}, {self.sample.state})"

    @property
    def body(self) -> bytes:
        return self.sample.body

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return self.sample.headers

    @cached_property
    def payload(self) -> Any:
        """The body, parsed."""
        return orjson.loads(self.body)

    def job(self, provider: str) -> Job:
        """What it tells of."""
        one = self.sample
        return Job(provider, one.subject, one.operation, one.state, one.word, self.payload)

    def with_field(self, name: str, value: Any) -> "Webhook":
        """The same with one field of its payload changed."""
        return Webhook(replace(self.sample, body=orjson.dumps({**self.payload, name: value})))

    def without(self, name: str) -> bytes:
        """The body without a field."""
        return orjson.dumps({key: value for key, value in self.payload.items() if key != name})

    def other_bodies(self) -> Iterator[tuple[str, bytes]]:
        """Bodies that this one's signature does not go with."""
        subject = self.sample.subject
        changed = subject[:-1] + ("1" if subject[-1] == "0" else "0")
        yield (
            "with one digit of its id changed after it was signed",
            self.body.replace(subject.encode(), changed.encode()),
        )
        yield "with a blank behind it after it was signed", self.body + b" "
        yield "with its end cut off after it was signed", self.body[:-1]

    def nulls(self) -> Iterator[tuple[str, "Webhook"]]:
        """For each field that may be null, the same with null there."""
        for name in self._free():
            if self.payload[name] is not None and self._allows(name, None):
                yield f"{self.what} with {name} null", self.with_field(name, None)

    def variants(self) -> Iterator[tuple[str, "Webhook"]]:
        """The same with other values that the schema allows, one field at a time."""
        for name in self._free():
            for value in VARIANTS:
                if value != self.payload[name] and self._allows(name, value):
                    shown = orjson.dumps(value).decode()
                    yield f"{self.what} with {name} {shown[:60]}", self.with_field(name, value)

    def _allows(self, name: str, value: Any) -> bool:
        return not self.sample.callback.wrong({**self.payload, name: value})

    def _free(self) -> list[str]:
        """The fields other than the job's id, state, times and result."""
        fixed = self._result_fields()
        return [name for name, value in self.payload.items() if not isinstance(value, str | list) and name not in fixed]

    def _result_fields(self) -> set[str]:
        """The fields that hold the results, or the whole job."""
        callback = self.sample.callback
        jobs = callback.contract.conversation.jobs.values()
        places = [place for talk in jobs for place in talk.results]
        places += [talk.webhook.state for talk in jobs if talk.webhook and talk.webhook.state]
        return {place.split("/")[1] for place in places}


@dataclass(frozen=True, slots=True)
class Samples:
    """Makes the webhooks of some operations' jobs.

    Args:
        moment: when the newest is sent, in seconds since the epoch.
        data: a further data folder.
    """

    contract: Contract
    operations: frozenset[str]
    moment: float
    data: Path | None = None

    def drawn(self, seed: int) -> list[Webhook]:
        """One for each operation and each end of its job; another seed makes other jobs."""
        own = self.data is not None and (self.data / "contracts" / self.contract.provider).is_dir()
        found = happenings(self.contract, seed=seed, root=self.data if own else None, moment=self.moment)
        return [Webhook(one) for one in found if one.operation in self.operations]


def operations_of(contract: Contract, names: Sequence[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The operations whose jobs are reported, and the others: a handler need not support every kind of job.

    Unless some are named, it is those of the first sort in `conversation.yaml`.

    Raises:
        OptionError: an operation whose jobs have no webhook.
    """
    known = [one.operation.id for one in documented(contract)]
    for name in names:
        if name not in known:
            raise OptionError("--operation", name, known)
    first = next(iter(contract.conversation.jobs.values()), None)
    usual = [name for name in known if first is not None and name in first.submits] or known
    chosen = frozenset(names or usual)
    return chosen, tuple(name for name in known if name not in chosen)


def one_of_each_event(webhooks: list[Webhook]) -> list[Webhook]:
    """The first of each event's word."""
    return list({webhook.sample.word: webhook for webhook in reversed(webhooks)}.values())[::-1]


def one_of_each_operation(webhooks: list[Webhook]) -> list[Webhook]:
    """The first that tells of a job of each operation."""
    return list({webhook.sample.operation: webhook for webhook in reversed(webhooks)}.values())[::-1]
