"""The `recording` section of `conversation.yaml`: the job and the errors to record, and what is stored of messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel.contract.conversation.section import required_section, sections
from mockreel.contract.data.parser import Cursor, evidence


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """A request that is refused and costs nothing: a poll of an id, or a submit; with the key, or with a wrong one."""

    name: str
    row: str
    poll: str | None
    model: str | None
    input: Mapping[str, Any]
    wrong_key: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """One provider's rows, and what keys look like. `words`, `texts`, `ids` name fields; `a/b` is the field b in a."""

    provider: str
    variables: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    model: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)
    refusals: tuple[ErrorCase, ...] = ()
    words: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()


def read_rules(provider: str, *, root: Path | None = None) -> Rules:
    """The rows of one provider.

    Raises:
        OptionError: the provider has no section `recording` in its `conversation.yaml`.
        DataError: a row does not fit.
    """
    file = required_section(provider, "recording", root=root)
    key, job, fields = file.at("key"), file.at("job"), file.at("fields")
    for row in (key, job, fields):
        evidence(row)
    return Rules(
        provider,
        key.at("variables").texts(),
        looks_of_all(root=root),
        job.at("model").text(),
        job.at("input").mapping(),
        tuple(file.at("refusals").each(_error_case).values()),
        *(frozenset(fields.at(name).texts()) for name in ("words", "texts", "ids")),
    )


def looks_of_all(*, root: Path | None = None) -> tuple[str, ...]:
    """The key patterns of every provider: a cassette may contain another provider's key."""
    rows = sections("recording", root=root).values()
    return tuple(dict.fromkeys(look for row in rows for look in row.at("key").at("looks").texts()))


def _error_case(name: str, row: Cursor) -> ErrorCase:
    evidence(row)
    poll, submit, key = row.maybe("poll"), row.maybe("submit"), row.maybe("key")
    return ErrorCase(
        name,
        row.at("row").text(),
        poll.text() if poll else None,
        submit.at("model").text() if submit else None,
        submit.at("input").mapping() if submit else {},
        key is not None and key.choice(("wrong",)) == "wrong",
    )
