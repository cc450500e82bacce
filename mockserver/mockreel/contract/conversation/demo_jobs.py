"""The jobs of the demo, one for each documented page: the section `demo` of `conversation.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel.contract.conversation.section import read_conversation
from mockreel.contract.data.parser import Cursor, evidence


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a script; its texts may contain `$callback` and `{id}`."""

    method: str
    path: str
    body: Any = None
    save: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """One job: its submit and poll requests, and the places of its id, state and result (JSON pointers).

    Without `poll`, the response to the submit arrives when the job has ended.
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
    """The jobs of one provider, and the requests to send before them."""

    setup: tuple[Exchange, ...]
    acts: tuple[Act, ...]


def read_script(provider: str, *, root: Path | None = None) -> Script:
    """A provider's script; an empty one if it has none.

    Raises:
        DataError: the file is unreadable or incomplete.
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


def filled(value: Any, texts: Mapping[str, str]) -> Any:
    """A request's value with every `$name` and `{name}` replaced."""
    if isinstance(value, Mapping):
        return {key: filled(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, texts) for item in value]
    if isinstance(value, str):
        for name, text in texts.items():
            value = value.replace(f"${name}", text).replace(f"{{{name}}}", text)
    return value
