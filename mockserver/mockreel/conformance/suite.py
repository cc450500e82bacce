"""The whole suite against one target: our own checks, then the generated requests, for each provider and reading."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mockreel import __version__
from mockreel.conformance.check import Check, Outcome
from mockreel.conformance.check_context import Scene, Wanted
from mockreel.conformance.check_runner import run
from mockreel.conformance.checks import EVERY
from mockreel.conformance.generated.generated_requests import Generated, require
from mockreel.conformance.reports.report import Report
from mockreel.contract import Contract, Operation
from mockreel.errors import OptionError
from mockreel.simulator.in_process.mock_target import MockTarget, Target
from mockreel.simulator.simulator import load_contracts

# Told of each outcome as it is known.
Watcher = Callable[[Outcome], None]


@dataclass(frozen=True)
class Plan:
    """What is checked, and how thoroughly; `mockreel check --help` says the same of each."""

    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    seed: int = 0
    quick: bool = False
    budget: float = 60.0
    generated: bool = True
    readings: Mapping[str, str] = field(default_factory=dict)
    data: Path | None = None
    checks: tuple[str, ...] = ()

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.models, self.quick, self.seed, self.budget)

    def chosen(self) -> tuple[Check, ...]:
        """Our own checks that are wanted.

        Raises:
            OptionError: one of them does not exist.
        """
        known = {check.id: check for check in EVERY}
        for name in self.checks:
            if name not in known and not name.startswith("generated"):
                raise OptionError("--check", name, [*known, "generated"])
        return tuple(check for check in EVERY if not self.checks or check.id in self.checks)

    @property
    def generates(self) -> bool:
        return self.generated and (not self.checks or any(name.startswith("generated") for name in self.checks))


def check_mock(plan: Plan, *, watcher: Watcher = lambda _: None) -> Report:
    """Check the stand-in in this process."""
    began = time.monotonic()
    contracts = load_contracts(plan.providers or None, readings=plan.readings, data=plan.data)
    _check_models(plan, contracts)
    outcomes: list[Outcome] = []
    notes: list[str] = []
    for contract in contracts.values():
        target = MockTarget(contract, seed=plan.seed)
        try:
            for outcome in check_target(plan, contract, target, notes=notes):
                outcomes.append(outcome)
                watcher(outcome)
        finally:
            target.close()
    return Report("mock", __version__, plan.seed, tuple(outcomes), tuple(notes), time.monotonic() - began)


def check_target(
    plan: Plan,
    contract: Contract,
    target: Target,
    *,
    notes: list[str],
    admits: Callable[[Operation], bool] = lambda _: True,
) -> Iterator[Outcome]:
    """Everything that is wanted, against one target."""
    if plan.generates:
        require()
    scene = Scene(contract, target, plan.wanted)
    began = time.monotonic()
    yield from run(scene, plan.chosen())
    if scene.casting.left_out:
        notes.append(
            f"{contract.provider}: our own checks left out {scene.casting.left_out} pairs of operation and model, "
            "whose shape of schema others have"
        )
    if plan.generates and not plan.quick:
        left = plan.budget - (time.monotonic() - began)
        generated = Generated(Scene(contract, target, plan.wanted), budget=max(2.0, left - 1), admits=admits)
        yield from generated.run()
        notes += generated.notes


def _check_models(plan: Plan, contracts: Mapping[str, Contract]) -> None:
    known: Iterable[str] = [name for contract in contracts.values() for name in contract.names]
    for model in plan.models:
        if model not in known:
            near = [name for name in known if model.split("/")[0] in name][:10]
            raise OptionError("--model", model, near, then="mockreel check asks for a model's id or an alias of it.")
