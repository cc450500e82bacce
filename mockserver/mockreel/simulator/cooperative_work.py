"""Long work in steps, so that other requests are answered in between."""

import asyncio
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from mockreel.contract.messages.message import Response
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

T = TypeVar("T")

# How many items one step handles: of those that are rendered, and of those whose state is read. Either takes a few ms.
FEW, MANY = 200, 4000

# A handler's work: it yields where other requests may run, and returns the response.
Work = Generator[None, None, Response]


def run_work(context: RequestContext, work: Work) -> Answer:
    """The work's response: at once if its first step finishes it, else an awaitable.

    Raises:
        ErrorResponse: the first step raised it.
    """
    try:
        next(work)
    except StopIteration as done:
        return _response(done)
    context.in_steps = True
    return _remaining(context, work)


async def _remaining(context: RequestContext, work: Work) -> Response:
    while True:
        await asyncio.sleep(0)
        context.provider.base_url = context.request.base_url  # other requests may have set it
        try:
            next(work)
        except StopIteration as done:
            return _response(done)


def _response(done: StopIteration) -> Response:
    found: Response = done.value
    return found


def finish(work: Generator[None, None, T]) -> T:
    """The result of work, without a break."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            found: T = done.value
            return found


def chunks(items: Iterable[T], *, size: int) -> Iterator[list[T]]:
    """The items in lists of `size`; work yields between two lists."""
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some


def respond_settled(context: RequestContext, respond: Callable[[RequestContext], Response]) -> Answer:
    """A response that reports the caller's balance: the account's jobs are settled first, in steps."""
    return run_work(context, _settle_then_respond(context, respond))


def _settle_then_respond(context: RequestContext, respond: Callable[[RequestContext], Response]) -> Work:
    settling = context.provider.ledger.settling(context.account, context.now)
    next(settling)
    yield from settling
    return respond(context)
