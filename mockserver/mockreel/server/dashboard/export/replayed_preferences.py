"""What must be wished so that a fresh stage plays what another one played by a rule, a key, its state or by hand."""

from collections.abc import Iterator

from mockreel.engine.faults import NO_FAULTS, Faults, read_faults
from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.journal import Entry
from mockreel.errors import OptionError
from mockreel.server.dashboard.export.journaled_request import Asked
from mockreel.simulator.provider import Provider

# Error responses that a request brings upon itself; any other is wished for, so that it comes on a fresh stage too.
OWN_FAULTS = frozenset(
    {
        "no-key",
        "wrong-key",
        "unknown-path",
        "wrong-method",
        "unknown-model",
        "unknown-job",
        "malformed-json",
        "wrong-content-type",
        "invalid-body",
        "invalid-query",
    }
)


def preference(asked: Asked, *, damaged: bool) -> str | None:
    """The `Prefer` header of a request that is told again; without its faults unless it is `damaged` again."""
    wishes = [*_own(asked), *(_faults(asked) if damaged else ())]
    return ", ".join(wishes) or None


def _own(asked: Asked) -> Iterator[str]:
    """What the client preferred itself but for faults, else what makes a mock server do the same."""
    sent = next((value for name, value in asked.headers if name == "prefer"), "")
    kept = [one.strip() for one in sent.split(",") if one.strip() and "fault" not in one.lower()]
    wish = None if any("scenario" in one.lower() for one in kept) else _wish(asked)
    yield from (*kept, *([wish] if wish is not None else ()))


def _faults(asked: Asked) -> Iterator[str]:
    return (f"fault={fault}" for fault in faults_of(asked.entry))


def faults_of(entry: Entry) -> Faults:
    """What befell an exchange on purpose."""
    try:
        return read_faults(entry.fault) if entry.fault else NO_FAULTS
    except OptionError:  # another release's words
        return NO_FAULTS


def breaks_off(entry: Entry) -> bool:
    """Whether a client gets an error of the connection in place of a response."""
    fault = faults_of(entry).reply
    if fault is None or not fault.kind.wire:
        return entry.status == 0
    return not (fault.name == "wrong-length" and fault.number("by") < 0)


def _wish(asked: Asked) -> str | None:
    """What must be wished so that a fresh stage plays what this one played by a rule, a key or its state."""
    provider, entry = asked.provider, asked.entry
    if entry.row is not None:
        scenario = next(
            (one.name for one in provider.contract.scenarios.requests.values() if one.row == "by-code"), None
        )
        return None if entry.row in OWN_FAULTS or scenario is None else f"scenario={scenario}; code={entry.row}"
    job = (
        provider.jobs.get(entry.job) if entry.job and asked.operation is not None and asked.operation.submits else None
    )
    return _course(provider, job) if job is not None else None


def _course(provider: Provider, job: Job) -> str | None:
    """The scenario that gives a job's plan, unless it is the default; where it was ended by hand, one that ends so."""
    if by_hand(provider, job):
        return ending(provider, job)
    scenarios = provider.contract.scenarios
    wanted = job.plan
    failure = wanted.failure.name if wanted.failure else None
    for name in (scenarios.default, *scenarios.jobs):
        template = provider.templates.template(name, code=failure if scenarios.jobs[name].failure is not None else None)
        if (template.states, template.failure, template.fields) == (wanted.states, wanted.failure, wanted.fields):
            code = f"; code={failure}" if failure not in (None, scenarios.jobs[name].failure) else ""
            return None if name == scenarios.default else f"scenario={name}{code}"
    return None


def by_hand(provider: Provider, job: Job) -> bool:
    """Whether a job was ended over the control API, and not by a request of its client."""
    cut = job.intervention
    if cut is None:
        return False
    asked = provider.journal.requests(provider=provider.name, job=job.id)
    return not any(one.at == cut.at and one.operation == provider.contract.conversation.cancel for one in asked)


def ending(provider: Provider, job: Job) -> str | None:
    """A scenario that ends as a job was ended."""
    cut = job.intervention
    if cut is None:
        return None
    for name, scenario in provider.contract.scenarios.jobs.items():
        if scenario.states[-1] == cut.state.name and bool(scenario.failure) == bool(cut.failure):
            return f"scenario={name}" + (f"; code={cut.failure.name}" if cut.failure else "")
    return None
