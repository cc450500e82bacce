"""A recorded run, applied again without a server."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import UnionType

from mockreel.contract.added_models import read_additions
from mockreel.errors import StateError
from mockreel.server.run_options import loader
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, built
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator, load_contracts
from mockreel.simulator.storage.key_list import listed_aliases
from mockreel.simulator.storage.log_history import LogHistory
from mockreel.simulator.storage.logs.run_bundle import Bundle
from mockreel.simulator.storage.playback import Playback, apply_log
from mockreel.simulator.storage.rerun import Rerun, rerun
from mockreel.simulator.storage.run_head import RunHead, read_head
from mockreel.webhooks import Outcome, Outgoing, webhook_secrets

# Signs webhooks in the place of a secret that a recorded run does not have; signatures are not compared.
_SECRET = "mockreel-replayed-run-secret"
_THEN = "Play it with the version that recorded it, or record the run again with this one."


class _Silent:
    """Sends no webhook: those of a recorded run are over."""

    async def send(self, _: Outgoing) -> Outcome:
        return Outcome(error="not allowed", detail="a recorded run sends no webhooks")

    async def close(self) -> None:
        """Nothing is open."""


class RecordedRun:
    """The run in a folder, and what it is applied with.

    Args:
        readings: options of readings that replace those of the run.
        data: a further data folder, whose contracts replace the packaged ones.

    Raises:
        StateError: the folder holds no usable run.
        OptionError: an unknown reading or option.
    """

    def __init__(self, folder: Path, *, readings: Mapping[str, str] | None = None, data: Path | None = None) -> None:
        self._log = log = Bundle(folder, new=False)
        self._head = head = read_head(log.head or {}, where=log.where, then=_THEN)
        options = _options(head, readings or {}, data)
        additions = read_additions(options.models, unknown_models=options.unknown_models)
        self._contracts = load_contracts(options.providers, readings=options.readings, data=data, additions=additions)
        if head.settings["--keys"]:
            options = replace(options, keys=listed_aliases(log.entries()))
        secrets = dict.fromkeys(head.settings["--webhook-secret"], _SECRET)
        self._options = replace(options, webhook_secret=secrets, sender=_Silent(), held=True, start=head.opened)

    @property
    def unended(self) -> str:
        """A sentence where the run lacks its end, as its server was killed; else empty."""
        return self._log.unended

    def compared(self) -> Rerun:
        """Apply it, and compare every response and webhook with the recorded one."""
        found = rerun(self._fresh(), self._log, load=loader(self._contracts))
        return replace(found, entries=self._log.last, unended=self.unended)

    def server(self, *, port: int) -> Server:
        """A server of the simulator as it was at the end, with its clock paused; it sends no webhook.

        Args:
            port: control's; 0 takes free ones.
        """

        def prepare(simulator: Simulator) -> None:
            apply_log(self._playback(simulator), self._log.entries())
            simulator.history = LogHistory(
                self._log,
                self._fresh,
                load=loader(self._contracts),
                opened=self._head.opened,
                now=simulator.clock.now,
            )

        return Server(replace(self._options, port=port), contracts=self._contracts, prepare=prepare)

    def _playback(self, simulator: Simulator) -> Playback:
        return Playback(simulator, self._log, load=loader(self._contracts))

    def _fresh(self) -> Simulator:
        secrets = webhook_secrets(self._options.webhook_secret, self._contracts)
        simulator, _ = built(self._options, self._contracts, secrets=secrets)
        return simulator


def replayed(folder: Path, *, readings: Mapping[str, str] | None = None, data: Path | None = None) -> Rerun:
    """Apply the run in a folder again and compare; parameters and errors are those of `RecordedRun`."""
    return RecordedRun(folder, readings=readings, data=data).compared()


# What the options of a run are in its head; each of them is there.
_KINDS: Mapping[str, type | UnionType] = {
    "--seed": int,
    "--pace": str,
    "--max-body": int,
    "--reading": dict,
    "--fault": list | str,
    "--budget": dict | list | None,
    "--assume-price": dict | list | None,
    "--add-model": list | str,
    "--unknown-models": str,
    "--result": list | dict | str | None,
    "--webhook-secret": dict,
    "--keys": bool,
}


def _options(head: RunHead, readings: Mapping[str, str], data: Path | None) -> Options:
    """The options of a run, as far as its state depends on them."""
    options = head.settings
    for name, kind in _KINDS.items():
        if not isinstance(options.get(name), kind):
            raise StateError(f"The head of the run cannot be read ({name} is {options.get(name)!r}). It is damaged.")
    try:
        return Options(
            providers=tuple(head.contracts),
            readings={**options["--reading"], **readings},
            data=data,
            settings=Settings(seed=options["--seed"], pace=options["--pace"], max_body=options["--max-body"]),
            faults=options["--fault"],
            budget=options["--budget"],
            assume_price=options["--assume-price"],
            models=options["--add-model"],
            unknown_models=options["--unknown-models"],
            result=options["--result"],
        )
    except (LookupError, TypeError) as problem:
        raise StateError(f"The head of the run cannot be read ({problem}). It is damaged.") from problem
