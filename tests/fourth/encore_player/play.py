"""The player: which handler answers what, what is kept, how error responses read, and who is told when a job ends."""

from collections.abc import Mapping
from typing import Any

from encore_player.callbacks import tell
from encore_player.refusals import refuse
from encore_player.state import Memory
from mockreel.contract import Contract, ErrorRow
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.engine.jobs.job import Job
from mockreel.simulator.provider import Provider
from mockreel.simulator.provider_adapter import Handler, Socket, StoredTypes
from mockreel.simulator.request_context import RequestContext
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

    def new_state(self, provider: Provider) -> Any:
        return Memory(secret="encore-secret")

    def state_after_switch(self, provider: Provider) -> Any:
        return provider.state

    @property
    def keepsakes(self) -> tuple[type, ...]:
        return (Memory,)

    @property
    def stored_types(self) -> StoredTypes:
        return StoredTypes(state=Memory)

    def stored(self, provider: Provider) -> Any:
        return provider.state

    def restore(self, provider: Provider, remaining: Any) -> Any:
        return remaining

    def refuse(self, context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
        return refuse(row, error, bare=self._bare)

    def secrets(self, provider: Provider, delivery: Delivery) -> tuple[str, ...]:
        return (provider.state.secret,)

    def job_ended(self, provider: Provider, job: Job) -> None:
        if not provider.deliveries.of(job.id):
            tell(provider, job)

    def redeliver(self, provider: Provider, delivery: Delivery) -> Delivery:
        return provider.deliveries.again(delivery)
