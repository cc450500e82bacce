"""The page of facts: every row, and which check would notice if it were false; and the share by kind of row."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from conformance.mutants.mutant import Mutant
from conformance.mutants.trial import Verdict

BEGIN, END = "<!-- facts: begin -->", "<!-- facts: end -->"
DOCUMENTED = ("documented", "published")
# What the table says of a row that nothing notices.
MISSED = "no check yet"
Found = Iterable[tuple[Mutant, Verdict]]
_ROW = re.compile(r"^\| [^|]+ \| (?P<rows>`[^|]+`) \| (?P<answer>[^|]+) \|$")


def shares(found: Found) -> tuple[list[str], float]:
    """The share that is noticed by kind of row and provider, as a table, and that of the documented rows.

    Rows without a check for a reason are counted apart; a row of which no false value can be played is not noticed.
    """
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    documented: Counter[bool] = Counter()
    for row, verdict in found:
        noticed, firm = verdict.state == "noticed", row.evidence in DOCUMENTED
        counts[row.kind, row.provider][verdict.state if firm else f"{verdict.state}, inferred"] += 1
        if firm and verdict.state not in ("reason", "not tried"):
            documented[noticed] += 1
    lines = [
        "| kind of row | provider | documented | others | with a reason | not tried |",
        "|---|---|---|---|---|---|",
    ]
    for (kind, provider), states in sorted(counts.items()):
        reasons, untried = (states[name] + states[f"{name}, inferred"] for name in ("reason", "not tried"))
        cells = (_share(states, ""), _share(states, ", inferred"), reasons or "", untried or "")
        lines.append(f"| {kind} | {provider} | {' | '.join(map(str, cells))} |")
    whole = documented[True] / max(1, documented.total())
    lines.append(
        f"| **all** | | **{documented[True]} of {documented.total()}, {100 * whole:.1f} %** | "
        f"{_share(sum(counts.values(), Counter()), ', inferred')} | | |"
    )
    return lines, whole


def _share(states: Mapping[str, int], suffix: str) -> str:
    noticed = states[f"noticed{suffix}"]
    total = noticed + states[f"missed{suffix}"] + states[f"cannot be played{suffix}"]
    return f"{noticed} of {total}, {100 * noticed / total:.0f} %" if total else ""


def page_with_tables(page: str, found: list[tuple[Mutant, Verdict]]) -> str:
    """The page with the tables in it."""
    before, _, rest = page.partition(BEGIN)
    parts = ["\n".join(shares(found)[0]), *_tables(found)]
    return f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{rest.partition(END)[2]}"


def _tables(found: Found) -> list[str]:
    """One table a provider, with a line for each row."""
    rows: defaultdict[str, list[str]] = defaultdict(list)
    for row, verdict in found:
        rows[row.provider].append(f"| {row.kind} | `{row.name}` | {answer(verdict)} |")
    head = ("", "| kind of row | row | noticed by |", "|---|---|---|")
    return ["\n".join([f"## {provider}", *head, *lines]) for provider, lines in rows.items()]


def answer(verdict: Verdict) -> str:
    """What the table says of a row: the check that notices, or why none does."""
    return ", ".join(f"`{one}`" for one in verdict.checks) or verdict.reason or MISSED


def read_table(page: str) -> dict[str, dict[str, str]]:
    """What a page says of each row, by provider and name."""
    tables: dict[str, dict[str, str]] = {}
    provider = ""
    for line in page.partition(BEGIN)[2].partition(END)[0].splitlines():
        if line.startswith("## "):
            provider = line.removeprefix("## ")
            tables[provider] = {}
        elif provider and (match := _ROW.match(line)):
            tables[provider] |= dict.fromkeys(re.findall(r"`([^`]+)`", match["rows"]), match["answer"])
    return tables
