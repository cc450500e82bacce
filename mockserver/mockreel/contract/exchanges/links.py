"""Follow the links of the OpenAPI document from one response to the next request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockreel.contract import Contract, Operation, pointers
from mockreel.contract.exchanges.exchange import ReceivedResponse, SentRequest
from mockreel.contract.exchanges.request_builder import Requests
from mockreel.contract.exchanges.response_check import ResponseChecker
from mockreel.contract.operations import resolve


@dataclass(frozen=True, slots=True)
class Link:
    """A link: its target operation, and the values of its parameters and body."""

    to: Operation
    parameters: Mapping[str, Any]
    body: Any


class Links:
    """The links of one contract."""

    def __init__(self, contract: Contract, requests: Requests, response_checker: ResponseChecker) -> None:
        self._contract = contract
        self._requests = requests
        self._response_checker = response_checker

    def find(self, operation: Operation, received: ReceivedResponse, to: str) -> Link | None:
        """The link of a response that leads to an operation, or None."""
        response = self._response_checker.documented(operation, received.status)
        for row in (response[1] if response else {}).get("links", {}).values():
            link = resolve(self._contract.document, row, where=operation.id)
            if link.get("operationId") == to:
                return Link(self._contract.operation(to), link.get("parameters", {}), link.get("requestBody"))
        return None

    def of(self, operation: Operation) -> Iterator[Mapping[str, Any]]:
        """Every link of every response of an operation."""
        for row in operation.raw.get("responses", {}).values():
            response = resolve(self._contract.document, row, where=operation.id)
            for link in response.get("links", {}).values():
                yield resolve(self._contract.document, link, where=operation.id)

    def follow(self, link: Link, request: SentRequest, response: ReceivedResponse) -> SentRequest:
        """The request of a link after an exchange."""
        values = {name: str(_value(text, request, response)) for name, text in link.parameters.items()}
        found = self._requests.good(link.to, params=values)
        return found if link.body is None else found.with_json(_filled(link.body, request, response))

    def id(self, link: Link, request: SentRequest, response: ReceivedResponse) -> Any:
        """The link's value from the response: the job's id."""
        texts = [*link.parameters.values(), *(link.body.values() if isinstance(link.body, Mapping) else ())]
        return next((_value(text, request, response) for text in texts if str(text).startswith("$response")), None)


def _filled(body: Any, request: SentRequest, response: ReceivedResponse) -> Any:
    """A link's body, without expressions that have no value."""
    if not isinstance(body, Mapping):
        return _value(body, request, response)
    values = {name: _value(text, request, response) for name, text in body.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(expression: Any, request: SentRequest, response: ReceivedResponse) -> Any:
    """The value of a runtime expression; any other value unchanged."""
    if not isinstance(expression, str) or not expression.startswith("$"):
        return expression
    source, _, pointer = expression.partition("#")
    return pointers.value(response.json if source.startswith("$response") else request.json, pointer)
