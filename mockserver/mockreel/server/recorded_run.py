"""A recorded run, played again without a server."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mockreel.contract.added_models import read_additions
from mockreel.engine.clock import Clock
from mockreel.errors import StateError
from mockreel.server.kept_options import loader
from mockreel.server.options import Options
from mockreel.server.socket_server import built
from mockreel.simulator.provider import Settings
from mockreel.simulator.simulator import load_contracts
from mockreel.storage.listed_aliases import listed_aliases
from mockreel.storage.logs.bundle import Bundle
from mockreel.storage.rerun import Rerun, rerun
from mockreel.storage.run_head import RunHead, read_head
from mockreel.webhooks import webhook_secrets

# Signs webhooks in the place of a secret that a recorded run does not have; signatures are not compared.
_SECRET = "mockreel-replayed-run-secret"


def replayed(folder: Path, *, readings: Mapping[str, str] | None = None, data: Path | None = None) -> Rerun:
    """Play the run in a folder again and compare.

    Args:
        readings: options of readings that take the place of those of the run.
        data: a further data folder, whose contracts take the place of the packaged ones.

    Raises:
        StateError: the folder holds no run that can be played.
        OptionError: an unknown reading or option.
    """
    log = Bundle(folder, new=False)
    head = read_head(log.head or {}, where=log.where)
    options = _options(head, readings or {}, data)
    additions = read_additions(options.models, unknown_models=options.unknown_models)
    contracts = load_contracts(options.providers, readings=options.readings, data=data, additions=additions)
    if head.settings["--keys"]:
        options = replace(options, keys=listed_aliases(log.entries()))
    secrets = webhook_secrets(dict.fromkeys(head.settings["--webhook-secret"], _SECRET), contracts)
    clock = Clock(start=head.opened, held=True)
    simulator, _ = built(options, contracts, secrets=secrets, clock=clock)
    return rerun(simulator, log, load=loader(contracts))


def _options(head: RunHead, readings: Mapping[str, str], data: Path | None) -> Options:
    """The options that a run was begun with, as far as its state depends on them."""
    given = head.settings
    try:
        return Options(
            providers=tuple(head.contracts),
            readings={**given["--reading"], **readings},
            data=data,
            settings=Settings(seed=given["--seed"], pace=given["--pace"], max_body=given["--max-body"]),
            faults=given["--fault"],
            budget=given["--budget"],
            assume_price=given["--assume-price"],
            models=given["--add-model"],
            unknown_models=given["--unknown-models"],
            result=given["--result"],
        )
    except (LookupError, TypeError) as problem:
        raise StateError(f"The head of the run cannot be read ({problem}). It is damaged.") from problem
