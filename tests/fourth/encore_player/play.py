"""The player: which handler answers what, what is kept, how refusals read, and who is told when a job ends."""

from collections.abc import Mapping
from typing import Any

from encore_player.callbacks import tell
from encore_player.refusals import refuse
from encore_player.state import Memory
from mockreel.contract import Contract, ErrorRow
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply
from mockreel.engine.jobs.job import Job
from mockreel.simulator.adapter import Handler, Socket
from mockreel.simulator.context import Call
from mockreel.simulator.provider import Part
from mockreel.webhooks import Delivery


class Play:
    def __init__(self, contract: Contract, handlers: Mapping[str, Handler]) -> None:
        self._bare = contract.wire["envelope"] == "bare"
        self._handlers = handlers

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return self._handlers

    @property
    def sockets(self) -> Mapping[str, Socket]:
        return {}

    def new_state(self, part: Part) -> Any:
        return Memory(secret="encore-secret")

    def taken_over(self, part: Part) -> Any:
        return part.state

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Memory,)

    def kept(self, part: Part) -> Any:
        return part.state

    def put_back(self, part: Part, kept: Any) -> Any:
        return kept

    def refuse(self, call: Call, row: ErrorRow, refused: Refused) -> Reply:
        return refuse(row, refused, bare=self._bare)

    def secrets(self, part: Part, delivery: Delivery) -> tuple[str, ...]:
        return (part.state.secret,)

    def job_ended(self, part: Part, job: Job) -> None:
        if not part.deliveries.of(job.id):
            tell(part, job)

    def redeliver(self, part: Part, delivery: Delivery) -> Delivery:
        return part.deliveries.again(delivery)
