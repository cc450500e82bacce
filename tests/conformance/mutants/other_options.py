"""The options of readings that are not the default: each makes the rows false that it changes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from mockreel._data import data_root
from mockreel.contract.readings import Option, apply_overlay, read_readings
from mockreel.errors import DataError


@cache
def _options(provider: str) -> tuple[Option, ...]:
    readings = read_readings(data_root() / "contracts" / provider / "readings").values()
    return tuple(
        option for reading in readings for option in reading.options.values() if option.name != reading.default
    )


def other_options(provider: str, file: str, document: Any, steps: Sequence[str | int]) -> Iterator[Any]:
    """A document with one row as another option of a reading has it, for each that changes the row."""
    for option in _options(provider):
        changed = _overlay(document, option, steps)
        if changed is None and file in option.patch:
            changed = _patch(document, option.patch[file], steps)
        if changed is not None and changed != document:
            yield changed


def _overlay(document: Any, option: Option, steps: Sequence[str | int]) -> Any:
    """With what the option's actions say of the row."""
    actions = [found for one in option.overlay if (found := _narrow(one, steps)) is not None]
    try:
        return apply_overlay(document, actions, where=_place(steps)) if actions else None
    except DataError:
        return None


def _place(steps: Sequence[str | int]) -> str:
    return f"$['{steps[0]}']" + "".join(f".{step}" for step in steps[1:])


def _narrow(action: Mapping[str, Any], steps: Sequence[str | int]) -> Mapping[str, Any] | None:
    """An action as far as it is about the row; None where it is not."""
    target, place = str(action["target"]), _place(steps)
    if target == place or target.startswith((f"{place}.", f"{place}[")):
        return action
    for length in range(1, len(steps)):
        if target == _place(steps[:length]):
            update = action.get("update")
            for step in steps[length:]:
                update = update.get(step) if isinstance(update, dict) else None
            return None if update is None else {"target": place, "update": update}
    return None


def _patch(document: Any, patch: Any, steps: Sequence[str | int]) -> Any:
    """With what the option's patch says of the row, and of nothing else."""
    for step in steps:
        if not isinstance(patch, dict) or step not in patch:
            return None
        patch = patch[step]
    if not isinstance(patch, dict):
        return None
    return _merge(document, steps, patch)


def _merge(node: Any, steps: Sequence[str | int], patch: Any) -> Any:
    if steps:
        return {**node, steps[0]: _merge(node[steps[0]], steps[1:], patch)} if isinstance(node, dict) else node
    if not isinstance(node, dict) or not isinstance(patch, dict):
        return patch
    merged = {name: _merge(node.get(name), (), value) for name, value in patch.items() if value is not None}
    return {name: value for name, value in {**node, **merged}.items() if patch.get(name, value) is not None}
