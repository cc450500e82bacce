"""The provider adapter."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Job
from mockreel.errors import Conflict
from mockreel.providers.runflow import error_bodies, webhooks
from mockreel.providers.runflow.idempotency import heeding
from mockreel.providers.runflow.rate_limits import rate_headers, with_rate_limit_headers
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
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Handler, Socket, StoredTypes
from mockreel.simulator.request_context import RequestContext
from mockreel.webhooks import Delivery


class Runflow:
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._rates: Mapping[str, object] = contract.wire["rate_headers"]
        self.handlers: Mapping[str, Handler] = {name: self._wrapped(name, plain) for name, plain in HANDLERS.items()}

    def _wrapped(self, name: str, handler: Handler) -> Handler:
        """A handler with the contract's wrappers."""
        once = self._contract.wire["idempotency"]
        if name in once["operations"]:
            handler = heeding(handler, once)
        return with_rate_limit_headers(handler, self._rates) if self._rates["limit"] else handler

    @property
    def sockets(self) -> Mapping[str, Socket]:
        return {}

    def new_state(self, provider: Provider) -> State:
        return State(provider.contract)

    def state_after_switch(self, provider: Provider) -> State:
        before = state_of(provider)
        return State(self._contract, before.batches, before.model_ids)

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Asset, Batch, Evaluation, Extra, Response, Secret, Shelf, Webhook, Workflow)

    @property
    def stored_types(self) -> StoredTypes:
        return StoredTypes(job=Extra | None, shelf=Shelf, state=dict[str, Batch])

    def stored(self, provider: Provider) -> Any:
        """The batches; the rest follows from the contract."""
        return state_of(provider).batches

    def restore(self, provider: Provider, stored: Any) -> State:
        return State(self._contract, dict(stored))

    def refuse(self, context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
        response = error_bodies.refuse(context, row, error)
        if not self._rates["limit"]:
            return response
        headers = rate_headers(context, self._rates, refused=row.name == "rate-limited")
        return Response(response.status, response.body, response.headers + headers)

    def secrets(self, provider: Provider, delivery: Delivery) -> tuple[str, ...]:
        return webhooks.secrets_of(provider, delivery)

    def job_ended(self, provider: Provider, job: Job) -> None:
        """Send the webhooks of a run's end."""
        if job.state(provider.clock.now()).terminal:
            webhooks.deliver_run_end(provider, job)
            batches.run_ended(provider, job)

    def redeliver(self, provider: Provider, delivery: Delivery) -> Delivery:
        """A run's or batch's webhook from its current state; one to a subscription as it was."""
        job, batch = provider.jobs.get(delivery.subject), state_of(provider).batches.get(delivery.subject)
        try:
            if delivery.kind == webhooks.CALLBACK and job is not None:
                return runs.redeliver(provider, job)
            if delivery.kind == webhooks.CALLBACK and batch is not None:
                return batches.redeliver(provider, batch)
        except ErrorResponse as error:
            raise Conflict(f"The delivery {delivery.id} cannot be sent again now: {error.row}.") from error
        return provider.deliveries.again(delivery)
