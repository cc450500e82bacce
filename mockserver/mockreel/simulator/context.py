"""A request that is being understood, and what has been found out about it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mockreel.contract import Model, Operation
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.accounts.account import Account, Caller
from mockreel.engine.faults import Faults
from mockreel.engine.jobs.lifecycle import PlanTemplate

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider


class Unanswered(Exception):
    """The handler is not asked: `response` is played, a fault for instance, with status 0 where nothing is answered."""

    def __init__(self, response: Response) -> None:
        super().__init__(str(response.fault or response.status))
        self.response = response


@dataclass(slots=True)
class RequestContext:
    """One request on its way through; each step fills in what it found out.

    `body` is parsed JSON, a `Form`, bytes or None; `fields` the model's input inside it (an empty mapping where
    there is no model); `query` holds the declared parameters, each with the type that its schema gives it.
    """

    provider: "Provider"
    request: Request
    now: float
    operation: Operation = field(init=False)
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    caller: Caller | None = None
    model: Model | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    template: PlanTemplate | None = None
    job: str | None = None  # the id of the job that it began
    key: str | None = None  # the key that it was found by; not kept beyond the call
    faults: Faults | None = None  # what befalls it; None while nobody has asked
    in_turns: bool = False  # its handler has work for several turns, and is at it
    handled: bool = False  # nothing refused it before its handler was asked
    applied: tuple[str, ...] = ()  # the preferences that its client wished, and that count
    notes: tuple[str, ...] = ()  # what is told to who runs the server, and not to the client

    @property
    def account(self) -> Account:
        """The caller's account; only operations that need a key may ask."""
        if self.caller is None:
            raise ErrorResponse("no-key")
        return self.caller.account

    @property
    def known_operation(self) -> Operation | None:
        """The operation, or None where the path or the method was not known."""
        return getattr(self, "operation", None)
