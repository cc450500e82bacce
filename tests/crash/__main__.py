"""`python -m crash --kills 500`: ends with 1 if anything answered is lost, or anything accepted is repeated."""

import argparse
import sys
from statistics import median

from crash.trial import tried


def main() -> int:
    """Try, and print what was found."""
    parser = argparse.ArgumentParser(prog="crash")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--durability", default="process")
    parser.add_argument("--state", help="the URL of a Redis, which must not hold the run yet; a file if none is given")
    given = parser.parse_args()
    state = ("--state", given.state) if given.state else ()
    trial = tried(kills=given.kills, seed=given.seed, options=("--durability", given.durability, *state))
    known = trial.known
    print(
        f"{len(trial.kills)} kills; {len(known.answered)} submits answered of {known.sent} sent, {known.polls} polls, "
        f"{trial.jobs} jobs; {trial.arrived} webhooks between the kills; "
        f"{trial.repeated} webhooks repeated whose answer came within the moment of a kill; "
        f"start {median(trial.starts):.2f} s (longest {max(trial.starts):.2f} s)"
    )
    for line in known.wrong[:20]:
        print(f"WRONG: {line}")
    if len(known.wrong) > 20:
        print(f"… and {len(known.wrong) - 20} more.")
    return 1 if known.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
