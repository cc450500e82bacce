"""What a provider's package must offer to answer requests."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mockreel.contract import ErrorRow
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply
from mockreel.simulator.context import Call

if TYPE_CHECKING:
    from mockreel.engine.jobs.job import Job
    from mockreel.simulator.provider import Part
    from mockreel.webhooks import Delivery

Answer = Reply | Awaitable[Reply]
Handler = Callable[[Call], Answer]
# What is told on a WebSocket, as texts, and who opens one: from a part and the query of the address, if that is known.
MessageStream = AsyncGenerator[str, None]
Socket = Callable[["Part", Mapping[str, str]], MessageStream | None]


class Player(Protocol):
    """What a provider's package offers: how replies are put together, which data cannot say."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """One handler for each operation id of the contract."""
        ...

    @property
    def sockets(self) -> Mapping[str, Socket]:
        """What is told on WebSockets, by path; none where the provider has none."""
        ...

    def new_state(self, part: "Part") -> Any:
        """What the package keeps for itself while the stage stands; found again as `part.state`."""
        ...

    def taken_over(self, part: "Part") -> Any:
        """The same for a part that another contract was played on so far: all that has come to be is in it.

        It takes the place of `part.state` in a moment, together with the contract; until then nothing may be changed.
        """
        ...

    @property
    def keepsakes(self) -> tuple[type, ...]:
        """The package's classes that stand on jobs, on accounts' shelves, or in what `kept` gives."""
        ...

    def kept(self, part: "Part") -> Any:
        """What of `part.state` a snapshot must hold: plain values and keepsakes."""
        ...

    def put_back(self, part: "Part", kept: Any) -> Any:
        """A state as `new_state` makes it, with what was kept; the part is not changed."""
        ...

    def refuse(self, call: Call, row: ErrorRow, refused: Refused) -> Reply:
        """The provider's own no: `row` with the message's placeholders filled in."""
        ...

    def secrets(self, part: "Part", delivery: "Delivery") -> tuple[str, ...]:
        """What a delivery is signed with, then what it would have been signed with before; empty for none."""
        ...

    def job_ended(self, part: "Part", job: "Job") -> None:
        """A job that somebody may be told of has ended by the clock: schedule its deliveries."""
        ...

    def redeliver(self, part: "Part", delivery: "Delivery") -> "Delivery":
        """Deliver again, as the provider itself would when asked to; gives what is being delivered now.

        Raises:
            Conflict: it cannot be delivered again as things are.
        """
        ...
