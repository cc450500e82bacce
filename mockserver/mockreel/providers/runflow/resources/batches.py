"""Batches: up to a hundred runs begun together, one callback when all of them have ended."""

from collections.abc import Mapping
from typing import Any

import orjson
from orjson import Fragment

from mockreel.contract import Model
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, exact, json_reply
from mockreel.contract.validation import violations
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow import webhooks
from mockreel.providers.runflow.batch_responses import batch_event, batch_payload, batch_record, is_over, item_record
from mockreel.providers.runflow.errors import unknown
from mockreel.providers.runflow.inputs import stored
from mockreel.providers.runflow.lists.list_page import listed
from mockreel.providers.runflow.resources import deliveries
from mockreel.providers.runflow.state import Batch, Extra, extra_of, state_of
from mockreel.simulator.context import Call
from mockreel.simulator.pipeline import course_of
from mockreel.simulator.provider import Part
from mockreel.webhooks import Delivery

# Beyond so many the oldest batch is forgotten; its runs are not.
_MOST = 100_000

Fields = Mapping[str, Any]


def create_batch(call: Call) -> Reply:
    """Begin a run for each item, all of them or none."""
    model = _model(call)
    inputs = _inputs(call, model)
    costs = [call.part.ledger.cost(model, fields) for fields, _ in inputs]
    call.part.ledger.admit_all(call.account, costs, call.now)
    courses = [course_of(call, model, fields) for fields, _ in inputs]
    kept = [exact(stored(call, fields, at=_place(call, index))) for index, (fields, _) in enumerate(inputs)]
    batch = _begin(call, model)
    call.part.damage(call, batch.id)
    for (_, client_ref), course, request, cost in zip(inputs, courses, kept, costs, strict=True):
        extra = Extra(client_ref, batch=batch)
        job = call.part.begin_for(
            call.account,
            course,
            uuid7,
            now=call.now,
            kind=call.operation.id,
            model=model,
            cost=cost,
            request=request,
            extra=extra,
            tell=True,
        )
        call.part.damage(call, job.id)
        batch.jobs.append(job)
    return json_reply(201, batch_record(call.part, batch, call.now))


def _model(call: Call) -> Model:
    contract = call.part.contract
    model = contract.names.get(call.params["model_id"])
    if model is None:
        raise Refused("unknown-model", values={"model": call.params["model_id"]})
    if model.id in contract.wire["unbatchable"]:
        raise Refused("model-not-batchable", values={"model": model.id})
    return model


def _place(call: Call, index: int) -> tuple[str | int, ...]:
    """Where the input of an item stands in the body."""
    form = call.part.contract.wire["batch_items"]
    return (form["items"], index, form["wrapped"]) if form["wrapped"] else (form["items"], index)


def _inputs(call: Call, model: Model) -> list[tuple[Fields, str | None]]:
    """The model's input and the reference of each item.

    Raises:
        Refused: an item breaks the model's schema; all violations of all items together.
    """
    form = call.part.contract.wire["batch_items"]
    items = [(_input(item, form), item.get("client_ref")) for item in call.body[form["items"]]]
    validator = call.part.contract.schemas.validator(model.schema)
    found = tuple(
        violation
        for index, (fields, _) in enumerate(items)
        for violation in violations(validator, fields, prefix=_place(call, index))
    )
    if found:
        raise Refused("invalid-body", violations=found)
    return items


def _input(item: Fields, form: Fields) -> Fields:
    if form["wrapped"]:
        wrapped: Fields = item[form["wrapped"]]
        return wrapped
    return {name: value for name, value in item.items() if name not in form["beside"]}


def _begin(call: Call, model: Model) -> Batch:
    number = call.part.count("batch")
    metadata = call.body.get("metadata")
    batch = Batch(
        uuid7(call.now, call.part.draw("batch", number)),
        number,
        call.account,
        model,
        call.now,
        call.body.get("callback_url"),
        None if metadata is None else exact(orjson.dumps(metadata)),
    )
    batches = state_of(call.part).batches
    batches[batch.id] = batch
    if len(batches) > _MOST:
        del batches[next(iter(batches))]
    return batch


def run_ended(part: Part, job: Job) -> None:
    """A run has ended: where it was the last of a batch, tell the batch's callback, once."""
    batch = extra_of(job).batch
    if batch is None or batch.callback_url is None or not is_over(batch, part.clock.now()):
        return
    if not any(delivery.automatic for delivery in part.deliveries.of(batch.id)):
        _deliver(part, batch, batch.callback_url, automatic=True)


def _deliver(part: Part, batch: Batch, url: str, *, automatic: bool) -> Delivery:
    event = batch_event(part, batch, part.clock.now())
    body = batch_payload(part, batch, part.clock.now())
    return webhooks.deliver(part, batch.account, subject=batch.id, url=url, event=event, body=body, automatic=automatic)


def redeliver(part: Part, batch: Batch) -> Delivery:
    """Begin to deliver a batch's callback again.

    Raises:
        Refused: it is not over, it has nobody to tell, or another redelivery is under way.
    """
    possible = batch.callback_url is not None and is_over(batch, part.clock.now())
    deliveries.check_redelivery(part, batch.id, "batch", possible=possible)
    return _deliver(part, batch, str(batch.callback_url), automatic=False)


# Reading ---------------------------------------------------------------------------------------------------------


def get_batch(call: Call) -> Reply:
    """Read a batch, with all that only the detail shows."""
    return json_reply(200, batch_record(call.part, _batch(call), call.now))


def _batch(call: Call) -> Batch:
    batch = state_of(call.part).batches.get(call.params["batch_id"])
    if batch is None or batch.account is not call.account:
        raise unknown("Batch", "unknown-batch")
    return batch


def list_batch_items(call: Call) -> Reply:
    """The items of a batch, in the order in which they were sent."""
    batch = _batch(call)
    return listed(
        call,
        "batch-item.json",
        list(enumerate(batch.jobs)),
        number=lambda item: item[0],
        render=lambda item: item_record(call.part, batch, *item, call.now),
        newest_first=False,
    )


def get_batch_callback_history(call: Call) -> Reply:
    """The deliveries that told of a batch."""
    part, batch = call.part, _batch(call)
    if part.contract.wire["callback_history"] == "envelope":
        if batch.callback_url is None or not is_over(batch, call.now):
            raise unknown("Callback")
        return json_reply(200, Fragment(batch_payload(part, batch, call.now)))
    found = deliveries.history(part, batch.id)
    return json_reply(200, [deliveries.delivery_record(part, delivery, "batch_id") for delivery in found])


def redeliver_batch_callback(call: Call) -> Reply:
    """Deliver a batch's callback again, with a payload from its state now."""
    delivery = redeliver(call.part, _batch(call))
    return json_reply(201, deliveries.delivery_record(call.part, delivery, "batch_id"))
