"""Jobs: listed and inspected; completed, failed and cancelled by hand."""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import islice, repeat
from typing import Any, NamedTuple

from starlette.requests import Request

from mockreel.engine.jobs.job import Job
from mockreel.engine.journal.journal_query import JournalQuery
from mockreel.errors import OptionError
from mockreel.server.admin.request_reader import (
    any_name,
    check_names,
    job,
    limit,
    no_body,
    one_of,
    optional_json,
    providers,
    text,
)
from mockreel.server.admin.route import Row
from mockreel.server.admin.views import entry_detail, job_detail, job_row
from mockreel.server.cooperative_loop import write_rows, yielding
from mockreel.simulator.jobs import interventions
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

# Of the exchanges about one job no more are shown with it; the journal has them all.
MOST_EXCHANGES = 200

_LISTED = "`mockreel models` lists them all."

Placed = tuple[Provider, Job]
_Fits = Callable[[Provider, Job], bool]


class _Selection(NamedTuple):
    """Of the jobs, the newest first, `most` that fit, from behind the one that `after` names."""

    most: int
    fits: _Fits | None
    after: str | None


async def list_jobs(simulator: Simulator, request: Request) -> Any:
    """The newest matching jobs first: at most `limit` (100 by default), after the job `after`."""
    chosen = providers(simulator, request)
    most, fits = limit(request), _filter(request, chosen)
    found = await _found(_Selection(most + 1, fits, request.query_params.get("after")), chosen)
    last = found[most - 1] if len(found) > most else None
    return {
        "count": sum(len(provider.jobs) for provider in chosen),
        "jobs": await write_rows(job_row(*one) for one in found[:most]),
        "next": f"{last[0].name}/{last[1].id}" if last else None,
    }


async def _found(selection: _Selection, chosen: list[Provider]) -> list[Placed]:
    """The selected jobs; other requests are answered during the search.

    Raises:
        OptionError: no job has the name of `after`.
    """
    if selection.after is None and selection.fits is None:  # nothing has to be skipped
        return list(islice(_newest([(provider, reversed(provider.jobs)) for provider in chosen]), selection.most))
    found: list[Placed] = []
    behind = selection.after is None
    async for one in yielding(_newest([(provider, reversed([*provider.jobs])) for provider in chosen])):
        if not behind:
            behind = f"{one[0].name}/{one[1].id}" == selection.after
        elif selection.fits is None or selection.fits(*one):
            found.append(one)
            if len(found) == selection.most:
                break
    if not behind:
        then = "Take it from `next` of the page before, with the same provider."
        raise OptionError("after", selection.after, then=then)
    return found


def _newest(lines: Iterable[tuple[Provider, Iterator[Job]]]) -> Iterator[Placed]:
    """The jobs of some providers, the newest of each first, in one line."""
    return merge(*(zip(repeat(provider), line) for provider, line in lines), key=lambda one: -one[1].created)


def _filter(request: Request, chosen: list[Provider]) -> _Fits | None:
    """Whether a job has the requested state (by our name, the provider's word or the kind), account and model.

    None if nothing is requested.

    Raises:
        OptionError: no job of these providers can be in that state, or of that model.
    """
    states = [state for provider in chosen for state in provider.contract.lifecycle.states.values()]
    state = one_of(request, "state", [word for one in states for word in (one.name, one.word, one.kind)])
    account = any_name(request, "account")
    model = one_of(request, "model", [name for provider in chosen for name in provider.contract.names], then=_LISTED)

    if (state, account, model) == (None, None, None):
        return None

    def fits(provider: Provider, one: Job) -> bool:
        if state is not None:
            is_now = one.state(provider.clock.now())
            if state not in (is_now.name, is_now.word, is_now.kind):
                return False
        named = one.model is not None and model in (one.model.id, *one.model.aliases)
        return account in (None, one.account.name) and (model is None or named)

    return fits


async def get_job(simulator: Simulator, request: Request) -> Any:
    """One job whole, with the exchanges that are about it: the first, and the newest of many."""
    provider, found = job(simulator, request)
    query = JournalQuery(provider=provider.name, job=found.id)
    exchanges = [one async for looked in yielding(simulator.journal.numbered()) for one in query.among([looked])]
    if len(exchanges) > MOST_EXCHANGES:
        exchanges = [exchanges[0], *exchanges[1 - MOST_EXCHANGES :]]
    return {**job_detail(provider, found), "exchanges": await write_rows(entry_detail(*one) for one in exchanges)}


async def complete_job(simulator: Simulator, request: Request) -> Any:
    """Let a job succeed now."""
    await no_body(request)
    provider, found = job(simulator, request)
    interventions.complete(provider, found)
    return job_row(provider, found)


async def fail_job(simulator: Simulator, request: Request) -> Any:
    """Let a job fail now; `{code?}` is the failure, by key or by the provider's own code."""
    body = await optional_json(request)
    check_names(body, ["code"])
    provider, found = job(simulator, request)
    interventions.fail(provider, found, code=text(body, "code", interventions.DEFAULT))
    return job_row(provider, found)


async def cancel_job(simulator: Simulator, request: Request) -> Any:
    """Cancel a job now; `{reason?}` is stored with it."""
    body = await optional_json(request)
    check_names(body, ["reason"])
    provider, found = job(simulator, request)
    interventions.cancel(provider, found, reason=text(body, "reason", ""))
    return job_row(provider, found)


ROWS = (
    Row("GET", "jobs", list_jobs, ("limit", "provider", "state", "account", "model", "after")),
    Row("GET", "jobs/{provider}/{id:path}", get_job),
    Row("POST", "jobs/{provider}/{id:path}/complete", complete_job),
    Row("POST", "jobs/{provider}/{id:path}/fail", fail_job),
    Row("POST", "jobs/{provider}/{id:path}/cancel", cancel_job),
)
