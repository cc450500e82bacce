"""Is a response what the contract says this operation answers? The judgement is the contract suite's own."""

from mockreel.contract import Contract, Operation
from mockreel.contract.exchanges.exchange import ReceivedResponse
from mockreel.contract.exchanges.response_check import ResponseChecker as Documented
from mockreel.contract.messages.message import Response


class DocumentedResponses:
    """The documented responses of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._documented = Documented(contract)

    def wrong(self, operation: Operation, response: Response) -> list[str]:
        """What the contract does not allow about a response; empty where it is all right."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
        received = ReceivedResponse(response.status, headers, response.body)
        found = self._documented.documented(operation, received.status)
        if found is None:
            return [f"{operation.id} does not document the status {received.status}: {received.shown()}"]
        media = self._documented.wrong_media(found[1], received)
        wrong = [media] if media else list(self._documented.violations(operation, *found, received))
        return [f"{operation.id} {received.status} {one}" for one in wrong]
