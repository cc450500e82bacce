"""The table of saboteurs in the docs."""

import re
from collections.abc import Iterable, Sequence

from conformance.saboteurs.attribution import Attribution, attribute
from conformance.saboteurs.saboteur import Caught, Saboteur

BEGIN, END = "<!-- saboteurs: begin -->", "<!-- saboteurs: end -->"
HEAD = "| saboteur | provider | what is wrong with it | caught by |\n|---|---|---|---|"


def row(found: Caught) -> str:
    """One row. Generated requests are told as one: which of their phases is first depends on the time they have."""
    checks = dict.fromkeys("generated" if one.startswith("generated.") else one for one in found.checks)
    shown = ", ".join(f"`{one}`" for one in checks)
    return f"| {found.saboteur.id} | {found.saboteur.provider} | {found.saboteur.says} | {shown} |"


def replace_table(text: str, rows: Sequence[str], sentence: str) -> str:
    """A document with its table replaced, and the sentence before it."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{sentence}\n\n{HEAD}\n" + "\n".join(rows) + f"\n{END}{after}"


def attribution_of(rows: Iterable[str], gallery: Iterable[Saboteur]) -> Attribution:
    """What the rows of a table say of who caught whom."""
    caught = {line.split("|")[1].strip(): re.findall(r"`([^`]+)`", line.split("|")[4]) for line in rows}
    return attribute((one, caught[one.id]) for one in gallery if one.id in caught)


def attribution_sentence(found: Attribution) -> str:
    """The sentence of a document about that."""
    return (
        f"Of {found.known} saboteurs whose sentence says what is broken, {found.by_any} are caught by a check of it,\n"
        f"{found.by_first} by such a check first of all."
    )


def known_rows(text: str) -> dict[str, str]:
    """The rows of a document's table, by their saboteurs."""
    lines = text.partition(BEGIN)[2].partition(END)[0].splitlines()
    return {line.split("|")[1].strip(): line for line in lines if line.startswith("| ")}


def named_checks(text: str, saboteur: Saboteur) -> set[str]:
    """The checks that a document's table names for a saboteur."""
    table = text.partition(BEGIN)[2].partition(END)[0]
    rows = (line.split("|") for line in table.splitlines() if line.startswith(f"| {saboteur.id} |"))
    return {check.strip(" `") for row in rows for check in row[4].split(",")}
