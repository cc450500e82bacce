"""Who keeps a log of what changes a simulator, if anybody does; `storage` has the one that there is."""

from collections.abc import Awaitable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from mockreel.contract.messages.message import Request
from mockreel.engine.accounts.account import Account
from mockreel.engine.jobs.job import Intervention, Job
from mockreel.engine.moment import Moment, Stretch
from mockreel.simulator.provider_adapter import Answer
from mockreel.webhooks import Delivery

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider
    from mockreel.simulator.simulator import Simulator


class RunRecorder(Protocol):
    """Is called wherever a simulator changes, in the order of the changes."""

    def answer(self, provider: "Provider", request: Request) -> Answer:
        """Answer a request, and record it if it has changed something."""

    def changing(self) -> None:
        """Called before a change that no request causes.

        Raises:
            StateError: only the control API may change it, as other servers share the run.
        """

    def intervened(self, provider: "Provider", job: Job, intervention: Intervention) -> None:
        """A job's plan was changed."""

    def contract_switched(self, provider: "Provider") -> None:
        """Another contract is served from now on."""

    def balance_set(self, provider: "Provider", account: Account, amount: Decimal | None) -> None:
        """A balance was set by hand."""

    def redelivered(self, provider: "Provider", delivery: Delivery) -> None:
        """A delivery was sent again by hand."""

    def reset(self, *, before: float) -> None:
        """Everything was forgotten; `before` is the moment to which the clock had come."""

    def restored(self, document: Any) -> None:
        """A snapshot replaced everything."""

    def trouble(self) -> str:
        """Why no request can be answered now that changes something; empty where it can."""

    def settled(self) -> Awaitable[None]:
        """Record what was changed by hand, and wait until all of it is stored.

        Raises:
            StateUnwritable: it cannot be stored.
        """


class SharedRun(Protocol):
    """A run that several servers share: a control request to one of them is performed by all."""

    def join(self) -> Awaitable[None]:
        """Apply all that there is, before the first request.

        Raises:
            StateError: what they share cannot be reached.
        """

    def caught_up(self) -> Awaitable[None]:
        """Wait until all is applied here that the other servers have answered for.

        Raises:
            StateError: what they share cannot be reached.
        """

    def by_hand(self, fields: Mapping[str, Any]) -> Awaitable[Any]:
        """Have every server perform a control request; returns the result here.

        Raises:
            StateError: the shared log is unreachable.
        """


class View(NamedTuple):
    """A simulator as it was at a moment (`at`), and the part of the run that this moment is in."""

    simulator: "Simulator"
    at: float
    stretch: Stretch


class History(Protocol):
    """What can be looked back on; all of it reads the log, which takes its time."""

    def view(self, moment: Moment) -> View:
        """A further simulator as it was at a moment, with its clock paused there.

        Raises:
            OptionError: it has not come yet, or there is no such entry.
            StateError: the log cannot be applied.
        """

    def stretches(self) -> Sequence[Stretch]:
        """The parts of the run, in order.

        Raises:
            StateError: the log cannot be read or applied.
        """
