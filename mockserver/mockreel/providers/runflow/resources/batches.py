"""Batches: up to a hundred runs that begin together, and one webhook when all of them have ended."""

from collections.abc import Mapping
from typing import Any

import orjson
from orjson import Fragment

from mockreel.contract import Model
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, exact, json_response
from mockreel.contract.validation import violations
from mockreel.engine.jobs.job import Job
from mockreel.engine.randomness import uuid7
from mockreel.providers.runflow import webhooks
from mockreel.providers.runflow.batch_responses import batch_event, batch_payload, batch_record, is_over, item_record
from mockreel.providers.runflow.error_bodies import unknown
from mockreel.providers.runflow.inputs import stored
from mockreel.providers.runflow.lists.list_page import list_response
from mockreel.providers.runflow.resources import deliveries
from mockreel.providers.runflow.state import Batch, Extra, extra_of, state_of
from mockreel.simulator.pipeline import course_of
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext
from mockreel.webhooks import Delivery

# Beyond so many the oldest batch is forgotten; its runs are not.
_MOST = 100_000

Fields = Mapping[str, Any]


def create_batch(context: RequestContext) -> Response:
    """Begin a run for each item, all of them or none."""
    model = _model(context)
    inputs = _inputs(context, model)
    costs = [context.provider.ledger.cost(model, fields) for fields, _ in inputs]
    context.provider.ledger.admit_all(context.account, costs, context.now)
    courses = [course_of(context, model, fields) for fields, _ in inputs]
    requests = [exact(stored(context, fields, at=_place(context, index))) for index, (fields, _) in enumerate(inputs)]
    batch = _begin(context, model)
    context.provider.damage(context, batch.id)
    for (_, client_ref), template, request, cost in zip(inputs, courses, requests, costs, strict=True):
        extra = Extra(client_ref, batch=batch)
        job = context.provider.begin_for(
            context.account,
            template,
            uuid7,
            now=context.now,
            kind=context.operation.id,
            model=model,
            cost=cost,
            request=request,
            extra=extra,
            tell=True,
        )
        context.provider.damage(context, job.id)
        batch.jobs.append(job)
    return json_response(201, batch_record(context.provider, batch, context.now))


def _model(context: RequestContext) -> Model:
    contract = context.provider.contract
    model = contract.names.get(context.params["model_id"])
    if model is None:
        raise ErrorResponse("unknown-model", values={"model": context.params["model_id"]})
    if model.id in contract.wire["unbatchable"]:
        raise ErrorResponse("model-not-batchable", values={"model": model.id})
    return model


def _place(context: RequestContext, index: int) -> tuple[str | int, ...]:
    """The place of an item's input in the body."""
    form = context.provider.contract.wire["batch_items"]
    return (form["items"], index, form["wrapped"]) if form["wrapped"] else (form["items"], index)


def _inputs(context: RequestContext, model: Model) -> list[tuple[Fields, str | None]]:
    """The model's input and the reference of each item.

    Raises:
        ErrorResponse: an item breaks the model's schema; all violations of all items together.
    """
    form = context.provider.contract.wire["batch_items"]
    items = [(_input(item, form), item.get("client_ref")) for item in context.body[form["items"]]]
    validator = context.provider.contract.schemas.validator(model.schema)
    found = tuple(
        violation
        for index, (fields, _) in enumerate(items)
        for violation in violations(validator, fields, prefix=_place(context, index))
    )
    if found:
        raise ErrorResponse("invalid-body", violations=found)
    return items


def _input(item: Fields, form: Fields) -> Fields:
    if form["wrapped"]:
        wrapped: Fields = item[form["wrapped"]]
        return wrapped
    return {name: value for name, value in item.items() if name not in form["beside"]}


def _begin(context: RequestContext, model: Model) -> Batch:
    number = context.provider.count("batch")
    metadata = context.body.get("metadata")
    batch = Batch(
        uuid7(context.now, context.provider.draw("batch", number)),
        number,
        context.account,
        model,
        context.now,
        context.body.get("callback_url"),
        None if metadata is None else exact(orjson.dumps(metadata)),
    )
    batches = state_of(context.provider).batches
    batches[batch.id] = batch
    if len(batches) > _MOST:
        del batches[next(iter(batches))]
    return batch


def run_ended(provider: Provider, job: Job) -> None:
    """A run has ended: if it was the last of a batch, deliver the batch's webhook, once."""
    batch = extra_of(job).batch
    if batch is None or batch.callback_url is None or not is_over(batch, provider.clock.now()):
        return
    if not any(delivery.automatic for delivery in provider.deliveries.of(batch.id)):
        _deliver(provider, batch, batch.callback_url, automatic=True)


def _deliver(provider: Provider, batch: Batch, url: str, *, automatic: bool) -> Delivery:
    event = batch_event(provider, batch, provider.clock.now())
    body = batch_payload(provider, batch, provider.clock.now())
    return webhooks.deliver(
        provider, batch.account, subject=batch.id, url=url, event=event, body=body, automatic=automatic
    )


def redeliver(provider: Provider, batch: Batch) -> Delivery:
    """Deliver a batch's webhook again.

    Raises:
        ErrorResponse: it has not ended, it has no webhook, or another redelivery is in progress.
    """
    possible = batch.callback_url is not None and is_over(batch, provider.clock.now())
    deliveries.check_redelivery(provider, batch.id, "batch", possible=possible)
    return _deliver(provider, batch, str(batch.callback_url), automatic=False)


# Reading ---------------------------------------------------------------------------------------------------------


def get_batch(context: RequestContext) -> Response:
    """Read a batch, with all that only the detail shows."""
    return json_response(200, batch_record(context.provider, _batch(context), context.now))


def _batch(context: RequestContext) -> Batch:
    batch = state_of(context.provider).batches.get(context.params["batch_id"])
    if batch is None or batch.account is not context.account:
        raise unknown("Batch", "unknown-batch")
    return batch


def list_batch_items(context: RequestContext) -> Answer:
    """The items of a batch, in the order in which they were sent."""
    batch = _batch(context)
    return list_response(
        context,
        "batch-item.json",
        list(enumerate(batch.jobs)),
        number=lambda item: item[0],
        render=lambda item: item_record(context.provider, batch, *item, context.now),
        newest_first=False,
    )


def get_batch_callback_history(context: RequestContext) -> Response:
    """The deliveries about a batch."""
    provider, batch = context.provider, _batch(context)
    if provider.contract.wire["callback_history"] == "envelope":
        if batch.callback_url is None or not is_over(batch, context.now):
            raise unknown("Callback")
        return json_response(200, Fragment(batch_payload(provider, batch, context.now)))
    found = deliveries.history(provider, batch.id)
    return json_response(200, [deliveries.delivery_record(provider, delivery, "batch_id") for delivery in found])


def redeliver_batch_callback(context: RequestContext) -> Response:
    """Deliver a batch's callback again, with a payload from its state now."""
    delivery = redeliver(context.provider, _batch(context))
    return json_response(201, deliveries.delivery_record(context.provider, delivery, "batch_id"))
