"""Long work runs in steps, between which other requests are answered."""

import asyncio
from collections.abc import Generator

import pytest
from support.caller import Caller, MakeSimulator

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.simulator.cooperative_work import chunks, run_work
from mockreel.simulator.request_context import RequestContext


@pytest.fixture
def context(make_simulator: MakeSimulator) -> RequestContext:
    provider = make_simulator(names=["runflow"]).provider("runflow")
    return RequestContext(provider, Caller(provider, "k").request("GET", "/"), 0.0)


def work(count: int, seen: list[str], context: RequestContext) -> Generator[None, None, Response]:
    for _ in range(count):
        seen.append(context.provider.base_url)
        context.provider.base_url = "http://elsewhere.test"
        yield
    return Response(200, b"%d" % count)


def test_work_of_one_step_is_answered_at_once(context: RequestContext) -> None:
    """Without an event loop."""
    assert run_work(context, work(0, [], context)) == Response(200, b"0")


def test_others_run_between_two_steps(context: RequestContext) -> None:
    """The work goes on under the address of its own request."""
    seen: list[str] = []
    context.provider.base_url = context.request.base_url

    async def both() -> tuple[Response, int]:
        answer = run_work(context, work(3, seen, context))
        assert not isinstance(answer, Response)
        task = asyncio.ensure_future(answer)
        turns_of_others = 0
        while not task.done():
            await asyncio.sleep(0)
            turns_of_others += 1
        return await task, turns_of_others

    response, others = asyncio.run(both())

    assert response == Response(200, b"3")
    assert others >= 3
    assert seen == [context.request.base_url] * 3


def test_an_error_response_of_the_first_step_is_raised_at_once(context: RequestContext) -> None:
    """So that it is answered like any other."""

    def refusing() -> Generator[None, None, Response]:
        raise ErrorResponse("no-key")
        yield

    with pytest.raises(ErrorResponse):
        run_work(context, refusing())


def test_things_come_in_lists_of_a_size() -> None:
    """The last one has the rest."""
    assert list(chunks(range(5), size=2)) == [[0, 1], [2, 3], [4]]
    assert list(chunks([], size=2)) == []
