"""A simulator: every provider of this process, on one clock."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from mockreel import contract as contracts
from mockreel.contract import Contract
from mockreel.contract.added_models import MODELS_FILE, NO_ADDITIONS, Additions
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import check_keys
from mockreel.engine.accounts.keyring import Keyring, Listing
from mockreel.engine.billing import Budget, read_budget
from mockreel.engine.clock import Clock
from mockreel.engine.journal.journal import AttemptEntry, Journal, Names
from mockreel.engine.scenarios.rules import Rules
from mockreel.engine.scheduler import Scheduler
from mockreel.errors import OptionError
from mockreel.simulator.compiled_contract import compile_contract, find_adapter
from mockreel.simulator.events import EventStream
from mockreel.simulator.fault_selection import check_keys_faults
from mockreel.simulator.folder_check import check_folder
from mockreel.simulator.path_hints import Hints
from mockreel.simulator.provider import Provider
from mockreel.simulator.run_recorder import History, RunRecorder, SharedRun
from mockreel.simulator.settings import Settings
from mockreel.webhooks import Attempt, Deliveries, Delivery, HttpSender, Sender, Targets, WebhookSecret


class Change(NamedTuple):
    """One state that a job has entered, and when; `word` is what the provider calls it."""

    at: float
    provider: str
    account: str
    job: str
    state: str
    word: str


@dataclass(slots=True)
class Simulator:
    """The parts, and what they share."""

    providers: Mapping[str, Provider]
    clock: Clock
    scheduler: Scheduler
    journal: Journal
    rules: Rules
    sender: Sender
    targets: Targets
    settings: Settings = field(default_factory=Settings)
    recorder: RunRecorder | None = None  # keeps a log of what changes, if anybody does
    shared: SharedRun | None = None  # the run that this simulator shares with those of other servers
    history: History | None = None  # what can be looked back on, if there is a log
    events: EventStream = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.events = EventStream(self)

    def provider(self, name: str) -> Provider:
        """One simulated provider.

        Raises:
            OptionError: the simulator does not have it.
        """
        if name not in self.providers:
            raise OptionError("provider", name, self.providers)
        return self.providers[name]

    def advance(self, seconds: float) -> Awaitable[int]:
        """Move the clock, running due actions in order; returns how many ran."""
        return self.scheduler.advance(seconds)

    def changes(self, *, provider: str | None = None, job: str | None = None) -> list[Change]:
        """Every state that the jobs have entered so far, in order of time; computed on demand.

        Raises:
            OptionError: the simulator has no such provider.
        """
        providers = self.providers.values() if provider is None else [self.provider(provider)]
        return sorted(self.entered(providers, job=job), key=lambda change: change.at)

    def entered(self, providers: Iterable[Provider], *, job: str | None = None) -> Iterator[Change]:
        """Every state that the jobs of some providers, or one of them, have entered so far, one job after the other."""
        now = self.clock.now()
        for provider in providers:
            one = None if job is None else provider.jobs.get(job)
            for each in [*provider.jobs] if job is None else [one] if one is not None else []:
                for state, at in each.passed(now):
                    yield Change(at, provider.name, each.account.name, each.id, state.name, state.word)

    def switch_contracts(self, contracts: Mapping[str, Contract], *, keys: Iterable[KeyEntry] | None = None) -> None:
        """Switch to other contracts: other readings, or other data. Either all of them are switched, or none.

        Running jobs keep their times; accounts, journal, deliveries, uploads and the clock stay.
        Call it on the simulator's event loop.

        Args:
            keys: the listed keys from now on; those that were listed before if None.

        Raises:
            OptionError: the simulator has no such provider, or a contract no such pace.
            DataError: a contract cannot be served.
        """
        if self.recorder is not None:
            self.recorder.changing()
        ready = [
            (self.provider(name), compile_contract(contract, find_adapter(contract), pace=self.settings.pace))
            for name, contract in contracts.items()
        ]
        states = [compiled.adapter.state_after_switch(provider) for provider, compiled in ready]
        listings = [] if keys is None else self._listings(tuple(keys), contracts)
        for (provider, compiled), state in zip(ready, states, strict=True):
            before = provider.contract.chosen
            provider.switch_contract(compiled, state)
            changed = {id_: option for id_, option in compiled.contract.chosen.items() if before.get(id_) != option}
            self.events.note("contract", provider=provider.name, readings=changed)
        for provider, listing in listings:
            provider.keyring.admit(listing)
        self.journal.set_names({name: _names(provider.contract) for name, provider in self.providers.items()})

    def _listings(self, keys: tuple[KeyEntry, ...], changed: Mapping[str, Contract]) -> list[tuple[Provider, Listing]]:
        """The keys to admit by provider, checked against the new contracts."""
        _check_keys(keys, {name: changed.get(name, provider.contract) for name, provider in self.providers.items()})
        return [(provider, provider.keyring.listing(keys)) for provider in self.providers.values()]

    def reset(self, *, at: float | None = None) -> list[Any]:
        """Drop every job, account, delivery and journal entry; rules and clock are as at the start.

        Args:
            at: the moment to begin at, if an earlier run recorded it.

        Returns:
            The lists, deques and dictionaries of what was dropped. Releasing a million jobs at once takes its time:
            whoever cannot wait takes out one after the other.
        """
        if self.recorder is not None:
            self.recorder.changing()
        self.events.look()
        forgotten: list[Any] = [self.scheduler.clear()]
        before = self.clock.now()
        self.clock.reset(at=at)
        with self.clock.frozen():
            for provider in self.providers.values():
                forgotten += provider.reset()
            self.rules.reset()
            forgotten += self.journal.clear()
            if self.recorder is not None:
                self.recorder.reset(before=before)
        return [*self.events.reset(), *forgotten]

    async def close(self) -> None:
        """End what is under way."""
        await self.scheduler.stop()
        await self.sender.close()


def _names(contract: Contract) -> Names:
    """What the journal can be queried for."""
    return Names(frozenset(one.id for one in contract.operations), frozenset(contract.errors))


def load_contracts(
    names: Iterable[str] | None = None,
    *,
    readings: Mapping[str, str] | None = None,
    data: Path | None = None,
    additions: Additions = NO_ADDITIONS,
) -> dict[str, Contract]:
    """The contracts of the named providers, or of all, in the order of their ports: the packaged ones, then by name.

    Args:
        readings: options by reading id; an id may be written `provider:id`, and must be where two providers share it.
        data: a further data folder; its providers are added to the packaged ones or replace them, and so do the models
            in its `models.yaml`.
        additions: further models.

    Raises:
        OptionError: an unknown provider, reading or option.
    """
    packaged = contracts.providers()
    homes: dict[str, Path | None] = dict.fromkeys(packaged)
    if data is not None:
        additions = additions.with_folder(data)
        if (data / "contracts").is_dir() or not (data / MODELS_FILE).is_file():
            homes.update(dict.fromkeys(contracts.providers(root=data), data))
    wanted = tuple(homes) if names is None else tuple(names)
    for name in wanted:
        if name not in homes:
            raise OptionError("provider", name, homes)
    for model in additions.models:
        if model.provider not in homes:
            raise OptionError(f"provider of the added model {model.id}", model.provider, homes)
    chosen = _by_provider(readings or {}, {name: homes[name] for name in wanted})
    loaded = [
        contracts.load_contract(name, readings=chosen.get(name, {}), root=homes[name], additions=additions)
        for name in wanted
    ]
    for one in loaded:
        if homes[one.provider] is not None:
            check_folder(one)
    places = {c.provider: (0, c.order) if c.provider in packaged else (1, 0) for c in loaded}
    return {c.provider: c for c in sorted(loaded, key=lambda c: (places[c.provider], c.provider))}


def _by_provider(readings: Mapping[str, str], homes: Mapping[str, Path | None]) -> dict[str, dict[str, str]]:
    if not readings:
        return {}
    known = {name: contracts.known_readings(name, root=root) for name, root in homes.items()}
    chosen: dict[str, dict[str, str]] = {}
    for written, option in readings.items():
        provider, _, name = written.rpartition(":")
        owners = [owner for owner in known if name in known[owner] and provider in ("", owner)]
        if not owners:
            raise OptionError("reading", written, sorted({f"{o}:{r}" for o in known for r in known[o]}))
        if len(owners) > 1:
            valid = [f"{owner}:{name}" for owner in owners]
            raise OptionError("reading", written, valid, then="Several providers have a reading of that name.")
        chosen.setdefault(owners[0], {})[name] = option
    return chosen


def build_simulator(
    loaded: Mapping[str, Contract],
    *,
    clock: Clock | None = None,
    keys: Iterable[KeyEntry] = (),
    accept_any_key: bool = False,
    settings: Settings | None = None,
    sender: Sender | None = None,
    targets: Targets | None = None,
    ca: Path | None = None,
    budget: Budget | None = None,
    assume_price: Budget | None = None,
    secrets: Mapping[str, WebhookSecret] | None = None,
    salt: bytes | None = None,
) -> Simulator:
    """A simulator with these providers.

    Args:
        clock: the source of time; the real clock if None.
        keys: the listed keys.
        accept_any_key: accept any non-empty key, each with its own account.
        sender: how callbacks are sent; over HTTP, confined by `targets`, if None.
        ca: a file with a further certificate authority for receivers of webhooks.
        budget: the initial balance of accounts whose keys state none; None is no limit.
        assume_price: the price of jobs without a known one; the contracts' if None.
        secrets: by provider, what signs every account's webhooks.
        salt: the salt of key hashes; random if None.
    """
    from mockreel import __version__  # noqa: PLC0415  (the package's face imports this module)

    clock = clock or Clock()
    pin = clock.pin()  # all providers open at one moment
    scheduler = Scheduler(clock)
    journal = Journal(names_by_provider={name: _names(contract) for name, contract in loaded.items()})
    settings = settings or Settings()
    rules = Rules(seed=settings.seed)
    targets = targets or Targets()
    sender = sender or HttpSender(targets, user_agent=f"mockreel/{__version__}", ca=ca)
    entries = tuple(keys)
    budgets = read_budget(budget, loaded)
    assumed = read_budget(assume_price, loaded, what="assumed price")
    _check_keys(entries, loaded)
    signed = {name: secret.value for name, secret in (secrets or {}).items()}
    providers = {
        name: Provider(
            contract,
            find_adapter(contract),
            clock=clock,
            scheduler=scheduler,
            journal=journal,
            rules=rules,
            keyring=Keyring(
                contract,
                entries=entries,
                accept_any_key=accept_any_key,
                budget=budgets.get(name),
                webhook_secret=signed.get(name),
                salt=salt,
            ),
            deliveries=Deliveries(clock=clock, scheduler=scheduler, sender=sender),
            settings=settings,
            assumed=assumed.get(name),
        )
        for name, contract in loaded.items()
    }
    clock.unpin(pin)
    hints = Hints(providers)
    for provider in providers.values():
        provider.hints = hints
        provider.deliveries.observer = _noting(provider)
    return Simulator(providers, clock, scheduler, journal, rules, sender, targets, settings)


def _noting(provider: Provider) -> Callable[[Delivery, Attempt], None]:
    """Writes the attempts of a part's deliveries into the journal."""

    def note(delivery: Delivery, attempt: Attempt) -> None:
        outcome = attempt.outcome
        provider.journal.note_attempt(
            AttemptEntry(
                attempt.at,
                attempt.ended,
                provider.name,
                delivery.account.name,
                delivery.id,
                delivery.subject,
                delivery.kind,
                delivery.event,
                attempt.number,
                delivery.url,
                attempt.headers or delivery.headers,
                delivery.body,
                outcome.status,
                outcome.error,
                outcome.detail,
                fault=attempt.fault,
            )
        )

    return note


def _check_keys(entries: tuple[KeyEntry, ...], loaded: Mapping[str, Contract]) -> None:
    check_keys(entries, loaded, known=contracts.providers())
    check_keys_faults(entries, loaded)
