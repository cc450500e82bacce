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
# What is told on a WebSocket, as texts, and who opens one: from a part and the query of the address, if that is known.
MessageStream = AsyncGenerator[str, None]
Socket = Callable[["Provider", Mapping[str, str]], MessageStream | None]


class KeptTypes(NamedTuple):
    """Annotations of what a package keeps: as `extra` of a job, on an account's shelf, and for the whole provider."""

    job: Any = None
    shelf: Any = None
    state: Any = None


class ProviderAdapter(Protocol):
    """What a provider's package offers: how responses are put together, which data cannot say."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """One handler for each operation id of the contract."""
        ...

    @property
    def sockets(self) -> Mapping[str, Socket]:
        """What is told on WebSockets, by path; none where the provider has none."""
        ...

    def new_state(self, provider: "Provider") -> Any:
        """What the package keeps for itself while the simulator stands; found again as `part.state`."""
        ...

    def taken_over(self, provider: "Provider") -> Any:
        """The same for a part that another contract was played on so far: all that has come to be is in it.

        It takes the place of `part.state` in a moment, together with the contract; until then nothing may be changed.
        """
        ...

    @property
    def keepsakes(self) -> tuple[type, ...]:
        """The package's classes that stand on jobs, on accounts' shelves, or in what `kept` gives."""
        ...

    @property
    def kept_types(self) -> "KeptTypes":
        """What a snapshot may hold of the package, as annotations; what is read is checked against them."""
        ...

    def kept(self, provider: "Provider") -> Any:
        """What of `part.state` a snapshot must hold: plain values and keepsakes."""
        ...

    def put_back(self, provider: "Provider", kept: Any) -> Any:
        """A state as `new_state` makes it, with what was kept; the part is not changed."""
        ...

    def refuse(self, context: RequestContext, row: ErrorRow, error: ErrorResponse) -> Response:
        """The provider's own no: `row` with the message's placeholders filled in."""
        ...

    def secrets(self, provider: "Provider", delivery: "Delivery") -> tuple[str, ...]:
        """What a delivery is signed with, then what it would have been signed with before; empty for none."""
        ...

    def job_ended(self, provider: "Provider", job: "Job") -> None:
        """A job that somebody may be told of has ended by the clock: schedule its deliveries."""
        ...

    def redeliver(self, provider: "Provider", delivery: "Delivery") -> "Delivery":
        """Deliver again, as the provider itself would when asked to; gives what is being delivered now.

        Raises:
            Conflict: it cannot be delivered again as things are.
        """
        ...
