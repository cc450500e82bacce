"""The stages of one test run: contracts are loaded once, every test has a server and a stage of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

from mockreel.contract import Contract
from mockreel.contract.added_models import NO_ADDITIONS, read_additions
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.billing import Budget
from mockreel.engine.scenarios.preferences import Wish
from mockreel.errors import OptionError
from mockreel.server.mock_server import RunningStage
from mockreel.server.options import Options
from mockreel.server.socket_server import Server, hosted
from mockreel.simulator.provider import Settings
from mockreel.simulator.rule_parser import check_playable, set_faults, set_results
from mockreel.simulator.simulator import Stage, load_contracts
from mockreel.testing.forged_webhooks import Forger
from mockreel.testing.marker_options import Marked

ACCOUNT = "test"


class Company:
    """Serves stages as tests want them."""

    def __init__(self) -> None:
        self._leaving: list[Thread] = []
        self._loaded: dict[tuple[tuple[str, ...], Path | None, tuple[tuple[str, str], ...]], dict[str, Contract]] = {}

    @contextmanager
    def playing(
        self, marked: Marked, *, readings: Mapping[str, str] | None = None, budget: Budget | None = None
    ) -> Iterator[RunningStage]:
        """A stage on free loopback ports until the block ends.

        Args:
            readings: come on top of the marker's.
            budget: holds where the marker has none.

        Raises:
            OptionError: something that the marker asks for does not exist.
        """
        contracts = self.contracts(marked, {**marked.readings, **(readings or {})})
        options = Options(
            keys=[*_keys(contracts), *marked.keys],
            settings=Settings(seed=marked.seed, pace=marked.pace),
            speed=marked.speed,
            held=marked.held,
            start=marked.begins,
            budget=budget if marked.budget is None else marked.budget,
            assume_price=marked.assume_price,
        )
        server = Server(options, contracts=contracts)
        try:
            _direct(server.stage.inner, marked)
        except OptionError:
            server.close()
            raise
        with hosted(server, leaving=self._leaving) as stage:
            yield stage

    def close(self) -> None:
        """Wait until every server has ended."""
        for thread in self._leaving:
            thread.join()
        self._leaving.clear()

    def contracts(self, marked: Marked, readings: Mapping[str, str]) -> dict[str, Contract]:
        """The contracts that a test wants; only those of whom a reading speaks are loaded for it."""
        additions = read_additions(marked.models, unknown_models=marked.unknown_models)
        if additions != NO_ADDITIONS:
            return load_contracts(marked.providers or None, readings=readings, data=marked.data, additions=additions)
        usual = self._load(marked.providers, {}, marked.data)
        if not readings:
            return usual
        named = {written.rpartition(":")[0] for written in readings}
        touched = () if "" in named else tuple(name for name in usual if name in named)
        return {**usual, **self._load(touched or marked.providers, readings, marked.data)}

    def _load(self, names: tuple[str, ...], readings: Mapping[str, str], data: Path | None) -> dict[str, Contract]:
        key = (names, data, tuple(sorted(readings.items())))
        if key not in self._loaded:
            self._loaded[key] = load_contracts(names or None, readings=readings, data=data)
        return self._loaded[key]


def _keys(contracts: Mapping[str, Contract]) -> Iterator[KeyEntry]:
    """A key for each provider, under each of its prefixes: an admin's is the same account's."""
    for name, contract in contracts.items():
        yield KeyEntry(contract.example_key, ACCOUNT, name)
        prefixes = [row["prefix"] for row in contract.root.get("keys", {}).get("prefixes", [])]
        own = next((prefix for prefix in prefixes if contract.example_key.startswith(prefix)), None)
        others = [prefix for prefix in prefixes if prefix != own] if own is not None else []
        for prefix in others:
            yield KeyEntry(prefix + contract.example_key.removeprefix(own or ""), ACCOUNT, name)


def _direct(stage: Stage, marked: Marked) -> None:
    """Set the scenario and the faults, and forge where that is wished."""
    if marked.scenario is not None:
        _set(stage, Wish(marked.scenario, marked.code))
    elif marked.code is not None:
        raise OptionError("mockreel marker, code", marked.code, then="It needs a scenario beside it.")
    set_faults(stage.rules, stage.parts, marked.faults)
    set_results(stage.rules, stage.parts, marked.result)
    stage.rules.keep_as_first()
    if marked.forge:
        for part in stage.parts.values():
            part.deliveries.send_through(partial(Forger, part))


def _set(stage: Stage, wish: Wish) -> None:
    """A rule for each provider that can play what is wished; one must."""
    problems: list[OptionError] = []
    for part in stage.parts.values():
        try:
            check_playable(part, wish)
        except OptionError as wrong:
            problems.append(wrong)
        else:
            stage.rules.add(wish, provider=part.name)
    if not stage.rules.all:
        raise problems[0]
