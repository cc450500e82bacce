"""A checkpoint: the whole state behind an entry of a log, so that only later entries are applied again.

It is a cache beside its log: one that is missing, damaged or of another run is rebuilt from the log.
"""

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from mockreel.contract import Contract
from mockreel.engine.accounts.keyring import Admission
from mockreel.errors import MockreelError
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots.snapshot_reader import read_part
from mockreel.simulator.snapshots.snapshot_restore import fill, read_due, read_rules
from mockreel.simulator.snapshots.snapshot_writer import document
from mockreel.simulator.storage.checkpoints.job_columns import read_due_rows, read_jobs, write_due, write_jobs
from mockreel.simulator.storage.key_list import difference, listed_row
from mockreel.simulator.storage.request_record import alias
from mockreel.whole_file import PRIVATE

# The form of a checkpoint; another one is made again.
FORM = 2
_MARK = b"mockreel checkpoint\n"
_DIGEST = 16


# Loads the contract of a provider with these readings.
Load = Callable[[str, Mapping[str, str]], Contract]
# An attempt in progress: the provider, the delivery, when it was due, and when it began.
UnderWay = tuple[str, str, float, float]


class Checkpoint(NamedTuple):
    """Behind which entry it was taken, how the clock was last set, and the state."""

    number: int
    clock: tuple[float, Mapping[str, Any]]
    under_way: list[UnderWay]
    document: Mapping[str, Any]


def take(
    simulator: Simulator,
    *,
    run: str,
    number: int,
    clock: tuple[float, Mapping[str, Any]],
    under_way: Iterable[UnderWay] = (),
    more: Mapping[str, Any] | None = None,
) -> bytes:
    """A checkpoint of a simulator, as bytes.

    Args:
        run: the id of the run.
        number: the last entry that is in it.
        clock: how the clock was last set, and when.
        under_way: the attempts in progress.
        more: further JSON to store with it.
    """
    written = document(simulator, jobs=write_jobs, again=False)
    row = {
        "form": FORM,
        "run": run,
        "number": number,
        "clock": clock,
        "under_way": list(under_way),
        "more": more,
        "document": {**written, "due": write_due(written["due"])},
        "keys": {
            name: [asdict(one) for one in provider.keyring.admissions()]
            for name, provider in simulator.providers.items()
        },
        "listed": {name: _listed(provider) for name, provider in simulator.providers.items()},
        "names": {name: provider.keyring.account_names() for name, provider in simulator.providers.items()},
        "urls": {name: _urls(provider) for name, provider in simulator.providers.items()},
        "readings": {name: dict(provider.contract.chosen) for name, provider in simulator.providers.items()},
    }
    data = orjson.dumps(row, option=orjson.OPT_NON_STR_KEYS)
    return _MARK + blake2b(data, digest_size=_DIGEST).digest() + data


def _listed(provider: Provider) -> dict[str, Any]:
    """What the list of keys has for those that were used, by their hashes."""
    keyring = provider.keyring
    return {one.key: listed_row(keyring.list_entry(one.key)) for one in keyring.admissions()}


def _urls(provider: Provider) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(one.number, one.base_url, one.keys) for one in provider.keyring.accounts.values()]


def keep(path: Path, data: bytes) -> None:
    """Write a checkpoint beside its log, in the place of the one before.

    It does not wait for the disk: one that a power loss has damaged is rebuilt.

    Raises:
        OSError: it cannot be written.
    """
    half = half_of(path)
    try:
        write(half, data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def half_of(path: Path) -> Path:
    """Where a checkpoint is written before it takes its place."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")


def write(half: Path, data: bytes) -> None:
    """Write a checkpoint that takes its place later.

    Raises:
        OSError: it cannot be written.
    """
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def forget_halves(path: Path) -> None:
    """Remove what a server has left that was killed while one was made."""
    for half in path.parent.glob(f".{path.name}.*.part"):
        half.unlink(missing_ok=True)


def find(path: Path, *, run: str) -> Checkpoint | None:
    """The checkpoint in a file; None if there is no usable one. Parameters are those of `read`."""
    try:
        return read(path.read_bytes(), run=run)
    except OSError:
        return None


def read(raw: bytes, *, run: str) -> Checkpoint | None:
    """The checkpoint that `take` wrote; None if it is unusable.

    Args:
        run: the run that it must be of.
    """
    data = raw[len(_MARK) + _DIGEST :]
    if not raw.startswith(_MARK + blake2b(data, digest_size=_DIGEST).digest()):
        return None
    row = orjson.loads(data)
    if row["form"] != FORM or row["run"] != run:
        return None
    under_way = [(provider, id_, due, at) for provider, id_, due, at in row["under_way"]]
    return Checkpoint(row["number"], tuple(row["clock"]), under_way, row)


def restore(simulator: Simulator, found: Checkpoint, *, load: Load) -> bool:
    """Restore a checkpoint into a fresh simulator; returns whether it fits. If not, the simulator is unchanged.

    Args:
        load: loads contracts with the readings that were chosen when it was taken.
    """
    before = {name: provider.contract for name, provider in simulator.providers.items()}
    if not _lists_as_then(simulator, found.document["listed"]):
        return False  # the log says what has changed
    try:
        _read_docs_as(simulator, found.document["readings"], load)
        stored = found.document["document"]
        by_provider = {
            name: read_part(simulator.provider(name), one, read_jobs=read_jobs)
            for name, one in stored["providers"].items()
        }
        rules = read_rules(simulator, stored["rules"])
        due = read_due(simulator, read_due_rows(stored["due"]), by_provider)
    except (MockreelError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        simulator.switch_contracts(
            {name: one for name, one in before.items() if simulator.provider(name).contract is not one}
        )
        return False
    fill(simulator, stored, by_provider, rules, due)
    _find_accounts(simulator, found.document)
    return True


def _lists_as_then(simulator: Simulator, listed: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the keys that were used are listed as they were."""
    return all(
        not difference(row, listed_row(simulator.provider(name).keyring.list_entry(key)))
        for name, rows in listed.items()
        for key, row in rows.items()
    )


def _read_docs_as(simulator: Simulator, readings: Mapping[str, Mapping[str, str]], load: Load) -> None:
    """Choose the readings that were chosen."""
    changed = {name: chosen for name, chosen in readings.items() if chosen != simulator.provider(name).contract.chosen}
    if changed:
        simulator.switch_contracts({name: load(name, chosen) for name, chosen in changed.items()})


def _find_accounts(simulator: Simulator, row: Mapping[str, Any]) -> None:
    """Have each account found by the keys that have used it."""
    for name, provider in simulator.providers.items():
        provider.keyring.rename(row["names"][name])
        for one in row["keys"][name]:
            provider.keyring.readmit(Admission(**one), alias=alias(one["number"]))
        by_number = {one.number: one for one in provider.keyring.accounts.values()}
        for place, url, keys in row["urls"][name]:
            by_number[place].base_url, by_number[place].keys = url, tuple(keys)
