"""Fixtures that every test may use, and the guard that keeps all traffic on loopback."""

import asyncio
import gc
import ipaddress
import os
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import yaml  # noqa: F401  (pytester unloads what a test in this process loads; a C parser loads once)
from support.caller import FOURTH, START, Caller, MakeSimulator
from support.lacking import lacking
from support.read_once import read_once

from mockreel.contract.added_models import read_additions
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.billing import Budget
from mockreel.engine.clock import Clock
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import MemorySender

# The same examples in every run: a failure on one machine is a failure on all. No deadline, machines differ.
# `nox -s deep` draws many more, and other ones each time.
hypothesis.settings.register_profile("gate", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("deep", deadline=None, database=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("MOCKREEL_HYPOTHESIS", "gate"))


def pytest_sessionstart() -> None:
    """What is packaged is read once."""
    read_once(pytest.MonkeyPatch(), FOURTH)


# Net allocations before a collection of each generation. The cached contracts make a full one slow, and with
# Python's own numbers a sixth of the time of all tests goes there.
COLLECT_AFTER = (2_000, 10, 50)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Thousands of tests stay to the end: the garbage collector need not look at them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report what was skipped, and why."""
    skipped = [one for one in terminalreporter.stats.get("skipped", []) if isinstance(one, pytest.TestReport)]
    reasons = Counter(one.longrepr[2] if isinstance(one.longrepr, tuple) else "" for one in skipped)
    for reason, number in sorted(reasons.items()):
        terminalreporter.line(f"{number} not run. {reason}", yellow=True)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches another machine: every connection but to loopback is an error."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(str(address[0])):
                raise AssertionError(f"a test tried to connect to {address!r}; only loopback is allowed")
            return original(self, address)

        return call

    monkeypatch.setattr(socket.socket, "connect", guarded(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(connect_ex))


def _is_loopback(host: str) -> bool:
    try:
        found = ipaddress.ip_address(host)
        return (getattr(found, "ipv4_mapped", None) or found).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture
def sink() -> MemorySender:
    """Where callbacks of the `simulator` go; set `sink.receiver` to answer them."""
    return MemorySender()


@pytest.fixture
def make_simulator(sink: MemorySender) -> MakeSimulator:
    """Build a mock server of one's own: `make_simulator(readings={...}, keys=[...], seed=7, names=["runflow"])`."""

    def make(
        *,
        names: list[str] | None = None,
        readings: Mapping[str, str] | None = None,
        keys: list[KeyEntry] | None = None,
        data: Path | None = None,
        clock: Clock | None = None,
        budget: Budget | None = None,
        assume_price: Budget | None = None,
        unknown_models: str = "refuse",
        **settings: Any,
    ) -> Simulator:
        return build_simulator(
            load_contracts(
                names, readings=readings, data=data, additions=read_additions(unknown_models=unknown_models)
            ),
            clock=clock or Clock(start=START, held=True),
            keys=keys or (),
            accept_any_key=keys is None,
            settings=Settings(**settings),
            sender=sink,
            budget=budget,
            assume_price=assume_price,
        )

    return make


@pytest.fixture
def simulator(make_simulator: MakeSimulator) -> Simulator:
    """All providers on a paused clock that begins at 2026-01-01T00:00:00Z; any key is accepted."""
    return make_simulator()


@pytest.fixture
def run() -> Iterator[Callable[[Awaitable[Any]], Any]]:
    """Run an awaitable to its end: `run(simulator.advance(3))`. One event loop for the whole test."""
    with asyncio.Runner() as runner:

        async def wrap(awaitable: Awaitable[Any]) -> Any:
            return await awaitable

        yield lambda awaitable: runner.run(wrap(awaitable))


@pytest.fixture
def ask(simulator: Simulator) -> Callable[..., Caller]:
    """Send requests to a provider: `ask("runflow")("GET", "/v1/health")`; a second key is another account."""

    def make(provider: str, key: str | None = "rf_live_one") -> Caller:
        return Caller(simulator.provider(provider), key)

    return make


@pytest.fixture
def make_encore(make_simulator: MakeSimulator) -> MakeSimulator:
    """Build a mock server with `encore` alone on it; takes what `make_simulator` takes."""

    def make(**options: Any) -> Simulator:
        return make_simulator(**{"names": ["encore"], "data": FOURTH, **options})

    return make


@pytest.fixture
def encore_simulator(make_encore: MakeSimulator) -> Simulator:
    """`encore` alone on a paused clock that begins at 2026-01-01T00:00:00Z; any key is accepted."""
    return make_encore()


@pytest.fixture
def encore(encore_simulator: Simulator) -> Caller:
    """Send requests to `encore`: `encore("GET", "/v1/jobs")`."""
    return Caller(encore_simulator.provider("encore"), "en_user_one")


@pytest.fixture
def real_docs() -> Path:
    """The providers' real documents, where MOCKREEL_DOCS names them."""
    named = os.environ.get("MOCKREEL_DOCS")
    if not named:
        lacking("docs", "MOCKREEL_DOCS is not set: the providers' real documents were not read")
    return Path(named)
