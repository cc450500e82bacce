"""The whole suite against one target: our own checks, then the generated requests, for each provider and reading."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mockreel import __version__
from mockreel.conformance.check import Check, Outcome
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import REPLIES, run
from mockreel.conformance.checks import EVERY, differential
from mockreel.conformance.checks.differential import session
from mockreel.conformance.generated.generated_requests import PHASES, Generated, require
from mockreel.conformance.reports.report import Report, repeat_command
from mockreel.conformance.run_plan import Announcement, announce
from mockreel.contract import Contract, Operation
from mockreel.errors import OptionError
from mockreel.simulator.in_process.mock_target import MockTarget, Target
from mockreel.simulator.simulator import load_contracts

# Called with each plan, and then with each outcome when it is known.
Watcher = Callable[[Outcome], None]
Announcer = Callable[[Announcement], None]
# The default seconds for one provider: in this process, at a URL, and there with --quick.
BUDGET, BUDGET_AT_A_URL, QUICK_AT_A_URL = 60.0, 300.0, 25.0


@dataclass(frozen=True)
class Plan:
    """What is checked, and how thoroughly; `mockreel check --help` describes each option."""

    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    seed: int = 0
    quick: bool = False
    budget: float = BUDGET
    generated: bool = True
    readings: Mapping[str, str] = field(default_factory=dict)
    data: Path | None = None
    checks: tuple[str, ...] = ()
    differential: bool = True

    @property
    def options(self) -> CheckOptions:
        ours = {one.id for one in differential.CHECKS}
        return CheckOptions(
            self.models,
            self.quick,
            self.seed,
            self.budget,
            differential=self.differential or bool(ours & set(self.checks)),
            session=session.SESSION in self.checks or not set(self.checks) - ours,
        )

    def chosen(self) -> tuple[Check, ...]:
        """The selected checks of our own.

        Raises:
            OptionError: one of them does not exist.
        """
        known = {check.id: check for check in EVERY}
        further = [REPLIES, "generated", *(f"generated.{phase}" for phase in PHASES)]
        for name in self.checks:
            if name not in known and name.partition(":")[0] not in further:
                near = [one for one in known if one.partition(".")[0] == name.partition(".")[0]]
                then = "`mockreel check --list` has them all." if near else ""
                raise OptionError("--check", name, [*(near or known), *further], then=then)
        found = tuple(check for check in EVERY if not self.checks or check.id in self.checks)
        return self._without_jobs(found) if self.checks and not self.generates else found

    def _without_jobs(self, found: tuple[Check, ...]) -> tuple[Check, ...]:
        """The same; where a comparison is of what other checks ask, and none of them begins a job, it begins none."""
        ours = {one.id for one in differential.CHECKS} - {session.SESSION}
        others = [one for one in found if one.id not in ours]
        if not others or any(one.uses for one in others):
            return found
        return tuple(replace(one, uses=()) if one.id in ours else one for one in found)

    @property
    def generates(self) -> bool:
        """Whether requests are generated; with --quick only if selected by name."""
        named = any(name.startswith("generated") for name in self.checks)
        return self.generated and (named if self.checks else not self.quick)

    @property
    def focus(self) -> tuple[str, ...]:
        """What generated requests are narrowed to: `generated.fuzzing:create_run` means one phase and operation."""
        return tuple(name for name in self.checks if name.startswith("generated"))


def check_mock(plan: Plan, *, watcher: Watcher = lambda _: None, announcer: Announcer = lambda _: None) -> Report:
    """Check the mock server in this process."""
    start = time.monotonic()
    contracts = load_contracts(plan.providers or None, readings=plan.readings, data=plan.data)
    check_models(plan, contracts)
    outcomes: list[Outcome] = []
    notes: list[str] = []
    for contract in contracts.values():
        target = MockTarget(contract, seed=plan.seed)
        try:
            for outcome in check_target(plan, contract, target, notes=notes, announcer=announcer):
                outcomes.append(outcome)
                watcher(outcome)
        finally:
            target.close()
    return Report("mock", __version__, plan.seed, tuple(outcomes), tuple(notes), time.monotonic() - start)


def check_target(
    plan: Plan,
    contract: Contract,
    target: Target,
    *,
    notes: list[str],
    admits: Callable[[Operation], bool] = lambda _: True,
    announcer: Announcer = lambda _: None,
    latency: float = 0.0,
    context: CheckContext | None = None,
    access: tuple[str, ...] = (),
) -> Iterator[Outcome]:
    """All selected checks against one target, with the plan first; repeating commands have the same access."""
    if plan.generates:
        require()
    start, checks = time.monotonic(), plan.chosen()
    context = context or CheckContext(contract, target, plan.options)
    announced = announce(context, checks, latency=latency)
    announced.requests += Generated.forecast(plan.budget, latency) if plan.generates else 0
    context.most, context.budget.requests_planned = announced.most, announced.requests

    def generate() -> Iterator[Outcome]:
        """On another's server while its jobs are under way; on the mock, whose time it moves, when all is over."""
        left = plan.budget - (time.monotonic() - start)
        left = left if context.budget.deadline is None else min(left, context.budget.deadline - target.now())
        generated = Generated(
            context if not target.own else CheckContext(contract, target, plan.options),
            budget=plan.budget,
            left=left * (0.5 if not target.own else 1.0),
            admits=admits,
            latency=latency,
            focus=plan.focus,
        )
        yield from generated.run()
        notes.extend(generated.notes)

    announcer(announced)
    own = not target.own and plan.generates
    for outcome in run(
        context, checks, skipped_groups=announced.skipped_groups, meanwhile=generate if own else _nothing
    ):
        yield replace(outcome, again=repeat_command(plan, target.base_url, contract.provider, outcome, access=access))
    notes += context.notes
    if context.model_selection.skipped_pairs:
        notes.append(
            f"{contract.provider}: {context.model_selection.skipped_pairs} pairs of operation and model are checked "
            "by others of their shape"
        )
    if plan.generates and not own:
        for outcome in generate():
            yield replace(
                outcome, again=repeat_command(plan, target.base_url, contract.provider, outcome, access=access)
            )


def _nothing() -> Iterator[Outcome]:
    return iter(())


def check_models(plan: Plan, contracts: Mapping[str, Contract]) -> None:
    """See that every model that was named exists.

    Raises:
        OptionError: one does not.
    """
    known: Iterable[str] = [name for contract in contracts.values() for name in contract.names]
    for model in plan.models:
        if model not in known:
            raise OptionError("--model", model, known, then="mockreel check asks for a model's id or an alias of it.")
