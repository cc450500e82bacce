"""A job in time: the plan that is drawn at its creation, and the state that follows from (plan, interventions, now)."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from mockreel.contract import Contract, Failure, JobScenario, State
from mockreel.engine.randomness import uniforms
from mockreel.errors import DataError, OptionError


class Plan(NamedTuple):
    """The states of a job, and the seconds after its creation at which each begins.

    A tuple, as tuples are created fast. `fields` are the result's fields that the scenario sets (`nsfw_detected`).
    """

    states: tuple[State, ...]
    begins: tuple[float, ...]
    failure: Failure | None
    fields: Mapping[str, Any]

    @property
    def end(self) -> float | None:
        """Seconds from creation to the terminal state; None for a job that never ends."""
        return self.begins[-1] if self.states[-1].terminal else None

    def at(self, now: float, *, created: float) -> int:
        """The index of the state that holds at `now`. Sums are compared, as a difference would round otherwise."""
        index = len(self.begins) - 1
        while index and created + self.begins[index] > now:
            index -= 1
        return index


@dataclass(frozen=True, slots=True)
class PlanTemplate:
    """A scenario made ready for one provider and pace: what every job of it shares."""

    name: str
    states: tuple[State, ...]
    spans: tuple[tuple[float, float], ...]
    failure: Failure | None
    fields: Mapping[str, Any]

    def plan(self, block: bytes) -> Plan:
        """The plan that these drawn bytes give."""
        begins = tuple(accumulate(uniforms(block, self.spans), initial=0.0))
        return Plan(self.states, begins, self.failure, self.fields)


class PlanTemplates:
    """The job scenarios of a contract at one pace, each made ready on first use."""

    def __init__(self, contract: Contract, *, pace: str = "quick") -> None:
        if pace not in contract.scenarios.paces:
            raise OptionError(f"pace for {contract.provider}", pace, contract.scenarios.paces)
        self._contract = contract
        self._pace = contract.scenarios.paces[pace]
        self._ready: dict[tuple[str, str | None], PlanTemplate] = {}

    def template(self, name: str, *, code: str | None = None) -> PlanTemplate:
        """The course of a job scenario; `code` picks the failure, by key or by the provider's own code.

        Raises:
            OptionError: there is no such scenario or failure.
        """
        key = (name, code)
        found = self._ready.get(key)
        if found is None:
            found = self._ready[key] = self._make(name, code)
        return found

    def failure(self, code: str) -> Failure:
        """The failure with that key or wire code.

        Raises:
            OptionError: there is none.
        """
        failures = self._contract.failures
        for failure in failures.values():
            if code in (failure.name, str(failure.code)):
                return failure
        valid = sorted({*failures, *(str(f.code) for f in failures.values() if f.code is not None)})
        raise OptionError(f"failure code for {self._contract.provider}", code, valid)

    def _make(self, name: str, code: str | None) -> PlanTemplate:
        scenario = self._contract.scenarios.jobs.get(name)
        if scenario is None:
            raise OptionError(f"job scenario for {self._contract.provider}", name, self._contract.scenarios.jobs)
        if code is not None and scenario.failure is None:
            raise OptionError(
                f"code with the scenario {name}", code, then="Only a scenario in which the job fails takes a code."
            )
        failing = code if code is not None else scenario.failure
        states = tuple(self._state(scenario, word) for word in scenario.states)
        failure = self.failure(failing) if failing else None
        return PlanTemplate(name, states, self._spans(scenario), failure, scenario.fields)

    def _state(self, scenario: JobScenario, name: str) -> State:
        states: Mapping[str, State] = self._contract.lifecycle.states
        if name not in states:
            raise DataError(
                f"contracts/{self._contract.provider}/scenarios.yaml /jobs/{scenario.name}",
                f"the state {name!r} does not exist",
                expected="one of " + ", ".join(states),
            )
        return states[name]

    def _spans(self, scenario: JobScenario) -> tuple[tuple[float, float], ...]:
        """One span for each state that is left again, in order."""
        spans = (self._pace.get(name, (0.0, 0.0)) for name in scenario.states[:-1])
        return tuple((low * scenario.stretch, high * scenario.stretch) for low, high in spans)
