"""A problem found by a check."""

from dataclasses import dataclass

from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import SentRequest


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: the fact that is broken, the expected and the received value, and the request."""

    fact: Fact
    expected: str
    actual: str
    request: SentRequest | None = None
    subject: str = ""
