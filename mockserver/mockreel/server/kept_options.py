"""How a run is kept as the options say, and what of them its log depends on."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from mockreel import __version__
from mockreel.contract import Contract, load_contract
from mockreel.engine.clock import Clock
from mockreel.engine.journal import har
from mockreel.errors import OptionError
from mockreel.server.admin.views import shown_entry, shown_tried
from mockreel.server.mock_server import MockServer
from mockreel.server.server_options import Options
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator
from mockreel.simulator.storage.checkpoints.checkpoint import Load
from mockreel.simulator.storage.kept_run import KeptRun
from mockreel.simulator.storage.logs.run_bundle import JOURNAL, Bundle
from mockreel.simulator.storage.logs.run_log import RunLog
from mockreel.simulator.storage.logs.sqlite_log import SqliteLog
from mockreel.webhooks import WebhookSecret
from mockreel.whole_file import write_whole

DURABILITIES = ("process", "sync")


def open_run(
    options: Options, contracts: Mapping[str, Contract], secrets: Mapping[str, WebhookSecret], clock: Clock
) -> KeptRun | None:
    """The run that the options want to be kept, or None.

    Raises:
        OptionError: there is no such durability.
        StateError: the file is none of ours, is in use, or is of a run with other options.
    """
    if options.durability not in DURABILITIES:
        raise OptionError("durability", options.durability, DURABILITIES)
    if options.state is not None and options.record_run is not None:
        raise OptionError(
            "record-run",
            str(options.record_run),
            then="A run that is kept with --state may have begun before; record one that begins now, without --state.",
        )
    if options.record_run is not None:
        log: RunLog = Bundle(options.record_run, new=True)
    elif options.state is not None:
        log = SqliteLog(options.state, sync=options.durability == "sync")
    else:
        return None
    try:
        return KeptRun(
            log,
            settings=settings_of(options, secrets),
            contracts={name: str(one.document["info"]["version"]) for name, one in contracts.items()},
            clock=clock,
            load=loader(contracts),
            checkpoints=options.state and options.state.with_name(f"{options.state.name}-checkpoint"),
            responses=options.record_run is not None,
        )
    except BaseException:
        log.close()
        raise


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
    """A secret as something that only tells whether it is the same."""
    return blake2b(secret.value.encode(), digest_size=8).hexdigest()


def leave(run: KeptRun, server: MockServer, folder: Path | None) -> None:
    """The server has ended: all is written; a recorded run has its journal beside it.

    Raises:
        DataError: the journal cannot be written.
    """
    run.leave(server.simulator)
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
