"""What a provider's package must offer to answer requests."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from mockreel.contract import ErrorRow
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Response
from mockreel.simulator.request_context import RequestContext

if TYPE_CHECKING:
    from mockreel.engine.jobs.job import Job
    from mockreel.simulator.provider import Provider
    from mockreel.webhooks import Delivery

Answer = Response | Awaitable[Response]
Handler = Callable[[RequestContext], Answer]
# Messages of a WebSocket, as texts, and what opens one: from a provider and the address's query, if that is known.
MessageStream = AsyncGenerator[str, None]
Socket = Callable[["Provider", Mapping[str, str]], MessageStream | None]


class StoredTypes(NamedTuple):
    """Annotations of what a package keeps: as `extra` of a job, on an account's shelf, and for the whole provider."""

    job: Any = None
    shelf: Any = None
    state: Any = None


class ProviderAdapter(Protocol):
    """What a provider's package implements: how responses are built, which data cannot express."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """One handler for each operation id of the contract."""
        ...

    @property
    def sockets(self) -> Mapping[str, Socket]:
        """What is sent on WebSockets, by path; empty if the provider has none."""
        ...

    def new_state(self, provider: "Provider") -> Any:
        """The package's own state, available as `provider.state`."""
        ...

    def state_after_switch(self, provider: "Provider") -> Any:
        """The same for a provider that served another contract so far, with its existing state.

        It replaces `provider.state` later, together with the contract; until then nothing may be changed.
        """
        ...

    @property
    def keepsakes(self) -> tuple[type, ...]:
        """The package's classes whose objects occur in jobs, on accounts' shelves, or in the result of `stored`."""
        ...

    @property
    def stored_types(self) -> "StoredTypes":
        """What a snapshot may hold of the package, as annotations; what is read is checked against them."""
        ...

    def stored(self, provider: "Provider") -> Any:
        """What of `part.state` a snapshot must hold: plain values and keepsakes."""
        ...

    def restore(self, provider: "Provider", saved: Any) -> Any:
        """A state as `new_state` makes it, with what was stored; the provider is not changed."""
        ...

    def refuse(self, context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
        """The provider's own no: `row` with the message's placeholders filled in."""
        ...

    def secrets(self, provider: "Provider", delivery: "Delivery") -> tuple[str, ...]:
        """What a delivery is signed with, then what it would have been signed with before; empty for none."""
        ...

    def job_ended(self, provider: "Provider", job: "Job") -> None:
        """A job with a webhook has ended by the clock: schedule its deliveries."""
        ...

    def redeliver(self, provider: "Provider", delivery: "Delivery") -> "Delivery":
        """Deliver again, as the provider does on request; returns what is being delivered now.

        Raises:
            Conflict: it cannot be delivered again in its state.
        """
        ...
