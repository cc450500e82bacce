"""Whatever is sent, the stand-in answers in its own words and goes on: no accidental 500, no exception, no hang."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mutants
import pytest
from hypothesis import HealthCheck, find, settings
from hypothesis import strategies as st

from understudy.messages import Reply, Request
from understudy.part import Part
from understudy.stage import Stage

BAD_REQUESTS = 20_000
BATCH = 500


class Broken(Exception):
    """A reply that no request may get."""


def check(part: Part, reply: Reply) -> None:
    """What every reply must be."""
    unexpected = part.contract.errors["internal-error"].status
    if reply.status == unexpected and b"problem" not in dict(reply.headers).get(b"content-type", b""):
        raise Broken(f"answered {reply.status}: {reply.body[:200]!r}")
    if not 200 <= reply.status < 600:
        raise Broken(f"the status {reply.status}")


async def answered(part: Part, request: Request) -> Reply:
    """The reply; one that waits for the clock is given up."""
    answer = part.answer(request)
    if isinstance(answer, Reply):
        return answer
    waiting = asyncio.ensure_future(answer)
    await asyncio.sleep(0)
    if waiting.done():
        return waiting.result()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return Reply(200, b"")


def broken_by(part: Part, good: mutants.Good, changes: Sequence[mutants.Mutation]) -> str | None:
    """How a mutant breaks the part, or None."""
    try:
        check(part, asyncio.run(answered(part, mutants.applied(good, changes).request())))
    except Exception as problem:
        return repr(problem)
    return None


def shrunk(part: Part, good: mutants.Good, changes: Sequence[mutants.Mutation]) -> str:
    """The fewest mutations that still break it, found by Hypothesis, as a request to read."""
    picks = st.lists(st.sampled_from(range(len(changes))), unique=True).map(sorted)
    quiet = settings(max_examples=200, database=None, suppress_health_check=list(HealthCheck))
    least = find(picks, lambda chosen: broken_by(part, good, [changes[i] for i in chosen]) is not None, settings=quiet)
    request = mutants.applied(good, [changes[i] for i in least]).request()
    return f"{request.method} {request.path}?{request.query!r} {request.headers} {request.body[:500]!r}"


def ids_of(part: Part, goods: list[mutants.Good]) -> Mapping[str, str]:
    """A real id for path parameters: of a job that was just begun."""
    submits = {operation.id for operation in part.contract.operations if operation.submits}
    for good in goods:
        if good.operation in submits:
            asyncio.run(answered(part, good.request()))
    job = next(iter(part.jobs), None)
    return {"id": job.id if job else "none"}


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_no_bad_request_breaks_a_provider(
    provider: str, stage: Stage, run: Callable[[Any], Any], caplog: pytest.LogCaptureFixture
) -> None:
    """20,000 mutated requests: each is answered, none by accident with a 500, and the deliveries go on."""
    part = stage.part(provider)
    ids = ids_of(part, mutants.good_requests(part.contract, {"id": "none"}))
    goods = mutants.good_requests(part.contract, ids)
    caplog.set_level(logging.CRITICAL)
    source = random.Random(f"bad requests for {provider}")

    async def batch(mutated: list[tuple[mutants.Good, list[mutants.Mutation]]]) -> tuple[Any, ...] | None:
        for good, changes in mutated:
            try:
                check(part, await answered(part, mutants.applied(good, changes).request()))
            except Exception as problem:
                return good, changes, problem
        await stage.advance(2)
        return None

    for _ in range(BAD_REQUESTS // BATCH):
        mutated = [(source.choice(goods), mutants.mutations(source)) for _ in range(BATCH)]
        found = run(batch(mutated))
        if found is not None:
            good, changes, problem = found
            pytest.fail(f"{problem!r}\nsmallest: {shrunk(part, good, changes)}")


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_the_good_requests_behind_the_bad_ones_are_good(provider: str, stage: Stage) -> None:
    """The mutators start from requests that are answered well, so that they reach behind the front door."""
    part = stage.part(provider)
    ids = ids_of(part, mutants.good_requests(part.contract, {"id": "none"}))

    goods = mutants.good_requests(part.contract, ids)
    statuses = [asyncio.run(answered(part, good.request())).status for good in goods]

    assert sum(status < 300 for status in statuses) > len(statuses) / 2
