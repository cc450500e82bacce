"""Submit a generation, and poll it."""

from collections.abc import Callable, Mapping

import orjson

from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine import randomness
from mockreel.engine.jobs.job import Job
from mockreel.providers.aimlapi.responses import file_words, generation
from mockreel.providers.aimlapi.state import Line, State
from mockreel.simulator.adapter import Answer
from mockreel.simulator.context import Call

# From the moment, drawn bytes and the model's name to an id.
MakeId = Callable[[float, bytes, str], str]
SHAPES: Mapping[str, MakeId] = {
    "nanoid": lambda _, block, __: randomness.nanoid(block),
    "uuid": lambda _, block, __: randomness.uuid4(block),
    "uuid-model": lambda _, block, name: f"{randomness.uuid4(block)}:{name}",
    "digits": lambda now, block, _: randomness.snowflake(now, block),
}


def submit(call: Call) -> Answer:
    """Begin a generation. Of the request only what the clip depends on is kept; nothing else is asked for again."""
    state: State = call.part.state
    line = state.lines[call.operation.id]
    ledger = call.part.ledger
    shape, name = SHAPES[line.ids], call.model.id if call.model else call.operation.id
    job = call.part.begin(
        call,
        lambda now, block: shape(now, block, name),
        request=orjson.dumps({name: call.body[name] for name in state.media if name in call.body}),
        extra=state.tariff.usage(ledger.due(ledger.cost(call.model, call.fields))),
    )
    return _told(call, line, job)


def poll(call: Call) -> Answer:
    """A generation as it stands."""
    state: State = call.part.state
    line = state.lines[call.operation.id]
    job = call.part.job_of(call.account, call.query[str(line.parameter)])
    return _told(call, line, job)


def _told(call: Call, line: Line, job: Job) -> Reply:
    """The reply that tells of a generation as it stands."""
    state: State = call.part.state
    now = job.state(call.now)
    words = generation(call.part, job, now, call.now)
    if line.describes and now.kind == "succeeded":
        words |= file_words(call.part, job)
    body = line.says[now.kind](words)
    return json_reply(line.status, body, headers=state.tracing.headers(call.request, job.id, cost=job.extra.headers))
