"""Whatever is sent, the mock server answers in its own words and goes on: no accidental 500, no exception, no hang."""

import asyncio
import logging
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, find, settings
from hypothesis import strategies as st
from support import mutants

from mockreel.contract.messages.message import Request, Response
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

BAD_REQUESTS = int(os.environ.get("MOCKREEL_BAD_REQUESTS", "5000"))  # `nox -s deep` asks for more
BATCH = 500
# Stands for the response of a request that waits for the clock, and was not waited for.
GIVEN_UP = Response(200, b"")


class Broken(Exception):
    """A request has broken the mock server."""


class Breakages(logging.Handler):
    """Every exception that the mock server met and answered with its own 500, as the log tells it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(f"{record.getMessage()}: {record.exc_info[1]!r}" if record.exc_info else record.getMessage())

    def check(self, response: Response) -> None:
        """See that nothing broke and that the response is one."""
        broken, self.found = self.found, []
        if broken or not 200 <= response.status < 600:
            raise Broken(f"answered {response.status}; {broken}")


@pytest.fixture
def breakages() -> Iterator[Breakages]:
    """What has broken, instead of the log."""
    log, handler = logging.getLogger("mockreel"), Breakages()
    log.addHandler(handler)
    log.propagate = False
    yield handler
    log.propagate = True
    log.removeHandler(handler)


async def answered(provider: Provider, request: Request) -> Response:
    """The response; one that waits for the clock is given up."""
    answer = provider.answer(request)
    if isinstance(answer, Response):
        return answer
    waiting = asyncio.ensure_future(answer)
    await asyncio.sleep(0)
    if waiting.done():
        return waiting.result()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return GIVEN_UP


def shrunk(provider: Provider, good: mutants.Good, changes: Sequence[mutants.Mutation], breakages: Breakages) -> str:
    """The fewest mutations that still break it, found by Hypothesis, as a request to read."""

    def breaks(chosen: list[int]) -> bool:
        try:
            request = mutants.applied(good, [changes[i] for i in chosen]).request()
            breakages.check(asyncio.run(answered(provider, request)))
        except Exception:
            return True
        return False

    picks = st.lists(st.sampled_from(range(len(changes))), unique=True).map(sorted)
    quiet = settings(max_examples=200, database=None, suppress_health_check=list(HealthCheck))
    least = find(picks, breaks, settings=quiet)
    request = mutants.applied(good, [changes[i] for i in least]).request()
    return f"{request.method} {request.path}?{request.query!r} {request.headers} {request.body[:500]!r}"


def ids_of(provider: Provider, goods: list[mutants.Good]) -> Mapping[str, str]:
    """A real id for path parameters: of a job that was just begun."""
    submits = {operation.id for operation in provider.contract.operations if operation.submits}
    for good in goods:
        if good.operation in submits:
            asyncio.run(answered(provider, good.request()))
    job = next(iter(provider.jobs), None)
    return {"id": job.id if job else "none"}


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_no_bad_request_breaks_a_provider(
    provider: str, simulator: Simulator, run: Callable[[Any], Any], breakages: Breakages
) -> None:
    """Thousands of mutated requests: each is answered, none by accident with a 500, and the deliveries go on."""
    simulated = simulator.provider(provider)
    ids = ids_of(simulated, mutants.good_requests(simulated.contract, {"id": "none"}))
    goods = mutants.good_requests(simulated.contract, ids)
    source = random.Random(f"bad requests for {provider}")

    async def batch(mutated: list[tuple[mutants.Good, list[mutants.Mutation]]]) -> tuple[Any, ...] | None:
        for good, changes in mutated:
            try:
                breakages.check(await answered(simulated, mutants.applied(good, changes).request()))
            except Exception as problem:
                return good, changes, problem
        await simulator.advance(2)
        return None

    for _ in range(BAD_REQUESTS // BATCH):
        mutated = [(source.choice(goods), mutants.mutations(source)) for _ in range(BATCH)]
        found = run(batch(mutated))
        if found is not None:
            good, changes, problem = found
            pytest.fail(f"{problem!r}\nsmallest: {shrunk(simulated, good, changes, breakages)}")


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_the_good_requests_behind_the_bad_ones_are_good(provider: str, simulator: Simulator) -> None:
    """The mutators start from requests that are answered well, so that they reach behind the front door.

    Only what names something else than a job or a model does not find it, as nothing else is there yet.
    """
    simulated = simulator.provider(provider)
    ids = ids_of(simulated, mutants.good_requests(simulated.contract, {"id": "none"}))
    models = {f"{{{name}}}" for name in mutants.model_parameters(simulated.contract)}
    paths = {operation.id: set(operation.path.split("/")) - models for operation in simulated.contract.operations}
    names = {id_ for id_, steps in paths.items() if any(step.startswith("{") for step in steps)}

    goods = mutants.good_requests(simulated.contract, ids)
    statuses = [(good.operation, asyncio.run(answered(simulated, good.request())).status) for good in goods]

    assert {operation for operation, status in statuses if status >= 300} <= names
    submits = {operation.id for operation in simulated.contract.operations if operation.submits} - names
    assert submits
    assert {status // 100 for operation, status in statuses if operation in submits} == {2}
