"""What the engine asks of the package."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply
from mockreel.engine.jobs.job import Job
from mockreel.errors import Conflict
from mockreel.providers.runninghub import errors, progress, webhooks
from mockreel.providers.runninghub.dialects import Dialects
from mockreel.providers.runninghub.routes import HANDLERS
from mockreel.providers.runninghub.state import Asset, Group, Shelf, State
from mockreel.simulator.adapter import Handler, Socket
from mockreel.simulator.context import Call
from mockreel.simulator.provider import Part
from mockreel.webhooks import Delivery


class RunningHub:
    """The player of one contract; see `mockreel.simulator.context.Player`."""

    def __init__(self, contract: Contract) -> None:
        self._dialects = Dialects(contract)
        self._progress: str = contract.wire["progress"]["path"]

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return HANDLERS

    @property
    def sockets(self) -> Mapping[str, Socket]:
        return {self._progress: progress.follow}

    def new_state(self, part: Part) -> State:
        return State(self._dialects)

    def taken_over(self, part: Part) -> State:
        return State(self._dialects)

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Shelf, Asset, Group)

    def kept(self, part: Part) -> None:
        """Nothing: it follows from the contract."""

    def put_back(self, part: Part, kept: Any) -> State:
        return State(self._dialects)

    def refuse(self, call: Call, row: ErrorRow, refused: Refused) -> Reply:
        return errors.refuse(call, row, refused)

    def secrets(self, part: Part, delivery: Delivery) -> tuple[str, ...]:
        """None: nothing is signed."""
        return ()

    def job_ended(self, part: Part, job: Job) -> None:
        webhooks.job_ended(part, job)

    def redeliver(self, part: Part, delivery: Delivery) -> Delivery:
        """The stored event, sent again under a record of its own."""
        job = part.jobs.get(delivery.subject)
        if job is None:
            raise Conflict(f"The task {delivery.subject} of the delivery {delivery.id} is not kept any more.")
        return webhooks.deliver_again(part, job, delivery, url=delivery.url)
