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
# A gate that does not know must say so: `unknown` was compared and not settled, `unchecked` could not be read.
FAILING: tuple[Verdict, ...] = (*BREAKING, "unknown", "unchecked")


# What nobody has to act on.
HARMLESS: tuple[Verdict, ...] = ("compatible", "docs only")


class _Nothing:
    """Where nothing stands; `None` is a value that may stand there."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between two versions of facts.

    Args:
        id: the same in every run for the same difference: `<provider>/<subject>/<aspect>`.
        where: the file, page or operation, and the place in it.
        before: what is held; NOTHING where nothing is.
        after: what stands there now.
        verdict: whom it breaks.
        says: the difference in one sentence.
        witness: a request or a response that proves a break, or what comes closest to one; NOTHING where there is none.
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
        """The finding as JSON has it; what is not there is left out."""
        row: dict[str, Any] = {"id": self.id, "verdict": self.verdict, "where": self.where, "says": self.says}
        for name, value in (("before", self.before), ("after", self.after), ("witness", self.witness)):
            if value is not NOTHING:
                row[name] = value
        return row | {"sources": list(self.sources)}


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with the worst first, and in the order of their ids."""
    return tuple(sorted(findings, key=lambda finding: (VERDICTS.index(finding.verdict), finding.id)))
