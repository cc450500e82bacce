"""Check repeated submits: the same idempotency key must not start a second job."""

from collections import OrderedDict
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from mockreel.contract import Contract, Evidence
from mockreel.contract.evidence.facts import Facts
from mockreel.contract.exchanges.exchange import SentRequest
from mockreel.contract.exchanges.problem import Problem

# The most keys to remember; the oldest is dropped.
MOST_KEYS = 10_000


class RepeatedSubmits:
    """The job of each idempotency key of one provider."""

    def __init__(self, contract: Contract, facts: Facts) -> None:
        self._row: Any = contract.wire.get("idempotency")
        self._root: Any = contract.root.get("wire", {}).get("idempotency")
        self._facts = facts
        self._jobs: OrderedDict[tuple[str, str], str] = OrderedDict()

    def key(self, request: SentRequest) -> str | None:
        """The idempotency key of a request, if its operation uses one."""
        if not self._row or request.operation is None or request.operation.id not in self._row["operations"]:
            return None
        name = self._row["header"].lower()
        return next((value for key, value in request.headers.items() if key.lower() == name), None)

    def submitted(self, request: SentRequest, job: str) -> Iterator[Problem]:
        """The problem with the job of a repeated submit."""
        key = self.key(request)
        if key is None:
            return
        same = (key, sha256(b"\n".join((_sender(request).encode(), request.path.encode(), request.body))).hexdigest())
        before = self._jobs.setdefault(same, job)
        if len(self._jobs) > MOST_KEYS:
            self._jobs.popitem(last=False)
        if before != job:
            says = f"the same request with the same {self._row['header']} is the same job"
            evidence = Evidence(self._root["evidence"], tuple(self._root["source"]))
            fact = self._facts.fact(says, "openapi.yaml x-mockreel wire idempotency", evidence)
            yield Problem(fact, f"the job {before[:80]}", f"a second one, {job[:80]}", request)


def _sender(request: SentRequest) -> str:
    """A hash that identifies the account."""
    names = {
        place.name.lower() for place in (request.operation.key if request.operation else ()) if place.kind == "header"
    }
    return "\n".join(value for name, value in request.headers.items() if name.lower() in names)
