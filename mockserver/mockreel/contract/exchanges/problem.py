"""One thing that does not hold."""

from dataclasses import dataclass

from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.exchange import SentRequest


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold: the fact, what was expected, what came, and the request that shows it."""

    fact: Fact
    expected: str
    came: str
    request: SentRequest | None = None
    subject: str = ""
