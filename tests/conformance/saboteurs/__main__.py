"""Run the suite on every saboteur and print which check caught it: `python -m conformance.saboteurs [--write FILE]`.

`--only ID` (repeatable) narrows it; the rows of the others stay as they are.
"""

import argparse
import sys
from pathlib import Path

from conformance.saboteurs import GALLERY, run_checks
from conformance.saboteurs.saboteur import honest_checks
from conformance.saboteurs.table import attribution_of, attribution_sentence, known_rows, replace_table, row


def main(arguments: list[str]) -> int:
    """0 if every saboteur is caught and the honest mock server is not."""
    options = _parser().parse_args(arguments)
    found = []
    for saboteur in (one for one in GALLERY if not options.only or one.id in options.only):
        found.append(run_checks(saboteur))
        checks = found[-1].checks
        print(f"{'caught' if checks else 'MISSED'}  {saboteur.id:<26}{', '.join(checks)}", flush=True)
    missed = sum(not one.checks for one in found)
    wronged = {name: checks for name in ("runflow", "aimlapi", "runninghub") if (checks := honest_checks(name))}
    for name, checks in wronged.items():
        print(f"WRONGED {name:<26}{', '.join(checks)}")
    if options.write:
        text = options.write.read_text()
        fresh = {one.saboteur.id: row(one) for one in found}
        known = known_rows(text)
        rows = [fresh.get(one.id) or known[one.id] for one in GALLERY]
        sentence = attribution_sentence(attribution_of(rows, GALLERY))
        options.write.write_text(replace_table(text, rows, sentence))
    honest = "falls" if wronged else "holds"
    print(f"{len(found) - missed} of {len(found)} saboteurs caught; the honest mock server {honest}")
    return 1 if missed or wronged else 0


def _parser() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser()
    given.add_argument("--only", action="append", metavar="ID")
    given.add_argument("--write", type=Path, metavar="FILE", help="the page with the table")
    return given


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
