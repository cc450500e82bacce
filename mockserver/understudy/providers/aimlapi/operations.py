"""Which handler plays an operation; the operation's own `plays` says so, and `reply` names its template."""

from collections.abc import Mapping
from typing import Any

from understudy.call import Call
from understudy.callbacks import Delivery
from understudy.contract import Contract, ErrorRow, Operation
from understudy.errors import DataError
from understudy.jobs import Job
from understudy.messages import Reply
from understudy.part import Part
from understudy.player import Handler
from understudy.providers.aimlapi import account, catalogue, generations, metrics, refusals
from understudy.providers.aimlapi.state import State
from understudy.providers.aimlapi.tariff import Usage
from understudy.refused import Refused

HANDLERS: Mapping[str, Handler] = {
    "submit": generations.submit,
    "poll": generations.poll,
    "models": catalogue.list_models,
    "model": catalogue.get_model,
    "metrics": metrics.report,
    "balance": account.balance,
    "transactions": account.transactions,
}


class Play:
    """The player of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.handlers = {operation.id: _handler(operation) for operation in contract.operations}

    def new_state(self, part: Part) -> Any:
        return State(part.contract, started=part.clock.now())

    def taken_over(self, part: Part) -> Any:
        return State(self._contract, started=part.state.started)

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Usage,)

    def kept(self, part: Part) -> Any:
        """When it began; the rest follows from the contract."""
        return part.state.started

    def put_back(self, part: Part, kept: Any) -> Any:
        return State(self._contract, started=float(kept))

    def refuse(self, call: Call, row: ErrorRow, refused: Refused) -> Reply:
        return refusals.refuse(call, row, refused)

    def secrets(self, part: Part, delivery: Delivery) -> tuple[str, ...]:
        """None: nothing is delivered."""
        return ()

    def job_ended(self, part: Part, job: Job) -> None:
        """Nothing: no callback is documented, so none is sent."""

    def redeliver(self, part: Part, delivery: Delivery) -> Delivery:
        """There is none of its own."""
        return part.deliveries.again(delivery)


def _handler(operation: Operation) -> Handler:
    plays = operation.raw["x-understudy"].get("plays")
    if plays not in HANDLERS:
        where = f"the operation {operation.id} /x-understudy/plays"
        raise DataError(where, f"{plays!r} is nothing that can be played", expected="one of " + ", ".join(HANDLERS))
    return HANDLERS[plays]
