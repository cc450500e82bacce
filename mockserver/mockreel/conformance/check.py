"""What a check is, and what it finds."""

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockreel.conformance.place import Place
from mockreel.contract.evidence.facts import Fact
from mockreel.contract.exchanges.problem import Problem

if TYPE_CHECKING:
    from mockreel.conformance.check_context import CheckContext
    from mockreel.contract.exchanges.exchange import SentRequest

# What a check does to its target: it reads or is refused; it sends what must be refused; it begins jobs.
Level = Literal["reads", "breaking", "jobs"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a target: an id, a summary, and the function that performs it.

    The function yields a problem for each violation, and calls `context.judged()` for each case that it
    which contracts it applies; `plays`: it asks with the `Prefer` header, which only a mock server follows. `begins`
    are requests that begin jobs, and are sent only after an answer or in a check with `uses`: the plan has them.
    requests that begin jobs, and are sent only after an answer or in a check with `uses`: the plan of a run has them.
    """

    id: str
    says: str
    level: Level
    ask: "Callable[[CheckContext], Iterator[Problem]]"
    uses: tuple[str, ...] = ()
    known: "Callable[[CheckContext], bool]" = lambda _: True
    plays: bool = False
    begins: "Callable[[CheckContext], Iterable[SentRequest]]" = lambda _: ()


def check(
    id: str,  # noqa: A002  (what reports call it)
    says: str,
    *,
    level: Level,
    uses: tuple[str, ...] = (),
    known: "Callable[[CheckContext], bool]" = lambda _: True,
    plays: bool = False,
    begins: "Callable[[CheckContext], Iterable[SentRequest]]" = lambda _: (),
) -> "Callable[[Callable[[CheckContext], Iterator[Problem]]], Check]":
    """Make a function a check."""
    return lambda function: Check(id, says, level, function, uses, known, plays, begins)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem as it is reported.

    `doubt`: the contract only rests on inference there, so it may be what is wrong. `place`: the line of the user's own
    that it is about, where that is known.
    """

    check: str
    provider: str
    subject: str
    fact: Fact
    expected: str
    actual: str
    curl: str
    doubt: bool
    place: Place | None = None

    @property
    def where(self) -> str:
        """The file and the place of the fact."""
        stated = self.fact.where
        return stated if stated.startswith("schemas/") else f"contracts/{self.provider}/{stated}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two findings the same for a reader."""
        return self.check, self.subject, self.expected


def broken(problem: BaseException) -> str:
    """What is reported of a check that tripped over something: the error, and the line of ours where it happened."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if "mockreel" in frame.filename]
    place = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"the check itself broke: {type(problem).__name__}: {str(problem)[:200]}{place}; please report this"


Verdict = Literal["holds", "falls short", "doubtful", "not checked", "broke"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one check: the judged cases, the findings, and why cases were skipped or failed to run.

    `chosen` is true if the user chose to skip all that was skipped, or the target can be asked for none of it; `again`
    is the command that repeats it, `during` are the checks whose requests showed it, if it sends none itself.
    """

    check: str
    says: str
    provider: str
    cases: int
    findings: tuple[Finding, ...]
    skip_reasons: tuple[str, ...]
    error: str
    seconds: float
    chosen: bool = False
    again: str = ""
    during: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """A check that skipped a planned case has not passed."""
        if any(not finding.doubt for finding in self.findings):
            return "falls short"
        if self.error:
            return "broke"
        if self.findings:
            return "doubtful"
        return "not checked" if self.skip_reasons or not self.cases else "holds"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why cases were skipped; a check without cases says so."""
        if self.verdict == "not checked" and not self.skip_reasons:
            return ("there was nothing to check",)
        return self.skip_reasons
