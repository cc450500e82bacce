"""The signing secret of webhooks: created for the run, made current, and removed at its end."""

from copy import copy
from typing import TYPE_CHECKING, Self

from mockreel.contract import Contract, pointers
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.simulator.in_process.mock_target import Skipped

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext


class Signing:
    """Creates a secret if the contract says how; `trouble` says why there is none.

    An account may have others, and only one of them signs: a new secret is made the current one, and removed when the
    run ends, so that an older one signs again.
    """

    def __init__(self, context: "CheckContext") -> None:
        self._context = context
        self._made: tuple[SentRequest, ReceivedResponse] | None = None
        self.secret = getattr(context.target, "secret", None) or ""
        self.trouble = ""
        row = context.contract.conversation.secret
        if not self.secret and row is not None and context.target.receiver is not None:
            self._make()

    def _make(self) -> None:
        context, row = self._context, self._context.contract.conversation.secret
        assert row is not None
        good = context.requests.good(context.contract.operation(row.operation))
        request = good if row.body is None else good.with_json(row.body)
        try:
            response = context.send(request)
        except Skipped as reason:
            self.trouble = str(reason)
            return
        self.secret = str(pointers.value(response.json, row.at) or "")
        if not self.secret:
            self.trouble = f"{row.operation} gave no secret: {response.shown()[:120]}"
            return
        self._made = request, response
        self.promote()

    def promote(self) -> None:
        """Make the secret that was made the one that signs."""
        row = self._context.contract.conversation.secret
        if row is not None:
            self._follow(row.promote, row.promotion)

    def _follow(self, name: str | None, body: object = None) -> None:
        """Follow a link of the new secret."""
        if name is None or self._made is None:
            return
        context, (request, response) = self._context, self._made
        assert request.operation is not None
        link = context.links.find(request.operation, response, name)
        if link is not None:
            further = context.links.follow(link, request, response)
            context.send(further if body is None else further.with_json(body))

    def adopted(self, context: "CheckContext") -> Self:
        """The same secret for another context, whose target every further request goes to."""
        other = copy(self)
        other._context = context
        return other

    def close(self) -> None:
        """Remove the secret that was made, so that the account signs as before."""
        row = self._context.contract.conversation.secret
        if row is not None and self._made is not None and not self._context.own:
            try:
                self._follow(row.remove)
            except Skipped:
                self.trouble = f"{row.remove} was not sent"


def made_secret(contract: Contract, request: SentRequest, response: ReceivedResponse) -> str:
    """The secret that a request has made for the account of the run; empty if it has made none."""
    row, operation = contract.conversation.secret, request.operation
    if row is None or operation is None or operation.id != row.operation or request.who != "own":
        return ""
    found = pointers.value(response.json, row.at)
    return found if isinstance(found, str) else ""
