"""Submit a generation, and poll it."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from mockreel.contract.messages.message import Response, json_response
from mockreel.engine import randomness
from mockreel.engine.jobs.job import Job
from mockreel.providers.aimlapi.responses import file_words, generation, own_members
from mockreel.providers.aimlapi.state import State
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext

# From the moment, drawn bytes and the model's name to an id.
MakeId = Callable[[float, bytes, str], str]
SHAPES: Mapping[str, MakeId] = {
    "nanoid": lambda _, block, __: randomness.nanoid(block),
    "uuid": lambda _, block, __: randomness.uuid4(block),
    "uuid-model": lambda _, block, name: f"{randomness.uuid4(block)}:{name}",
    "digits": lambda now, block, _: randomness.snowflake(now, block),
}


def submit(context: RequestContext) -> Answer:
    """Begin a generation. Only what the clip depends on is stored of the request."""
    state: State = context.provider.state
    line = state.lines[context.operation.id]
    ledger = context.provider.ledger
    shape, name = SHAPES[line.ids], context.model.id if context.model else context.operation.id
    job = context.provider.begin(
        context,
        lambda now, block: shape(now, block, name),
        request=orjson.dumps({name: context.body[name] for name in state.media if name in context.body}),
        extra=state.rates.usage(ledger.amount_due(ledger.cost(context.model, context.fields))),
    )
    return _response(context, job)


def poll(context: RequestContext) -> Answer:
    """A generation in its current state."""
    state: State = context.provider.state
    line = state.lines[context.operation.id]
    job = context.provider.job_of(context.account, context.query[str(line.parameter)])
    return context.provider.view(context, job, _response, context.request.header(state.tracing.requested))


def _response(context: RequestContext, job: Job) -> Response:
    """The response for a generation in its current state."""
    state: State = context.provider.state
    line = state.lines[context.operation.id]
    now = job.state(context.now)
    words = generation(context.provider, job, now, context.now)
    own: Mapping[str, Any] = {}
    if now.kind == "succeeded":
        own = own_members(context.provider, job)
        words |= file_words(context.provider, job) if line.describes else {}
    body = {**line.says[now.kind](words), **own}
    return json_response(
        line.status, body, headers=state.tracing.headers(context.request, job.id, cost=job.extra.headers)
    )
