"""The handler of each operation, by the operation's own `plays`; `reply` names its template."""

from collections.abc import Mapping

from mockreel.contract import Operation
from mockreel.errors import DataError
from mockreel.providers.aimlapi.resources import account_details, deprecations, generations, model_metrics, models
from mockreel.simulator.provider_adapter import Handler

HANDLERS: Mapping[str, Handler] = {
    "submit": generations.submit,
    "poll": generations.poll,
    "models": models.list_models,
    "model": models.get_model,
    "metrics": model_metrics.report,
    "deprecations": deprecations.list_deprecations,
    "balance": account_details.balance,
    "transactions": account_details.transactions,
}


def handler_of(operation: Operation) -> Handler:
    plays = operation.raw["x-mockreel"].get("plays")
    if plays not in HANDLERS:
        where = f"the operation {operation.id} /x-mockreel/plays"
        raise DataError(where, f"{plays!r} is not a handler", expected="one of " + ", ".join(HANDLERS))
    return HANDLERS[plays]
