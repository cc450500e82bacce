"""A request that is being understood, and what has been found out about it so far."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockreel.contract import Model, Operation
from mockreel.contract.messages.error_response import ErrorResponse
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.accounts.account import Account, Caller
from mockreel.engine.faults import Faults
from mockreel.engine.jobs.lifecycle import PlanTemplate

if TYPE_CHECKING:
    from mockreel.simulator.provider import Provider


# What most requests have none of; shared, so nothing may write into it.
NOTHING: Mapping[str, Any] = {}


class Unanswered(Exception):
    """The handler is skipped: `response` is sent, a fault for instance, with status 0 for no response at all."""

    def __init__(self, response: Response) -> None:
        super().__init__(str(response.fault or response.status))
        self.response = response


class RequestContext:
    """One request on its way through; each step fills in what it found out.

    What a step leaves as it was is the class's: one is made for each request, and few fill in everything.

    `body` is parsed JSON, a `Form`, bytes or None; `fields` the model's input inside it (an empty mapping where
    there is no model); `query` holds the declared parameters, each with the type that its schema gives it.
    """

    operation: Operation
    known_operation: Operation | None = None  # the same; None if the path or method is unknown
    params: Mapping[str, str] = NOTHING
    query: Mapping[str, Any] = NOTHING
    body: Any = None
    caller: Caller | None = None
    model: Model | None = None
    fields: Mapping[str, Any] = NOTHING
    template: PlanTemplate | None = None
    job: str | None = None  # the id of the job that it began
    polled: str | None = None  # the id of the job that it reads, once its handler knows it
    key: str | None = None  # the key that it was found by; stored no longer than the headers of its connection
    faults: Faults | None = None  # its faults; None until they are chosen
    in_steps: bool = False  # its handler works in several steps, and has begun
    handled: bool = False  # it reached its handler
    applied: tuple[str, ...] = ()  # the preferences that its client wished, and that count
    notes: tuple[str, ...] = ()  # shown to the user of the server, not to the client

    def __init__(self, provider: "Provider", request: Request, now: float) -> None:
        self.provider = provider
        self.request = request
        self.now = now

    @property
    def account(self) -> Account:
        """The caller's account; only for operations that need a key."""
        if self.caller is None:
            raise ErrorResponse("no-key")
        return self.caller.account
