"""Somebody else who uses the account of the models: things that were there before the run, and that come during it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mockreel.conformance.checks.differential.model_play import ModelPlay
from mockreel.contract.exchanges.exchange import SentRequest

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext

# After so many exchanges of the run somebody else sends a request.
EVERY = 5


class Company:
    """Asks models what a client of the same account may ask at any time."""

    def __init__(self, context: "CheckContext", models: list[ModelPlay]) -> None:
        self._models = models
        self._requests = list(_requests(context))
        self._count = 0

    def was_there(self) -> None:
        """Make everything once before the run, and once more what may be there twice."""
        for request in (*self._requests, *self._requests):
            self._send(request)

    def goes_on(self) -> None:
        """Say that one more exchange of the run is over."""
        self._count += 1
        if self._requests and self._count % EVERY == 0:
            self._send(self._requests[self._count // EVERY % len(self._requests)])

    def _send(self, request: SentRequest) -> None:
        for model in self._models:
            model.ask(request, waits=False)


def _requests(context: "CheckContext") -> Iterator[SentRequest]:
    """One good request for each operation that makes something, and needs nothing to be there."""
    for operation in context.contract.operations:
        makes = operation.method == "POST" and operation.id not in context.contract.conversation.reads
        waits = operation.submits and context.contract.conversation.of(operation.id) is None
        if makes and not waits and not operation.admin and operation.body != "form" and "{" not in operation.path:
            yield context.requests.good(operation)
