"""What the demo performs: one job for each documented page, the section `demo` of `conversation.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel.contract.conversation.section import read_conversation
from mockreel.contract.data.parser import Cursor, evidence


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a script; texts in it may hold `$callback` and `{id}`."""

    method: str
    path: str
    body: Any = None
    save: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """One job: how it is submitted and polled, and where its id, state and result stand (JSON pointers).

    Without `poll` the submit itself answers when the job has ended.
    """

    provider: str
    page: str
    model: str
    submit: Exchange
    input: str
    result: str
    id: str | None
    state: str | None
    poll: Exchange | None
    callback: bool
    note: str


@dataclass(frozen=True, slots=True)
class Script:
    """The acts of one provider, and what must be set up before them."""

    setup: tuple[Exchange, ...]
    acts: tuple[Act, ...]


def read_script(provider: str, *, root: Path | None = None) -> Script:
    """A provider's script; an empty one where it has none.

    Raises:
        DataError: the file is unreadable or lacks something.
    """
    file = read_conversation(provider, root=root)
    row = file.maybe("demo") if file else None
    if row is None:
        return Script((), ())
    setup = [Cursor(f"{row.where}/setup/{n}", one) for n, one in enumerate(row.mapping().get("setup", []))]
    acts = [Cursor(f"{row.where}/jobs/{n}", one) for n, one in enumerate(row.mapping().get("jobs", []))]
    return Script(tuple(map(_exchange, setup)), tuple(_act(provider, act) for act in acts))


def _act(provider: str, row: Cursor) -> Act:
    evidence(row)
    poll = row.maybe("poll")
    return Act(
        provider,
        row.at("page").text(),
        row.at("model").text(),
        _exchange(row.at("submit")),
        row.get("input", ""),
        row.at("result").text(),
        row.get("id", "") or None,
        row.get("state", "") or None,
        _exchange(poll) if poll else None,
        row.get("callback", False),
        row.get("note", ""),
    )


def _exchange(row: Cursor) -> Exchange:
    return Exchange(row.get("method", "POST"), row.at("path").text(), row.mapping().get("body"), row.get("save", {}))


def filled(value: Any, words: Mapping[str, str]) -> Any:
    """A request's value with every `$word` and `{word}` replaced."""
    if isinstance(value, Mapping):
        return {key: filled(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, words) for item in value]
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(f"${word}", text).replace(f"{{{word}}}", text)
    return value
