"""One thing that does not hold."""

from dataclasses import dataclass

from understudy.conformance.exchange import Ask
from understudy.conformance.facts import Fact


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold: the fact, what was expected, what came, and the request that shows it."""

    fact: Fact
    expected: str
    came: str
    ask: Ask | None = None
    subject: str = ""
