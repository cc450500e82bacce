"""A contract with everything that is derived from it, ready to serve, and the way to switch to another one."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from mockreel.contract import Contract, Failure, State
from mockreel.contract.messages.known_violations import KnownViolations
from mockreel.contract.messages.query import Queries
from mockreel.engine.accounts.keyring import prefixes_of
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.jobs.lifecycle import Plan, PlanTemplate, PlanTemplates
from mockreel.engine.scenarios.preferences import Preference
from mockreel.errors import DataError
from mockreel.simulator.exchange_capture import Capture
from mockreel.simulator.provider_adapter import ProviderAdapter


@dataclass(frozen=True, slots=True)
class CompiledContract:
    """Everything that a provider derives from its contract. Compiling can fail; switching to it cannot."""

    contract: Contract
    adapter: ProviderAdapter
    templates: PlanTemplates
    default: Preference
    default_template: PlanTemplate
    queries: Queries
    capture: Capture
    prefixes: tuple[tuple[str, bool], ...]


def compile_contract(contract: Contract, adapter: ProviderAdapter, *, pace: str) -> CompiledContract:
    """The role that a contract gives.

    Raises:
        OptionError: the contract has no such pace.
        DataError: a row does not fit the others.
    """
    templates = contract.once(f"courses.{pace}", lambda: PlanTemplates(contract, pace=pace))
    default = Preference(contract.scenarios.default)
    capture = Capture(contract)
    return CompiledContract(
        contract,
        adapter,
        templates,
        default,
        templates.template(default.scenario),
        Queries(contract.schemas, KnownViolations(capture.redactor.names)),
        capture,
        prefixes_of(contract),
    )


def find_adapter(contract: Contract) -> ProviderAdapter:
    """The package that implements a contract's provider, named by its `x-mockreel.package`.

    Raises:
        DataError: there is no such package, or it lacks a handler for an operation.
    """
    where = f"contracts/{contract.provider}/openapi.json /x-mockreel/package"
    try:
        module = importlib.import_module(contract.package)
    except ModuleNotFoundError as missing:
        what = f"{contract.package!r} cannot be imported ({missing})"
        then = "Put the folder that holds it on PYTHONPATH, or install it."
        raise DataError(where, what, expected="an importable package", then=then) from missing
    adapter = cast(ProviderAdapter, module.adapter(contract))
    lacking = sorted({operation.id for operation in contract.operations} - set(adapter.handlers))
    if lacking:
        raise DataError(where, f"{contract.package} has no handler for {', '.join(lacking)}")
    return adapter


def _words(contract: Contract) -> tuple[Any, ...]:
    """What of a contract jobs hold."""
    return dict(contract.lifecycle.states), dict(contract.failures), dict(contract.models)


class Rewording:
    """Jobs in the words of another contract: their moments stay, each state and failure is that of the same name.

    What the other contract does not have stays as it is.
    """

    def __init__(self, before: Contract, contract: Contract) -> None:
        self._contract = contract
        # Most readings differ in what no job holds, and to reword a million jobs takes seconds.
        self.is_needed = _words(before) != _words(contract)
        # By identity, as all jobs of a course share them; the old ones are held so that no identity is used twice.
        self._states: dict[int, tuple[tuple[State, ...], tuple[State, ...]]] = {}

    def apply(self, job: Job) -> None:
        if job.model is not None:
            job.model = self._contract.models.get(job.model.id, job.model)
        job.plan = self._plan(job.plan)
        if job.intervention is not None:
            job.intervention = self._intervention(job.intervention)

    def _plan(self, plan: Plan) -> Plan:
        old, new = self._states.get(id(plan.states), ((), ()))
        if old is not plan.states:
            new = self._all(plan.states)
            self._states[id(plan.states)] = (plan.states, new)
        return plan._replace(states=new, failure=self._failure(plan.failure))

    def _intervention(self, one: Intervention) -> Intervention:
        (state,) = self._all((one.state,))
        return replace(one, state=state, through=self._all(one.through), failure=self._failure(one.failure))

    def _all(self, states: tuple[State, ...]) -> tuple[State, ...]:
        known: Mapping[str, State] = self._contract.lifecycle.states
        return tuple(known.get(state.name, state) for state in states)

    def _failure(self, failure: Failure | None) -> Failure | None:
        return None if failure is None else self._contract.failures.get(failure.name, failure)
