"""Details for a key's owner: prices, coins and money, the queue, the keys, and a workflow's content."""

from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response, json_response
from mockreel.engine.billing import plain
from mockreel.providers.runninghub import responses as wire
from mockreel.providers.runninghub.error_bodies import fill
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped
from mockreel.providers.runninghub.state import state_of
from mockreel.providers.runninghub.webhooks import local_time
from mockreel.providers.templates import fill as fill_template
from mockreel.simulator.cooperative_work import MANY, Work, chunks, respond_settled, run_work
from mockreel.simulator.provider_adapter import Answer
from mockreel.simulator.request_context import RequestContext


def preview_price(context: RequestContext) -> Response:
    """What a task of a standard model would cost."""
    assert context.model is not None
    cost = context.provider.ledger.cost(context.model, context.fields)
    if cost.amount is None:
        raise ErrorResponse("no-price-config")
    row = dict(context.provider.contract.wire["price_text"])
    words = {"amount": f"{cost.amount:.{row.pop('places')}f}", "currency": cost.currency}
    texts = {key: fill(text, words) for key, text in row.items()}
    dialect = state_of(context.provider).dialects.of(context.operation.id)
    return json_response(200, dialect.says(estimatedPrice=float(cost.amount), currency=cost.currency, **texts))


def get_account(context: RequestContext) -> Answer:
    """Coins, money and running tasks of a key."""
    return respond_settled(context, _account)


def _account(context: RequestContext) -> Response:
    provider = context.provider
    row = provider.contract.wire["account"]
    status = provider.ledger.status(context.account, context.now)
    left = status.shown
    return enveloped(
        context,
        {
            "remainCoins": wire.number(provider, "account", row["remainCoins"]),
            "currentTaskCounts": wire.number(provider, "account", str(status.open)),
            "remainMoney": None if left is None else wire.number(provider, "account", plain(left)),
            "currency": None if left is None else provider.contract.pricing["currency"],
            "apiType": row["apiType"],
        },
    )


def get_queue(context: RequestContext) -> Answer:
    """How many tasks of an account wait and run."""
    return run_work(context, _queue(context))


def _queue(context: RequestContext) -> Work:
    running, queued = 0, 0
    word = context.provider.contract.wire["running_state"]
    for jobs in chunks([*context.account.jobs], size=MANY):
        states = [state.name for job in jobs if not (state := job.state(context.now)).terminal]
        running += states.count(word)
        queued += len(states) - states.count(word)
        if len(jobs) == MANY:
            yield
    counts = {"runningCount": running, "queuedCount": queued, "totalCurrentTasks": running + queued}
    numbers = {name: wire.number(context.provider, "queue", str(count)) for name, count in counts.items()}
    return enveloped(context, {**context.provider.contract.wire["queue"], **numbers})


def list_keys(context: RequestContext) -> Response:
    """The keys of an account, masked: the one of the request."""
    wire = context.provider.contract.wire
    words = {"masked": wire["masked_key"], "created": local_time(context.provider, context.provider.ledger.opened)}
    return enveloped(context, [fill_template(wire["key_list"], words)])


def get_workflow_json(context: RequestContext) -> Response:
    """A workflow as JSON text: the same for every workflow, since the server holds none."""
    return enveloped(context, {"prompt": context.provider.contract.wire["workflow_json"]})
