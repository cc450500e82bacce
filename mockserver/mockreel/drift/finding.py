"""What a comparison finds: one difference, whom it breaks, and what proves it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

Verdict = Literal[
    "breaking for requests", "breaking for replies", "price", "unknown", "unchecked", "compatible", "docs only"
]
# The worst first.
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
BREAKING: tuple[Verdict, ...] = ("breaking for requests", "breaking for replies")
# `unknown` was compared without a result; `unchecked` could not be read. Neither passes a gate.
FAILING: tuple[Verdict, ...] = (*BREAKING, "unknown", "unchecked")


# Verdicts that need no action.
HARMLESS: tuple[Verdict, ...] = ("compatible", "docs only")


class _Nothing:
    """A value that is absent; `None` is a value that may be present."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between two versions of facts.

    Args:
        id: the same in every run for the same difference: `<provider>/<subject>/<aspect>`.
        where: the file, page or operation, and the place within it.
        before: the value in the contract; NOTHING if it has none.
        after: the value found now.
        verdict: whom it breaks.
        says: the difference in one sentence.
        witness: a request or response that proves a break, or the closest to one; NOTHING if there is none.
        sources: ids of the sources on both sides.
    """

    id: str
    where: str
    before: Any
    after: Any
    verdict: Verdict
    says: str
    witness: Any = NOTHING
    sources: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """The finding as a JSON object, without absent values."""
        row: dict[str, Any] = {"id": self.id, "verdict": self.verdict, "where": self.where, "says": self.says}
        for name, value in (("before", self.before), ("after", self.after), ("witness", self.witness)):
            if value is not NOTHING:
                row[name] = value
        return row | {"sources": list(self.sources)}


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, worst verdict first, then by id."""
    return tuple(sorted(findings, key=lambda finding: (VERDICTS.index(finding.verdict), finding.id)))
