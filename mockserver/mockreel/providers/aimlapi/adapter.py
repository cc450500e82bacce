"""What the engine asks of the package."""

from collections.abc import Mapping
from typing import Any

from mockreel.contract import Contract, ErrorRow
from mockreel.contract.data.checked_types import Moment
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Job
from mockreel.providers.aimlapi import error_bodies
from mockreel.providers.aimlapi.routes import handler_of
from mockreel.providers.aimlapi.state import State
from mockreel.providers.aimlapi.usage import Usage
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import KeptTypes, Socket
from mockreel.simulator.request_context import RequestContext
from mockreel.webhooks import Delivery


class Play:
    """The adapter of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.handlers = {operation.id: handler_of(operation) for operation in contract.operations}

    @property
    def sockets(self) -> Mapping[str, Socket]:
        return {}

    def new_state(self, provider: Provider) -> Any:
        return State(provider.contract, started=provider.clock.now())

    def taken_over(self, provider: Provider) -> Any:
        return State(self._contract, started=provider.state.started)

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Usage,)

    @property
    def kept_types(self) -> KeptTypes:
        return KeptTypes(job=Usage, state=Moment)

    def kept(self, provider: Provider) -> Any:
        """When it began; the rest follows from the contract."""
        return provider.state.started

    def put_back(self, provider: Provider, kept: Any) -> Any:
        return State(self._contract, started=float(kept))

    def refuse(self, context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
        return error_bodies.refuse(context, row, error)

    def secrets(self, provider: Provider, delivery: Delivery) -> tuple[str, ...]:
        """None: nothing is delivered."""
        return ()

    def job_ended(self, provider: Provider, job: Job) -> None:
        """Nothing: no callback is documented, so none is sent."""

    def redeliver(self, provider: Provider, delivery: Delivery) -> Delivery:
        """There is none of its own."""
        return provider.deliveries.again(delivery)
