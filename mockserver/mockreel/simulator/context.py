"""A request that is being understood, and what has been found out about it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mockreel.contract import Model, Operation
from mockreel.contract.messages.error_response import Refused
from mockreel.contract.messages.message import Reply, Request
from mockreel.engine.accounts.account import Account, Caller
from mockreel.engine.faults import Faults
from mockreel.engine.jobs.lifecycle import Course

if TYPE_CHECKING:
    from mockreel.simulator.provider import Part


class Unanswered(Exception):
    """The handler is not asked: `reply` is played, a fault for instance, with status 0 where nothing is answered."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply.fault or reply.status))
        self.reply = reply


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
    applied: tuple[str, ...] = ()  # the preferences that its client wished, and that count
    notes: tuple[str, ...] = ()  # what is told to who runs the server, and not to the client

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
