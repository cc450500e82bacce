"""Is a reply what the contract says this operation answers? The judgement is the contract suite's own."""

from mockreel.contract import Contract, Operation
from mockreel.contract.exchanges.exchange import Told
from mockreel.contract.exchanges.response_check import Replies as Documented
from mockreel.contract.messages.message import Reply


class Replies:
    """The documented replies of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._documented = Documented(contract)

    def wrong(self, operation: Operation, reply: Reply) -> list[str]:
        """What the contract does not allow about a reply; empty where it is all right."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
        told = Told(reply.status, headers, reply.body)
        found = self._documented.documented(operation, told.status)
        if found is None:
            return [f"{operation.id} does not document the status {told.status}: {told.shown()}"]
        media = self._documented.wrong_media(found[1], told)
        wrong = [media] if media else list(self._documented.violations(operation, *found, told))
        return [f"{operation.id} {told.status} {one}" for one in wrong]
