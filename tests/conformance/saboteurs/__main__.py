"""Run the suite on every saboteur and print which check caught it: `python -m conformance.saboteurs [--write FILE]`."""

import sys
from pathlib import Path

from conformance.saboteurs import GALLERY, run_checks
from conformance.saboteurs.saboteur import honest_checks
from conformance.saboteurs.table import replace_table, row


def main(arguments: list[str]) -> int:
    """0 if every saboteur is caught and the honest mock server is not."""
    rows, missed = [], 0
    for saboteur in GALLERY:
        found = run_checks(saboteur)
        missed += not found.checks
        rows.append(row(found))
        print(f"{'caught' if found.checks else 'MISSED'}  {saboteur.id:<26}{', '.join(found.checks)}", flush=True)
    wronged = {name: checks for name in ("runflow", "aimlapi", "runninghub") if (checks := honest_checks(name))}
    for name, checks in wronged.items():
        print(f"WRONGED {name:<26}{', '.join(checks)}")
    if arguments[:1] == ["--write"]:
        path = Path(arguments[1])
        path.write_text(replace_table(path.read_text(), rows))
    honest = "falls" if wronged else "holds"
    print(f"{len(GALLERY) - missed} of {len(GALLERY)} saboteurs caught; the honest mock server {honest}")
    return 1 if missed or wronged else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
