"""The simulators of one test run: contracts are loaded once, servers are kept, every test has its used simulator."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from mockreel.contract import Contract, providers
from mockreel.contract.added_models import NO_ADDITIONS, read_additions
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.billing import Budget
from mockreel.engine.scenarios.preferences import Preference
from mockreel.errors import OptionError
from mockreel.server.mock_server import MockServer
from mockreel.server.server_options import Options
from mockreel.simulator.rule_parser import check_playable, set_faults, set_results
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator, load_contracts
from mockreel.testing.call_interception import intercepted
from mockreel.testing.forged_webhooks import Forger
from mockreel.testing.marker_options import START, Marked
from mockreel.testing.shared_server import ServerAddresses, SharedServer

ACCOUNT = "test"


class TestServers:
    """The servers of a test run and their simulators.

    Args:
        port: the control port of the shared server; 0 uses free ports.
    """

    def __init__(self, *, port: int = 0) -> None:
        self._port = port
        self._running = ExitStack()
        self._servers: dict[tuple[int, frozenset[str]], SharedServer] = {}
        self._loaded: dict[tuple[tuple[str, ...], Path | None, tuple[tuple[str, str], ...]], dict[str, Contract]] = {}

    @contextmanager
    def playing(
        self,
        marked: Marked,
        *,
        readings: Mapping[str, str] | None = None,
        budget: Budget | None = None,
        record: Path | None = None,
    ) -> Iterator[MockServer]:
        """A new simulator at the addresses of this run, until the block ends.

        Args:
            readings: override the marker's.
            budget: the default if the marker has none.
            record: the folder for the recorded run.

        Raises:
            OptionError: the marker has an unknown value.
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
            own_hosts=marked.intercept,
            readings={**marked.readings, **(readings or {})},
            record_run=record,
        )
        server = self.server(port=marked.port, further=contracts)
        with (
            server.simulating(options, contracts, partial(_direct, marked=marked)) as mock_server,
            intercepted(server, mock_server) if marked.intercept else nullcontext(),
        ):
            yield mock_server

    def server(self, *, port: int | None = None, further: Iterable[str] = ()) -> SharedServer:
        """The server at this port, or the shared one; `further` are names of providers that it must have."""
        port = self._port if port is None else port
        # In the order of their ports, which matters only for a fixed port.
        names = tuple(self._load((), {}, None)) if port else tuple(providers())
        names = (*names, *(name for name in further if name not in names))
        place = (port, frozenset(names))
        if place not in self._servers:
            server = SharedServer(names, port=port, default=self._default)
            self._running.enter_context(server.running())
            self._servers[place] = server
        return self._servers[place]

    def addresses(self) -> ServerAddresses:
        """The addresses of the shared server."""
        contracts = self._load((), {}, None)
        keys = {name: contract.example_key for name, contract in contracts.items()}
        return ServerAddresses(self.server().addresses(keys))

    def _default(self) -> tuple[Options, Mapping[str, Contract]]:
        """The simulator between tests: all providers, each with the key of the tests."""
        contracts = self._load((), {}, None)
        return Options(keys=[*_keys(contracts)], held=True, start=START), contracts

    def close(self) -> None:
        """Stop every server."""
        self._servers.clear()
        self._running.close()

    def contracts(self, marked: Marked, readings: Mapping[str, str]) -> dict[str, Contract]:
        """The contracts for a test; only those with a changed reading are loaded for it."""
        additions = read_additions(marked.models, unknown_models=marked.unknown_models)
        if additions != NO_ADDITIONS:
            return load_contracts(marked.providers or None, readings=readings, data=marked.data, additions=additions)
        usual = self._load(marked.providers, {}, marked.data)
        if not readings:
            return usual
        changed = {written.rpartition(":")[0] for written in readings}
        touched = () if "" in changed else tuple(name for name in usual if name in changed)
        return {**usual, **self._load(touched or marked.providers, readings, marked.data)}

    def _load(self, names: tuple[str, ...], readings: Mapping[str, str], data: Path | None) -> dict[str, Contract]:
        key = (names, data, tuple(sorted(readings.items())))
        if key not in self._loaded:
            self._loaded[key] = load_contracts(names or None, readings=readings, data=data)
        return self._loaded[key]


def _keys(contracts: Mapping[str, Contract]) -> Iterator[KeyEntry]:
    """A key for each provider with each of its prefixes, all for the same account."""
    for name, contract in contracts.items():
        yield KeyEntry(contract.example_key, ACCOUNT, name)
        prefixes = [row["prefix"] for row in contract.root.get("keys", {}).get("prefixes", [])]
        used = next((prefix for prefix in prefixes if contract.example_key.startswith(prefix)), None)
        others = [prefix for prefix in prefixes if prefix != used] if used is not None else []
        for prefix in others:
            yield KeyEntry(prefix + contract.example_key.removeprefix(used or ""), ACCOUNT, name)


def _direct(simulator: Simulator, marked: Marked) -> None:
    """Set the scenario, the faults and the forgery of a test."""
    if marked.scenario is not None:
        _set(simulator, Preference(marked.scenario, marked.code))
    elif marked.code is not None:
        raise OptionError("mockreel marker, code", marked.code, then="It needs a scenario too.")
    set_faults(simulator.rules, simulator.providers, marked.faults)
    set_results(simulator.rules, simulator.providers, marked.result)
    simulator.rules.keep_as_first()
    if marked.forge:
        for provider in simulator.providers.values():
            provider.deliveries.send_through(partial(Forger, provider))


def _set(simulator: Simulator, preference: Preference) -> None:
    """Add a rule for each provider that supports a preference; at least one must."""
    problems: list[OptionError] = []
    for provider in simulator.providers.values():
        try:
            check_playable(provider, preference)
        except OptionError as wrong:
            problems.append(wrong)
        else:
            simulator.rules.add(preference, provider=provider.name)
    if not simulator.rules.all:
        raise problems[0]
