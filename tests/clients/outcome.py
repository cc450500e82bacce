"""One row of the gallery's table: what was run, how it ended, and who is wrong where it did not do its job."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How something ended.

    Args:
        ended: `works`, `fails`, or `not run`.
        wrong: Who is wrong where it fails: `mockreel`, `client`, `vendor`; empty otherwise.
    """

    what: str
    ended: str
    wrong: str = ""
    why: str = ""

    @property
    def is_ours(self) -> bool:
        return self.wrong == "mockreel"


def outcomes_of_steps(client: str, printed: str, known: Mapping[str, Any]) -> Iterable[Outcome]:
    """The outcomes of a program's steps, from what it printed; a program that prints none fails as a whole."""
    lines = [line.split("\t") for line in printed.splitlines() if line.startswith(("ok\t", "FAILS\t"))]
    if not lines:
        yield Outcome(what=client, ended="fails", wrong="mockreel", why=printed.strip()[-300:])
    for held, step, why in lines:
        if held == "ok":
            yield Outcome(what=f"{client}: {step}", ended="works")
        else:
            row = known.get(step, {"who": "mockreel", "why": why})
            yield Outcome(what=f"{client}: {step}", ended="fails", wrong=row["who"], why=row["why"])


def table(outcomes: Iterable[Outcome]) -> str:
    """The outcomes as a table of text."""
    heads = ("ENDED", "WRONG", "WHAT", "WHY")
    rows = [heads, *((one.ended, one.wrong, one.what, one.why) for one in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join("  ".join([*map(str.ljust, row[:3], widths), row[3]]).rstrip() for row in rows)
