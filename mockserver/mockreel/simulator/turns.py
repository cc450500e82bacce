"""Long work in turns: what looks at many things lets other requests have their turn in between."""

import asyncio
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from mockreel.contract.messages.message import Response
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

T = TypeVar("T")

# How many things are looked at in a turn: of those that are written out for it, and of those that only say a state.
# Either takes a few milliseconds.
FEW, MANY = 200, 4000

# A handler's work: it yields where others may have their turn, and returns the response.
Work = Generator[None, None, Response]


def in_turns(context: RequestContext, work: Work) -> Answer:
    """What the work returns: at once where it is done within its first turn, else an awaitable of it.

    Raises:
        ErrorResponse: the work raised it within its first turn.
    """
    try:
        next(work)
    except StopIteration as done:
        return _response(done)
    context.in_turns = True
    return _remaining(context, work)


async def _remaining(context: RequestContext, work: Work) -> Response:
    while True:
        await asyncio.sleep(0)
        context.provider.base_url = context.request.base_url  # others have asked under other addresses meanwhile
        try:
            next(work)
        except StopIteration as done:
            return _response(done)


def _response(done: StopIteration) -> Response:
    found: Response = done.value
    return found


def turns(things: Iterable[T], *, size: int) -> Iterator[list[T]]:
    """The things in lists of `size`; a work yields between two of them."""
    iterator = iter(things)
    while some := list(islice(iterator, size)):
        yield some


def settled(context: RequestContext, respond: Callable[[RequestContext], Response]) -> Answer:
    """A response that tells the balance of the account that asks: its jobs are counted in turns before."""
    return in_turns(context, _settled(context, respond))


def _settled(context: RequestContext, respond: Callable[[RequestContext], Response]) -> Work:
    settling = context.provider.ledger.settling(context.account, context.now)
    next(settling)
    yield from settling
    return respond(context)
