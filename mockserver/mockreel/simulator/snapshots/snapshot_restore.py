"""Restore a snapshot: everything is read and checked first, then it replaces the simulator's state."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockreel import __version__
from mockreel.engine.scenarios.rules import Rule, Rules
from mockreel.engine.scheduler import Queue, queue_of
from mockreel.errors import Conflict, DataError, MockreelError
from mockreel.simulator.jobs.job_end import JobEnd, Reckoning
from mockreel.simulator.provider import Provider
from mockreel.simulator.rule_parser import set_rule
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.snapshots.snapshot_lines import SnapshotLines
from mockreel.simulator.snapshots.snapshot_reader import WHERE, ProviderSnapshot, one_of, read_part
from mockreel.simulator.snapshots.snapshot_schema import check_shape
from mockreel.simulator.snapshots.snapshot_seal import check_seal
from mockreel.simulator.snapshots.snapshot_writer import FORM, other_readings, version
from mockreel.webhooks.dispatcher import AttemptDue


@dataclass(frozen=True, slots=True)
class ReadSnapshot:
    """A snapshot that was read for a simulator, ready to replace its state."""

    document: Mapping[str, Any]
    by_provider: Mapping[str, ProviderSnapshot]
    rules: list[Rule]
    due: Queue
    written: Any = None  # the whole document in JSON, if `document` is its head only and somebody records it


def restore(simulator: Simulator, document: Any) -> list[Any]:
    """Restore a snapshot in place of all state; the journal is reset. Returns what `Simulator.reset` does.

    Call it on the simulator's event loop.

    Raises:
        DataError: it is not a snapshot of a form that this version reads; the simulator is unchanged.
        Conflict: it belongs to a simulator with other settings; the simulator is unchanged.
    """
    return replace_state(simulator, read_snapshot(simulator, document))


def read_snapshot(simulator: Simulator, document: Any) -> ReadSnapshot:
    """Read and check a snapshot, which is the long part: in any thread, as it changes nothing.

    Raises:
        DataError: it is not a snapshot of a form that this version reads.
        Conflict: it belongs to a simulator with other settings.
    """
    check_shape(document, form=FORM)
    _check_simulator(simulator, document)
    found = _read(simulator, document, document["providers"].items(), lambda: document["due"])
    check_seal(document, where=WHERE)
    return found


def read_snapshot_lines(simulator: Simulator, lines: SnapshotLines, *, written: Any = None) -> ReadSnapshot:
    """The same from lines; raises what `read_snapshot` does.

    Args:
        written: the whole document in JSON, for who records what was restored.
    """
    _check_simulator(simulator, lines.head)
    found = _read(simulator, lines.head, lines.parts(), lines.due)
    if lines.changed is not None:
        raise lines.changed
    return replace(found, written=written)


def _read(
    simulator: Simulator,
    document: Mapping[str, Any],
    parts: Iterable[tuple[str, Mapping[str, Any]]],
    due: Callable[[], Iterable[Mapping[str, Any]]],
) -> ReadSnapshot:
    try:
        by_provider = {name: read_part(simulator.provider(name), row) for name, row in parts}
        rules = read_rules(simulator, document["rules"])
        return ReadSnapshot(document, by_provider, rules, read_due(simulator, due(), by_provider))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as problem:
        raise DataError(WHERE, f"it cannot be read ({type(problem).__name__}: {problem})"[:300]) from problem


def replace_state(simulator: Simulator, snapshot: ReadSnapshot) -> list[Any]:
    """Put what was read in place of all state, at once, however much it is; call it on the simulator's event loop.

    Returns what `Simulator.reset` does.

    Raises:
        Conflict: the simulator's settings were changed since it was read; the simulator is unchanged.
    """
    _check_simulator(simulator, snapshot.document)
    recorded = snapshot.document if snapshot.written is None else snapshot.written
    return fill(simulator, snapshot.document, snapshot.by_provider, snapshot.rules, snapshot.due, recorded=recorded)


def read_due(
    simulator: Simulator, rows: Iterable[Mapping[str, Any]], by_provider: Mapping[str, ProviderSnapshot]
) -> Queue:
    """What must happen at a moment, in order."""
    return queue_of(_due(row, simulator, by_provider) for row in rows)


def fill(
    simulator: Simulator,
    document: Mapping[str, Any],
    by_provider: Mapping[str, ProviderSnapshot],
    rules: list[Rule],
    due: Queue,
    *,
    recorded: Any = None,
) -> list[Any]:
    """Replace the state with what was read; this cannot fail. Returns what `Simulator.reset` does.

    Args:
        recorded: what the simulator's log stores of it, if it has one; the document if None.
    """
    forgotten = simulator.reset()
    clock = document["clock"]
    simulator.clock.begin_at(clock["now"], held=clock["held"], speed=clock["speed"])
    for name, part in by_provider.items():
        _fill(simulator.provider(name), part)
    simulator.rules.restore(rules)
    simulator.scheduler.adopt(due)
    simulator.events.reset()
    if simulator.recorder is not None:
        simulator.recorder.restored(document if recorded is None else recorded)
    return forgotten


def _check_simulator(simulator: Simulator, document: Mapping[str, Any]) -> None:
    """Check that the simulator has the settings of the snapshot.

    Raises:
        Conflict: another version, other providers, another seed, or other readings.
    """
    if document["mockreel"] != __version__:
        there = document["mockreel"]
        raise Conflict(
            f"The snapshot was taken by mockreel {there}; this is {__version__}. Take a new one with this version."
        )
    names = tuple(document["providers"])
    if set(names) != set(simulator.providers):
        wanted = " ".join(f"--provider {name}" for name in names)
        raise Conflict(
            f"The snapshot has {', '.join(names)}; this one has {', '.join(simulator.providers)}. Serve with {wanted}."
        )
    if document["seed"] != simulator.settings.seed:
        here, there = simulator.settings.seed, document["seed"]
        raise Conflict(f"The snapshot has the seed {there}; here it is {here}. Serve with --seed {there}.")
    for name, row in document["providers"].items():
        own = version(simulator.provider(name).contract)
        if row["contract"] != own:
            there = row["contract"]
            raise Conflict(
                f"The snapshot has version {there} of the contract of {name}; here it is {own}. Take a new one."
            )
        readings = row["readings"]
        if readings != other_readings(simulator.provider(name).contract):
            chosen = " ".join(f"--reading {name}:{one}={option}" for one, option in readings.items()) or "the defaults"
            raise Conflict(f"The snapshot has other readings for {name}: {chosen}. Choose them, then restore.")


def read_rules(simulator: Simulator, rows: list[Mapping[str, Any]]) -> list[Rule]:
    """The rules with their numbers and counts; each must be possible here."""
    found, scratch = [], Rules()
    scratch.results = simulator.rules.results
    for row in rows:
        row_of_rule = {name: value for name, value in row.items() if name not in ("id", "seen", "turns")}
        try:
            rule = set_rule(scratch, simulator.providers, row_of_rule)
        except MockreelError as problem:
            raise DataError(f"{WHERE} /rules", str(problem).rstrip(".")) from problem
        turns = {(provider, account): turn for provider, account, turn in row["turns"]}
        found.append(replace(rule, id=row["id"], seen=row["seen"], turns=turns))
    return found


def _due(
    row: Mapping[str, Any], simulator: Simulator, by_provider: Mapping[str, ProviderSnapshot]
) -> tuple[float, Any]:
    """What must happen at a moment."""
    part, at = one_of(by_provider, row["provider"], "provider"), row["at"]
    provider = simulator.provider(row["provider"])
    if row["what"] == "end":
        return at, JobEnd(provider, one_of(part.jobs, row["id"], "job"), at)
    if row["what"] == "reckoning":
        return at, Reckoning(provider, one_of(part.accounts, row["id"], "account"))
    delivery = one_of(part.deliveries, row["id"], "delivery")
    if delivery.next_at is None:  # it was under way
        delivery.next_at = at
    return at, AttemptDue(provider.deliveries, delivery)


def _fill(provider: Provider, part: ProviderSnapshot) -> None:
    """Everything that was read takes its place; nothing can go wrong any more."""
    provider.keyring.restore((account, number in part.listed) for number, account in part.accounts.items())
    provider.jobs.adopt(part.store)
    held = [part.deliveries[name] for name in part.row["held"] if name in part.deliveries]
    provider.deliveries.restore(part.deliveries.values(), damage=part.damage, held=held)
    for upload in part.uploads:
        provider.uploads.announce(upload)
    provider.numbers.update(part.row["numbers"])
    provider.ledger.opened = part.row["opened"]
    provider.state = part.state
    provider.base_url = provider.base_url or part.row["base_url"]
