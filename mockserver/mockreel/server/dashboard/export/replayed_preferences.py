"""The preferences with which a fresh simulator repeats what a rule, a key, state or hand made another one do."""

from collections.abc import Iterator

from mockreel.engine.faults import NO_FAULTS, Faults, read_faults
from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.journal import Entry
from mockreel.errors import OptionError
from mockreel.server.dashboard.export.journal_request import JournaledRequest
from mockreel.simulator.provider import Provider

# Error responses that a request brings upon itself; any other is wished for, so that it comes on a fresh server too.
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


def preference(request: JournaledRequest, *, damaged: bool) -> str | None:
    """The `Prefer` header of a repeated request; with its faults only if it is `damaged` again."""
    wishes = [*_own(request), *(_faults(request) if damaged else ())]
    return ", ".join(wishes) or None


def _own(request: JournaledRequest) -> Iterator[str]:
    """What the client preferred itself but for faults, else what makes a mock server do the same."""
    sent = next((value for name, value in request.headers if name == "prefer"), "")
    preferences = [one.strip() for one in sent.split(",") if one.strip() and "fault" not in one.lower()]
    wish = None if any("scenario" in one.lower() for one in preferences) else _wish(request)
    yield from (*preferences, *([wish] if wish is not None else ()))


def _faults(request: JournaledRequest) -> Iterator[str]:
    return (f"fault={fault}" for fault in faults_of(request.entry))


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


def _wish(request: JournaledRequest) -> str | None:
    """The preference with which a fresh simulator repeats what a rule, a key or state made this one do."""
    provider, entry = request.provider, request.entry
    if entry.row is not None:
        scenario = next(
            (one.name for one in provider.contract.scenarios.requests.values() if one.row == "by-code"), None
        )
        return None if entry.row in OWN_FAULTS or scenario is None else f"scenario={scenario}; code={entry.row}"
    job = (
        provider.jobs.get(entry.job)
        if entry.job and request.operation is not None and request.operation.submits
        else None
    )
    return _course(provider, job) if job is not None else None


def _course(provider: Provider, job: Job) -> str | None:
    """The scenario that gives a job's plan, unless it is the default; where it was ended by hand, one that ends so."""
    if by_hand(provider, job):
        return ending(provider, job)
    scenarios = provider.contract.scenarios
    plan = job.plan
    failure = plan.failure.name if plan.failure else None
    for name in (scenarios.default, *scenarios.jobs):
        template = provider.templates.template(name, code=failure if scenarios.jobs[name].failure is not None else None)
        if (template.states, template.failure, template.fields) == (plan.states, plan.failure, plan.fields):
            code = f"; code={failure}" if failure not in (None, scenarios.jobs[name].failure) else ""
            return None if name == scenarios.default else f"scenario={name}{code}"
    return None


def by_hand(provider: Provider, job: Job) -> bool:
    """Whether a job was ended over the control API, and not by a request of its client."""
    cut = job.intervention
    if cut is None:
        return False
    request = provider.journal.requests(provider=provider.name, job=job.id)
    return not any(one.at == cut.at and one.operation == provider.contract.conversation.cancel for one in request)


def ending(provider: Provider, job: Job) -> str | None:
    """A scenario that ends as a job was ended."""
    cut = job.intervention
    if cut is None:
        return None
    for name, scenario in provider.contract.scenarios.jobs.items():
        if scenario.states[-1] == cut.state.name and bool(scenario.failure) == bool(cut.failure):
            return f"scenario={name}" + (f"; code={cut.failure.name}" if cut.failure else "")
    return None
