"""How the options store a run, and the options that its log depends on."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from mockreel import __version__
from mockreel.contract import Contract, load_contract
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import read_keys
from mockreel.engine.clock import Clock
from mockreel.engine.journal import har
from mockreel.errors import MissingPackage, OptionError, OptionsClash
from mockreel.server.admin.control_routes import perform
from mockreel.server.admin.views import shown_entry, shown_tried
from mockreel.server.mock_server import MockServer
from mockreel.server.server_options import Options
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.checkpoints.checkpoint import Load
from mockreel.simulator.storage.local_run import LocalRun
from mockreel.simulator.storage.logs.run_bundle import JOURNAL, Bundle
from mockreel.simulator.storage.logs.run_log import PLACES, RunLog
from mockreel.simulator.storage.logs.sqlite_log import SqliteLog
from mockreel.webhooks import WebhookSecret
from mockreel.whole_file import write_whole

if TYPE_CHECKING:
    from mockreel.simulator.storage.shared.shared_run import SharedRun

    # A run that one server keeps, or several servers share.
    ServedRun = LocalRun | SharedRun

DURABILITIES = ("process", "sync")


def open_run(
    options: Options, contracts: Mapping[str, Contract], secrets: Mapping[str, WebhookSecret], clock: Clock
) -> "ServedRun | None":
    """The run of the options, or None.

    Raises:
        OptionError: there is no such durability.
        StateError: the file is not ours, is in use, or is of a run with other options.
    """
    if options.durability not in DURABILITIES:
        raise OptionError("durability", options.durability, DURABILITIES)
    if options.state is not None and options.record_run is not None:
        raise OptionsClash(
            "--record-run",
            "--state",
            then="A recorded run begins with its server, and the one that --state keeps may have begun before. "
            "Leave out one of the two: the run that --state keeps can be looked back on too.",
        )
    if isinstance(options.state, Path) and not options.state.name:  # a folder's own name, such as `.` or `/`
        raise OptionError("--state", str(options.state), PLACES, then="It is a folder.")
    settings = settings_of(options, secrets)
    checkpoints: Path | None = None
    versions = {name: str(one.document["info"]["version"]) for name, one in contracts.items()}
    if options.record_run is not None:
        log: RunLog = Bundle(options.record_run, new=True)
    elif isinstance(options.state, str):
        return _shared(options, options.state, contracts, clock, settings=settings, versions=versions)
    elif options.state is not None:
        log = SqliteLog(options.state, sync=options.durability == "sync")
        checkpoints = options.state.with_name(f"{options.state.name}-checkpoint")
    else:
        return None
    try:
        run = LocalRun(
            log,
            settings=settings,
            contracts=versions,
            clock=clock,
            load=loader(contracts),
            checkpoints=checkpoints,
            responses=options.record_run is not None,
        )
    except BaseException:
        log.close()
        raise
    if isinstance(log, SqliteLog) and log.unended:
        logging.getLogger("mockreel").warning(log.unended)
    return run


def _shared(
    options: Options, url: str, contracts: Mapping[str, Contract], clock: Clock, **run_facts: Any
) -> "SharedRun":
    """A run that several servers share."""
    try:
        from mockreel.simulator.storage.shared.redis_log import RedisLog  # noqa: PLC0415  (it needs an extra)
        from mockreel.simulator.storage.shared.shared_run import SharedRun  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise MissingPackage("A run in Redis needs", "redis", extra="redis") from missing
    if options.durability == "sync":
        raise OptionError(
            "durability",
            "sync",
            ["process"],
            then="What a power loss takes is Redis' own setting: `appendfsync always`.",
        )
    log = RedisLog(url)
    try:
        listed = {"--keys": _key_digest(options.keys)}
        return SharedRun(
            log,
            settings={**run_facts["settings"], **listed},
            contracts=run_facts["versions"],
            clock=clock,
            load=loader(contracts),
            perform=perform,
        )
    except BaseException:
        log.close()
        raise


def _key_digest(keys: Path | Iterable[KeyEntry] | None) -> str | None:
    """The listed keys as a digest for comparison; None if any key is accepted."""
    if keys is None:
        return None
    entries = read_keys(keys) if isinstance(keys, Path) else tuple(keys)
    return blake2b(repr([asdict(one) for one in entries]).encode(), digest_size=8).hexdigest()


def loader(contracts: Mapping[str, Contract]) -> Load:
    """Loads the same contracts with other readings."""

    def load(name: str, readings: Mapping[str, str]) -> Contract:
        contract = contracts[name]
        home, additions = contract.schemas.home, contract.additions
        return load_contract(name, readings=readings, root=home, additions=additions)

    return load


def settings_of(options: Options, secrets: Mapping[str, WebhookSecret]) -> dict[str, Any]:
    """The options that the same entries give the same state with, by the words of the command."""
    settings = options.settings or Settings()
    return {
        "--seed": settings.seed,
        "--pace": settings.pace,
        "--max-body": settings.max_body,
        "--reading": _plain(options.readings or {}),
        "--fault": _plain(options.faults),
        "--budget": _plain(options.budget),
        "--assume-price": _plain(options.assume_price),
        "--add-model": _plain(options.models),
        "--unknown-models": options.unknown_models,
        "--result": _plain(options.result),
        "--webhook-secret": {name: _hashed(one) for name, one in secrets.items()},
        "--keys": options.keys is not None,
    }


def _plain(value: Any) -> Any:
    """A value as JSON; amounts are texts."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal | float | Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [_plain(one) for one in value]


def _hashed(secret: WebhookSecret) -> str:
    """A secret as a digest for comparison."""
    return blake2b(secret.value.encode(), digest_size=8).hexdigest()


def end_run(run: "ServedRun", server: MockServer, folder: Path | None) -> None:
    """The server has ended: all is written; a recorded run has its journal beside it.

    Raises:
        DataError: the journal cannot be written.
    """
    run.close(server.simulator)
    if folder is not None:
        write_whole(folder / JOURNAL, _archive(server.simulator))


def _archive(simulator: Simulator) -> bytes:
    """The journal as a HAR, without secrets."""
    journal, providers = simulator.journal, simulator.providers
    rows = [
        har.exchange_row(number, shown_entry(providers[one.provider], one), providers[one.provider].base_url)
        for number, one in journal.numbered()
    ]
    rows += [har.attempt_row(shown_tried(providers[one.provider], one)) for one in journal.attempts()]
    rows.sort(key=lambda row: str(row["startedDateTime"]))
    before, behind = har.archive_frame(__version__)
    return before + b",".join([orjson.dumps(row) for row in rows]) + behind
