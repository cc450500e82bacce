"""What a key's owner may ask: prices, coins and money, the queue, the keys, and what a workflow holds."""

from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, json_reply
from mockreel.engine.billing import plain
from mockreel.providers.runninghub import responses as wire
from mockreel.providers.runninghub.errors import fill
from mockreel.providers.runninghub.resources.legacy_tasks import enveloped
from mockreel.providers.runninghub.state import state_of
from mockreel.providers.runninghub.webhooks import local_time
from mockreel.providers.templates import fill as fill_template
from mockreel.simulator.context import Call


def preview_price(call: Call) -> Reply:
    """What a task of a standard model would cost."""
    assert call.model is not None
    cost = call.part.ledger.cost(call.model, call.fields)
    if cost.amount is None:
        raise Refused("no-price-config")
    row = dict(call.part.contract.wire["price_text"])
    words = {"amount": f"{cost.amount:.{row.pop('places')}f}", "currency": cost.currency}
    texts = {key: fill(text, words) for key, text in row.items()}
    dialect = state_of(call.part).dialects.of(call.operation.id)
    return json_reply(200, dialect.says(estimatedPrice=float(cost.amount), currency=cost.currency, **texts))


def get_account(call: Call) -> Reply:
    """Coins, money and running tasks of a key."""
    part = call.part
    row = part.contract.wire["account"]
    standing = part.ledger.standing(call.account, call.now)
    left = standing.shown
    return enveloped(
        call,
        {
            "remainCoins": wire.number(part, "account", row["remainCoins"]),
            "currentTaskCounts": wire.number(part, "account", str(standing.open)),
            "remainMoney": None if left is None else wire.number(part, "account", plain(left)),
            "currency": None if left is None else part.contract.pricing["currency"],
            "apiType": row["apiType"],
        },
    )


def get_queue(call: Call) -> Reply:
    """How many tasks of an account wait and run."""
    running, queued = _unfinished(call)
    counts = {"runningCount": running, "queuedCount": queued, "totalCurrentTasks": running + queued}
    return enveloped(call, {**call.part.contract.wire["queue"], **counts})


def list_keys(call: Call) -> Reply:
    """The keys of an account, masked: the one that was asked with."""
    wire = call.part.contract.wire
    words = {"masked": wire["masked_key"], "created": local_time(call.part, call.part.ledger.opened)}
    return enveloped(call, [fill_template(wire["key_list"], words)])


def get_workflow_json(call: Call) -> Reply:
    """A workflow as JSON text: the same for every workflow, since the server holds none."""
    return enveloped(call, {"prompt": call.part.contract.wire["workflow_json"]})


def _unfinished(call: Call) -> tuple[int, int]:
    """How many tasks run, and how many wait."""
    names = [state.name for job in call.account.jobs if not (state := job.state(call.now)).terminal]
    running = names.count(call.part.contract.wire["running_state"])
    return running, len(names) - running
