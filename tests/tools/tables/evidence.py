"""Why the facts are believed: tables by kind of evidence."""

from tools import facts
from tools.tables.markdown import table


def evidence() -> str:
    """One line for each provider: how many rows, and why they are believed."""
    head = ("", "rows", "documented", "of these, in part", "published", "client", "inferred")
    return table(head, [_counts(title, _all(name)) for name, title in facts.titles().items()])


def evidence_of(provider: str) -> str:
    """One line for each sort of fact of a provider."""
    head = ("", "rows", "documented", "of these, in part", "published", "client", "inferred")
    sorts = facts.rows(provider)
    lines = [_counts(sort, found) for sort, found in sorts.items() if found]
    return table(head, [*lines, _counts("all", _all(provider))])


def inferred_share() -> str:
    """The share of each provider's facts that is inferred."""
    lines = []
    for provider, title in facts.titles().items():
        sorts = facts.rows(provider)
        every = _share([row for found in sorts.values() for row in found])
        few = _share([row for sort, found in sorts.items() if sort not in ("models", "prices") for row in found])
        lines.append((title, *every, *few))
    return table(("", "inferred", "of all rows", "inferred", "of rows without models and prices"), lines)


def _share(found: list[facts.Row]) -> tuple[str, str]:
    inferred = facts.count(found)["inferred"]
    return str(inferred), f"{len(found)} ({inferred / len(found):.1%})"


def _all(provider: str) -> list[facts.Row]:
    return [row for found in facts.rows(provider).values() for row in found]


def _counts(name: str, found: list[facts.Row]) -> tuple[object, ...]:
    counts = facts.count(found)
    known = (counts[kind] for kind in ("documented", facts.IN_PART, "published", "client", "inferred"))
    return (name, len(found), *known)
