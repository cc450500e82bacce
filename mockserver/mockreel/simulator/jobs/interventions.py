"""Complete, fail or cancel a job by hand, along the lifecycle of its provider."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockreel.contract import Failure, Lifecycle, State
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.errors import Conflict

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider

# The failure that a contract has for a job that fails without a stated reason.
DEFAULT = "default"


def complete(provider: "Provider", job: Job) -> None:
    """Let a job succeed, now.

    Raises:
        Conflict: it has ended, or its lifecycle has no way to success from its state.
    """
    _end(provider, job, "succeeded", fields=provider.default_template.fields)


def fail(provider: "Provider", job: Job, *, code: str = DEFAULT) -> None:
    """Let a job fail, now, with the failure of that key or wire code.

    Raises:
        OptionError: the provider has no such failure.
        Conflict: it has ended, or its lifecycle has no way to failure from its state.
    """
    failure = provider.templates.failure(code)
    _end(provider, job, "failed", failure=failure, fields=_fields_of(provider, failure))


def cancel(provider: "Provider", job: Job, *, reason: str = "") -> None:
    """Cancel a job, now, as its provider's own cancellation would.

    Raises:
        Conflict: it has ended, or its provider has no cancelled jobs.
    """
    _end(provider, job, "cancelled", reason=reason)


def _end(
    provider: "Provider",
    job: Job,
    kind: str,
    *,
    failure: Failure | None = None,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
) -> None:
    now = provider.clock.now()
    state = job.state(now)
    if state.terminal:
        raise Conflict(f"The job {job.id} has ended already: it is {state.word} since {job.ends:.3f}. It stays so.")
    way = _way(provider.contract.lifecycle, state, kind)
    if way is None:
        kinds = sorted({one.kind for one in provider.contract.lifecycle.states.values() if one.terminal})
        then = f"Its jobs end as {', '.join(kinds)}."
        raise Conflict(f"No job of {provider.contract.title} that is {state.word} can become {kind}. {then}")
    provider.intervene(job, Intervention(now, way[-1], failure, reason, way[:-1], fields))


def _way(lifecycle: Lifecycle, start: State, kind: str) -> tuple[State, ...] | None:
    """The states on the shortest way from one state to the first of a kind; None where there is none."""
    ways: list[tuple[State, ...]] = [(start,)]
    seen = {start.name}
    for way in ways:
        for name, state in lifecycle.states.items():
            if name in seen or (way[-1].name, name) not in lifecycle.transitions:
                continue
            if state.kind == kind:
                return (*way[1:], state)
            seen.add(name)
            ways.append((*way, state))
    return None


def _fields_of(provider: "Provider", failure: Failure) -> Mapping[str, Any]:
    """What a failure's scenario defines for the result."""
    scenarios = provider.contract.scenarios.jobs.values()
    return next((scenario.fields for scenario in scenarios if scenario.failure == failure.name), {})
