"""The provider adapter."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow
from mockreel.contract.data.base_types import Moment
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Job
from mockreel.providers.aimlapi import error_bodies
from mockreel.providers.aimlapi.routes import handler_of
from mockreel.providers.aimlapi.state import State
from mockreel.providers.aimlapi.usage import Usage
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Socket, StoredTypes
from mockreel.simulator.request_context import RequestContext
from mockreel.webhooks import Delivery


class Adapter:
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.handlers = {operation.id: handler_of(operation) for operation in contract.operations}

    @property
    def sockets(self) -> Mapping[str, Socket]:
        return {}

    def new_state(self, provider: Provider) -> Any:
        return State(provider.contract, started=provider.clock.now())

    def state_after_switch(self, provider: Provider) -> Any:
        return State(self._contract, started=provider.state.started)

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Usage,)

    @property
    def stored_types(self) -> StoredTypes:
        return StoredTypes(job=Usage, state=Moment)

    def stored(self, provider: Provider) -> Any:
        """When it began; the rest follows from the contract."""
        return provider.state.started

    def restore(self, provider: Provider, stored: Any) -> Any:
        return State(self._contract, started=float(stored))

    def refuse(self, context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
        return error_bodies.refuse(context, row, error)

    def secrets(self, provider: Provider, delivery: Delivery) -> tuple[str, ...]:
        """None: nothing is delivered."""
        return ()

    def job_ended(self, provider: Provider, job: Job) -> None:
        """Nothing: no callback is documented, so none is sent."""

    def redeliver(self, provider: Provider, delivery: Delivery) -> Delivery:
        """It has none of its own."""
        return provider.deliveries.again(delivery)
