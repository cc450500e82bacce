"""What the engine asks of the package."""

from collections.abc import Mapping
from typing import Any

from understudy.call import Call
from understudy.callbacks import Delivery
from understudy.contract import Contract, ErrorRow
from understudy.errors import Conflict
from understudy.jobs import Job
from understudy.messages import Reply
from understudy.part import Part
from understudy.player import Handler
from understudy.providers.runninghub import callbacks, refusals
from understudy.providers.runninghub.dialects import Dialects
from understudy.providers.runninghub.operations import HANDLERS
from understudy.providers.runninghub.state import Shelf, State
from understudy.refused import Refused


class RunningHub:
    """The player of one contract; see `understudy.call.Player`."""

    def __init__(self, contract: Contract) -> None:
        self._dialects = Dialects(contract)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return HANDLERS

    def new_state(self, part: Part) -> State:
        return State(self._dialects)

    def taken_over(self, part: Part) -> State:
        return State(self._dialects)

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Shelf,)

    def kept(self, part: Part) -> None:
        """Nothing: it follows from the contract."""

    def put_back(self, part: Part, kept: Any) -> State:
        return State(self._dialects)

    def refuse(self, call: Call, row: ErrorRow, refused: Refused) -> Reply:
        return refusals.refuse(call, row, refused)

    def secrets(self, part: Part, delivery: Delivery) -> tuple[str, ...]:
        """None: nothing is signed."""
        return ()

    def job_ended(self, part: Part, job: Job) -> None:
        callbacks.job_ended(part, job)

    def redeliver(self, part: Part, delivery: Delivery) -> Delivery:
        """The stored event, sent again under a record of its own."""
        job = part.jobs.get(delivery.subject)
        if job is None:
            raise Conflict(f"The task {delivery.subject} of the delivery {delivery.id} is not kept any more.")
        return callbacks.deliver_again(part, job, delivery, url=delivery.url)
