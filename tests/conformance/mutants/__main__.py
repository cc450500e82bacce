"""Make each row of every contract false, one at a time, and print which check notices: `python -m conformance.mutants`.

`--sample N` takes every N-th row, `--provider NAME` one provider, `--write FILE` writes the table into the docs.
"""

import argparse
import logging
import sys
from collections import Counter, defaultdict
from pathlib import Path

from conformance.mutants.mutant import Mutant, mutants, noticed, reason_for

BEGIN, END = "<!-- facts: begin -->", "<!-- facts: end -->"
PROVIDERS = ("runflow", "aimlapi", "runninghub")


def main(arguments: list[str]) -> int:
    """0 if the aim is met: of the documented rows that a check could notice, 95 % are noticed."""
    given = argparse.ArgumentParser()
    given.add_argument("--sample", type=int, default=1)
    given.add_argument("--provider", action="append")
    given.add_argument("--write", type=Path)
    options = given.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    found: list[tuple[Mutant, tuple[str, ...] | None, str]] = []
    for provider in options.provider or PROVIDERS:
        for mutant in list(mutants(provider))[:: options.sample]:
            reason = reason_for(mutant)
            checks = None if reason else noticed(mutant)
            found.append((mutant, checks, reason))
            shown = reason or ("cannot be read" if checks is None else ", ".join(checks[:3]) or "NOT NOTICED")
            print(f"{provider:<11} {mutant.sort:<23} {mutant.where[:70]:<70} {shown}", flush=True)
    if options.write:
        text = options.write.read_text()
        before, _, rest = text.partition(BEGIN)
        options.write.write_text(f"{before}{BEGIN}\n{table(found)}\n{END}{rest.partition(END)[2]}")
    return 0 if summary(found) >= 0.95 else 1


def summary(found: list[tuple[Mutant, tuple[str, ...] | None, str]]) -> float:
    """Print the share that is noticed by sort of row; gives that of the documented ones."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    documented: Counter[bool] = Counter()
    for mutant, checks, reason in found:
        state = "reason" if reason else "unreadable" if checks is None else "noticed" if checks else "missed"
        counts[mutant.sort][state] += 1
        if state in ("noticed", "missed") and mutant.evidence in ("documented", "published"):
            documented[state == "noticed"] += 1
    for sort, states in counts.items():
        asked = states["noticed"] + states["missed"]
        share = f"{100 * states['noticed'] / asked:.0f} %" if asked else "-"
        others = f"{states['unreadable']} cannot be read, {states['reason']} with a reason"
        print(f"{sort:<24} {states['noticed']:>4} of {asked:>4} noticed ({share}), {others}")
    whole = documented[True] / max(1, documented.total())
    print(f"documented rows: {documented[True]} of {documented.total()} noticed ({100 * whole:.1f} %)")
    return whole


def table(found: list[tuple[Mutant, tuple[str, ...] | None, str]]) -> str:
    """Rows with one answer together: which check would notice, or why none does."""
    groups: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for mutant, checks, reason in found:
        answer = reason or ("the loader refuses it" if checks is None else "")
        answer = answer or (", ".join(f"`{one}`" for one in (checks or ())[:4]) or "no check yet")
        groups[mutant.provider, mutant.sort, answer].append(mutant.where)
    lines = ["| provider | sort | rows | noticed by |", "|---|---|---|---|"]
    for (provider, sort, answer), places in groups.items():
        shown = ", ".join(f"`{place}`" for place in places) if len(places) <= 12 else f"{len(places)} rows"
        lines.append(f"| {provider} | {sort} | {shown} | {answer} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
