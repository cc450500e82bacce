"""The provider adapter."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Job
from mockreel.errors import Conflict
from mockreel.providers.runninghub import error_bodies, progress, webhooks
from mockreel.providers.runninghub.dialects import Dialects
from mockreel.providers.runninghub.routes import HANDLERS
from mockreel.providers.runninghub.state import Asset, Group, Shelf, State
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Handler, Socket, StoredTypes
from mockreel.simulator.request_context import RequestContext
from mockreel.webhooks import Delivery


class RunningHub:
    """The adapter of one contract; see `mockreel.simulator.provider_adapter.ProviderAdapter`."""

    def __init__(self, contract: Contract) -> None:
        self._dialects = Dialects(contract)
        self._progress: str = contract.wire["progress"]["path"]

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return HANDLERS

    @property
    def sockets(self) -> Mapping[str, Socket]:
        return {self._progress: progress.follow}

    def new_state(self, provider: Provider) -> State:
        return State(self._dialects)

    def state_after_switch(self, provider: Provider) -> State:
        return State(self._dialects)

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Shelf, Asset, Group)

    @property
    def stored_types(self) -> StoredTypes:
        return StoredTypes(shelf=Shelf)

    def stored(self, provider: Provider) -> None:
        """Nothing: it follows from the contract."""

    def restore(self, provider: Provider, stored: Any) -> State:
        return State(self._dialects)

    def refuse(self, context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
        return error_bodies.refuse(context, row, error)

    def secrets(self, provider: Provider, delivery: Delivery) -> tuple[str, ...]:
        """None: nothing is signed."""
        return ()

    def job_ended(self, provider: Provider, job: Job) -> None:
        webhooks.job_ended(provider, job)

    def redeliver(self, provider: Provider, delivery: Delivery) -> Delivery:
        """The stored event, sent again under a record of its own."""
        job = provider.jobs.get(delivery.subject)
        if job is None:
            raise Conflict(f"The task {delivery.subject} of the delivery {delivery.id} is not stored any more.")
        return webhooks.deliver_again(provider, job, delivery, url=delivery.url)
