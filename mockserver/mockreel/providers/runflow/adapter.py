"""What the engine asks of the package."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply
from mockreel.engine.jobs.job import Job
from mockreel.errors import Conflict
from mockreel.providers.runflow import errors, webhooks
from mockreel.providers.runflow.idempotency import heeding
from mockreel.providers.runflow.rate_limits import rate_headers, telling
from mockreel.providers.runflow.resources import batches, runs
from mockreel.providers.runflow.routes import HANDLERS
from mockreel.providers.runflow.state import (
    Asset,
    Batch,
    Evaluation,
    Extra,
    Secret,
    Shelf,
    State,
    Webhook,
    Workflow,
    state_of,
)
from mockreel.simulator.adapter import Handler, Socket
from mockreel.simulator.context import Call
from mockreel.simulator.provider import Part
from mockreel.webhooks import Delivery


class Runflow:
    """Plays Runflow."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._rates: Mapping[str, object] = contract.wire["rate_headers"]
        self.handlers: Mapping[str, Handler] = {name: self._wrapped(name, plain) for name, plain in HANDLERS.items()}

    def _wrapped(self, name: str, handler: Handler) -> Handler:
        """A handler with what the contract puts around it."""
        once = self._contract.wire["idempotency"]
        if name in once["operations"]:
            handler = heeding(handler, once)
        return telling(handler, self._rates) if self._rates["limit"] else handler

    @property
    def sockets(self) -> Mapping[str, Socket]:
        return {}

    def new_state(self, part: Part) -> State:
        return State(part.contract)

    def taken_over(self, part: Part) -> State:
        before = state_of(part)
        return State(self._contract, before.batches, before.model_ids)

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Asset, Batch, Evaluation, Extra, Reply, Secret, Shelf, Webhook, Workflow)

    def kept(self, part: Part) -> Any:
        """The batches; the rest follows from the contract."""
        return state_of(part).batches

    def put_back(self, part: Part, kept: Any) -> State:
        return State(self._contract, dict(kept))

    def refuse(self, call: Call, row: ErrorRow, refused: Refused) -> Reply:
        reply = errors.refuse(call, row, refused)
        if not self._rates["limit"]:
            return reply
        headers = rate_headers(call, self._rates, refused=row.name == "rate-limited")
        return Reply(reply.status, reply.body, reply.headers + headers)

    def secrets(self, part: Part, delivery: Delivery) -> tuple[str, ...]:
        return webhooks.secrets_of(part, delivery)

    def job_ended(self, part: Part, job: Job) -> None:
        """Tell whoever wants to know of a run's end."""
        if job.state(part.clock.now()).terminal:
            webhooks.tell_of_run(part, job)
            batches.run_ended(part, job)

    def redeliver(self, part: Part, delivery: Delivery) -> Delivery:
        """A run's or a batch's callback from its state now; what is told to a webhook, as it was."""
        job, batch = part.jobs.get(delivery.subject), state_of(part).batches.get(delivery.subject)
        try:
            if delivery.kind == webhooks.CALLBACK and job is not None:
                return runs.redeliver(part, job)
            if delivery.kind == webhooks.CALLBACK and batch is not None:
                return batches.redeliver(part, batch)
        except Refused as refused:
            raise Conflict(f"The delivery {delivery.id} cannot be sent again now: {refused.row}.") from refused
        return part.deliveries.again(delivery)
