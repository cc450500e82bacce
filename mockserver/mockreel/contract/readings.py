"""Readings: the ways to read contradictory docs, chosen when a contract is loaded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel.contract.data.contract_rows import ContractRows
from mockreel.contract.data.data_files import Document
from mockreel.contract.data.parser import Cursor, evidence
from mockreel.contract.rows import Evidence
from mockreel.errors import DataError, OptionError


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a reading: its changes of the OpenAPI document (overlay actions) and of data files (patches)."""

    name: str
    says: str
    evidence: Evidence
    overlay: tuple[Mapping[str, Any], ...] = ()
    patch: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A contradiction in the docs: an id, a question, its options and the default among them."""

    id: str
    numbers: tuple[str, ...]  # the contradictions of the fact sheet that it resolves; none for a reading of our own
    question: str
    default: str
    options: Mapping[str, Option]


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a set of chosen options, in the order of the readings' ids."""

    overlay: tuple[Mapping[str, Any], ...]
    patches: Mapping[str, list[Any]]


def read_readings(folder: Path) -> dict[str, Reading]:
    """Every reading below a folder, by id.

    Raises:
        DataError: a file is unreadable, or its name and its id differ.
    """
    paths = sorted(path for path in folder.glob("*.yaml") if path.stem != "NOT")
    rows = ContractRows(folder.parent)
    return {path.stem: _reading(path, rows.read(f"{folder.name}/{path.name}")) for path in paths}


def _reading(path: Path, document: Document) -> Reading:
    row = Cursor(str(path), document)
    if row.at("id").text() != path.stem:
        raise DataError(str(path), f"the id is {row.at('id').value!r}", expected=f"{path.stem!r}, as the file is named")
    options = row.at("options").each(_option)
    default: str = row.at("default").choice(tuple(options))
    return Reading(path.stem, _numbers(row.maybe("number")), row.at("question").text(), default, options)


def _numbers(row: Cursor | None) -> tuple[str, ...]:
    """One number or a list of them, as text."""
    if row is None:
        return ()
    return tuple(str(number) for number in (row.value if isinstance(row.value, list) else [row.value]))


def _option(name: str, row: Cursor) -> Option:
    return Option(name, row.at("says").text(), evidence(row), tuple(row.get("overlay", [])), row.get("patch", {}))


def choose(readings: Mapping[str, Reading], chosen: Mapping[str, str]) -> dict[str, str]:
    """Every reading with its option: the chosen one, or the default.

    Raises:
        OptionError: an unknown reading or option.
    """
    for name, option in chosen.items():
        if name not in readings:
            raise OptionError("reading", name, readings)
        if option not in readings[name].options:
            raise OptionError(f"option of the reading {name}", option, readings[name].options)
    return {name: chosen.get(name, reading.default) for name, reading in readings.items()}


def changes(readings: Mapping[str, Reading], chosen: Mapping[str, str]) -> Changes:
    """The changes of the chosen options."""
    options = [readings[name].options[option] for name, option in sorted(chosen.items())]
    patches: dict[str, list[Any]] = {}
    for option in options:
        for file, patch in option.patch.items():
            patches.setdefault(file, []).append(patch)
    return Changes(tuple(action for option in options for action in option.overlay), patches)


def apply_overlay(document: Document, actions: Iterable[Mapping[str, Any]], *, where: str) -> Document:
    """The document with OpenAPI Overlay 1.0 actions applied; the argument is not changed.

    Raises:
        DataError: a target is not a JSONPath, or selects nothing.
    """
    actions = tuple(actions)
    if not actions:
        return document
    import copy  # noqa: PLC0415  (imported only for chosen readings)

    result = copy.deepcopy(document)
    for action in actions:
        result = _act(result, action, where=where)
    return result


def _act(document: Document, action: Mapping[str, Any], *, where: str) -> Document:
    import jsonpath  # noqa: PLC0415

    target = str(action.get("target"))
    try:
        places = [tuple(match.parts) for match in jsonpath.finditer(target, document)]
    except jsonpath.JSONPathError as problem:
        raise DataError(where, f"the overlay target {target!r} is not a JSONPath ({problem})") from problem
    if not places:
        raise DataError(where, f"the overlay target {target!r} selects nothing")
    if bool(action.get("remove")) == ("update" in action):
        raise DataError(where, f"the overlay action on {target!r} does not say what to do", expected="update or remove")
    # Last first, so that a removal does not move later targets.
    for place in reversed(places):
        document = _change(document, place, action, where=where)
    return document


def _change(document: Document, place: tuple[Any, ...], action: Mapping[str, Any], *, where: str) -> Document:
    if not place:
        if action.get("remove") or not isinstance(action["update"], Mapping):
            raise DataError(where, "an overlay action would leave no document", expected="an update with a mapping")
        return merge_update(document, action["update"])
    parent: Any = document
    for part in place[:-1]:
        parent = parent[part]
    if action.get("remove"):
        del parent[place[-1]]
    else:
        parent[place[-1]] = _update(parent[place[-1]], action["update"])
    return document


def _update(old: Any, new: Any) -> Any:
    """Overlay's update: objects are merged, an array gets the new item, anything else is replaced."""
    if isinstance(old, dict) and isinstance(new, Mapping):
        return merge_update(old, new)
    return [*old, new] if isinstance(old, list) else new


def merge_update(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Deep merge without removals (`null` is a value here, unlike in a merge patch)."""
    result = dict(old)
    for key, value in new.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merge_update(result[key], value) if both else value
    return result
