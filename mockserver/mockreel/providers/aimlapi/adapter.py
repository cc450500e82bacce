"""What the engine asks of the package."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply
from mockreel.engine.jobs.job import Job
from mockreel.providers.aimlapi import errors
from mockreel.providers.aimlapi.routes import handler_of
from mockreel.providers.aimlapi.state import State
from mockreel.providers.aimlapi.usage import Usage
from mockreel.simulator.adapter import Socket
from mockreel.simulator.context import Call
from mockreel.simulator.provider import Part
from mockreel.webhooks import Delivery


class Play:
    """The player of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.handlers = {operation.id: handler_of(operation) for operation in contract.operations}

    @property
    def sockets(self) -> Mapping[str, Socket]:
        return {}

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
        return errors.refuse(call, row, refused)

    def secrets(self, part: Part, delivery: Delivery) -> tuple[str, ...]:
        """None: nothing is delivered."""
        return ()

    def job_ended(self, part: Part, job: Job) -> None:
        """Nothing: no callback is documented, so none is sent."""

    def redeliver(self, part: Part, delivery: Delivery) -> Delivery:
        """There is none of its own."""
        return part.deliveries.again(delivery)
