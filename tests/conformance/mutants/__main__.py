"""Make each row of every contract false, one at a time, and print which check notices: `python -m conformance.mutants`.

`--provider NAME` and `--only KIND` (both repeatable) narrow it, `--sample N` takes every N-th row. `--results FILE`
keeps each verdict as it comes: a run that was broken off goes on from there. `--write FILE` writes the table into the
docs; with `--known` what the results lack is listed there as not tried. `--page FILE` is the table as it is: rows that
the results lack keep what it says, and `--missed` tries those again for which it names no check.
"""

import argparse
import sys
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

from conformance.mutants.mutant import Mutant, mutants, reason_for
from conformance.mutants.results import Results
from conformance.mutants.table import page_with_tables, shares
from conformance.mutants.trial import UNTRIED, Verdict, try_mutant

PROVIDERS = ("runflow", "aimlapi", "runninghub")
AIM = 0.95
# A process that has tried so many contracts holds much of each of them.
_MOST_TRIALS = 150


def main(arguments: list[str]) -> int:
    """0 if the aim is met: of the documented rows that a check could notice, 95 % are noticed."""
    options = _parser().parse_args(arguments)
    rows = [
        row
        for provider in options.provider or PROVIDERS
        for row in mutants(provider)
        if not options.only or row.kind in options.only
    ][:: options.sample]
    known = Results(options.results, options.page)
    if options.missed:
        rows = [row for row in rows if known.is_open(row)]
    found = [(row, _known_verdict(row, known)) for row in rows] if options.known else []
    found = found or list(_verdicts(rows, known, options.jobs))
    if options.write:
        options.write.write_text(page_with_tables(options.write.read_text("utf-8"), found), "utf-8")
    lines, whole = shares(found)
    print("\n".join(lines))
    return 0 if whole >= AIM else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--provider", action="append")
    parser.add_argument("--only", action="append", metavar="KIND")
    parser.add_argument("--sample", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="so many processes")
    parser.add_argument("--results", type=Path, help="a file that keeps each verdict, to go on from")
    parser.add_argument("--known", action="store_true", help="try nothing: what the file lacks is listed as not tried")
    parser.add_argument("--page", type=Path, help="the page whose verdicts stand where the results have none")
    parser.add_argument(
        "--missed", action="store_true", help="only the rows for which the page names no check, or that it lacks"
    )
    parser.add_argument("--write", type=Path, help="the page with the table")
    return parser


def _known_verdict(row: Mutant, results: Results) -> Verdict:
    """What is known of a row without trying it."""
    reason = reason_for(row)
    return Verdict("reason", reason=reason) if reason else results.known(row) or results.listed(row) or UNTRIED


def _verdicts(rows: list[Mutant], results: Results, jobs: int) -> Iterator[tuple[Mutant, Verdict]]:
    """Each row with its verdict, in the order of the rows; those that are known are not tried again."""
    left = [row for row in rows if results.known(row) is None]
    with get_context("spawn").Pool(jobs, maxtasksperchild=_MOST_TRIALS) as pool:
        fresh = pool.imap(try_mutant, left)
        for row in rows:
            verdict = results.known(row)
            if verdict is None:
                verdict = next(fresh)
                results.keep(row, verdict)
            shown = ", ".join(verdict.checks) or verdict.reason or verdict.state.upper()
            print(f"{row.provider:<11} {row.kind:<23} {row.where[:70]:<70} {shown}", flush=True)
            yield row, verdict


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
