"""A request that is being understood, and what a provider's package must offer to answer it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from understudy.accounts import Account, Caller
from understudy.contract import ErrorRow, Model, Operation
from understudy.faults import Faults
from understudy.lifecycle import Course
from understudy.messages import Reply, Request
from understudy.validation import Violation

if TYPE_CHECKING:
    from understudy.callbacks import Delivery
    from understudy.jobs import Job
    from understudy.part import Part


class Refused(Exception):
    """The provider says no: the name of an error row, the violations behind it, and what its text needs.

    Raised anywhere on a request's way; `Part.answer` turns it into the provider's own words.
    """

    def __init__(
        self,
        row: str,
        *,
        violations: tuple[Violation, ...] = (),
        values: Mapping[str, object] | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(row)
        self.row = row
        self.violations = violations
        self.values = values or {}
        self.headers = headers


class Unanswered(Exception):
    """The handler is not asked: `reply` is played, a fault for instance, with status 0 where nothing is answered."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.fault or reply.status))
        self.reply = reply


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of a multipart form."""

    name: str
    filename: str
    mime: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed form: the last value of each field, and its files."""

    fields: Mapping[str, str]
    files: Mapping[str, FilePart]


@dataclass(slots=True)
class Call:
    """One request on its way through; each step fills in what it found out.

    `body` is parsed JSON, a `Form`, bytes or None; `fields` the model's input inside it (an empty mapping where
    there is no model); `query` holds the declared parameters, each with the type that its schema gives it.
    """

    part: "Part"
    request: Request
    now: float
    operation: Operation = field(init=False)
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    caller: Caller | None = None
    model: Model | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    course: Course | None = None
    job: str | None = None  # the id of the job that it began
    key: str | None = None  # the key that it was found by; not kept beyond the call
    faults: Faults | None = None  # what befalls it; None while nobody has asked

    @property
    def account(self) -> Account:
        """The caller's account; only operations that need a key may ask."""
        if self.caller is None:
            raise Refused("no-key")
        return self.caller.account

    @property
    def known_operation(self) -> Operation | None:
        """The operation, or None where the path or the method was not known."""
        return getattr(self, "operation", None)


Answer = Reply | Awaitable[Reply]
Handler = Callable[[Call], Answer]


class Player(Protocol):
    """What a provider's package offers: how replies are put together, which data cannot say."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """One handler for each operation id of the contract."""
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
