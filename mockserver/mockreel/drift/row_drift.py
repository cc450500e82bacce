"""Compare the rows of a contract: every place that differs gets the verdict of the first rule that covers it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from mockreel.drift.finding import NOTHING, Finding, Verdict
from mockreel.drift.witness.json_difference import Difference, differences

Judge = Callable[[Difference], Verdict]
# Keys of a row that are about the row: its evidence, and texts of our own.
ABOUT = ("evidence", "source", "note", "says", "title", "description", "question", "inferred", "number", "read", "why")


@dataclass(frozen=True, slots=True)
class Rule:
    """The verdicts for one place where a value is new, gone or changed; `*` in the place is any one step."""

    place: str
    added: Verdict | Judge
    removed: Verdict | Judge
    changed: Verdict | Judge

    def verdict(self, difference: Difference) -> Verdict:
        """The verdict on a difference."""
        added, removed = difference.before is NOTHING, difference.after is NOTHING
        chosen = self.added if added else self.removed if removed else self.changed
        return chosen(difference) if callable(chosen) else chosen


def always(place: str, verdict: Verdict | Judge) -> Rule:
    """A rule with one verdict for any change."""
    return Rule(place, verdict, verdict, verdict)


def fewer(verdict: Verdict) -> Judge:
    """The verdict where less is offered: a smaller number, a shorter list, no longer true."""

    def judge(difference: Difference) -> Verdict:
        before, after = difference.before, difference.after
        if isinstance(before, Sequence) and isinstance(after, Sequence) and not isinstance(before, str):
            return "compatible" if all(item in after for item in before) else verdict
        numbers = isinstance(before, int | float) and isinstance(after, int | float)
        return "compatible" if numbers and after >= before else verdict

    return judge


def rows_drift(
    before: Any,
    after: Any,
    rules: Sequence[Rule],
    *,
    id: str,  # noqa: A002  (as findings call it)
    where: str,
) -> Iterator[Finding]:
    """A finding for each place where two versions of a document differ; `unknown` where no rule covers it."""
    for difference in differences(before, after):
        yield Finding(
            f"{id}{difference.pointer}",
            f"{where} {difference.pointer}",
            difference.before,
            difference.after,
            _verdict(difference, rules),
            _change(difference),
            sources=_sources(before, after, difference.path),
        )


def _verdict(difference: Difference, rules: Sequence[Rule]) -> Verdict:
    if any(step in ABOUT for step in difference.path[-2:]):
        return "docs only"
    found = next((rule for rule in rules if _covers(rule.place, difference.path)), None)
    return found.verdict(difference) if found else "unknown"


def _covers(place: str, path: tuple[str, ...]) -> bool:
    """Whether a rule's place matches a path; one that ends in `**` matches every place below it."""
    steps = place.split("/")[1:]
    if steps[-1] == "**":
        steps = steps[:-1]
        path = path[: len(steps)]
    return len(steps) == len(path) and all(
        fnmatchcase(step, pattern) for step, pattern in zip(path, steps, strict=True)
    )


def _change(difference: Difference) -> str:
    if difference.before is NOTHING:
        return "new"
    return "gone" if difference.after is NOTHING else "changed"


def _sources(before: Any, after: Any, path: tuple[str, ...]) -> tuple[str, ...]:
    """The sources of the row that a place belongs to, of both versions."""
    return tuple(dict.fromkeys((*_source(before, path), *_source(after, path))))


def _source(node: Any, path: tuple[str, ...]) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    for step in (*path, None):
        if isinstance(node, Mapping):
            stated = node.get("source", found)
            found = (stated,) if isinstance(stated, str) else tuple(stated)
        node = node.get(step) if isinstance(node, Mapping) else None
    return found
