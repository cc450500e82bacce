"""Make each field of each response wrong and print which check notices: `python -m conformance.fields`.

`--sample N` takes every N-th fault, `--provider NAME` one provider, `--only TEXT` those whose place has the text.
"""

import argparse
import logging
import sys
from collections import Counter, defaultdict

from conformance.fields.field_faults import faults, verdicts_on

PROVIDERS = ("runflow", "aimlapi", "runninghub")


def main(arguments: list[str]) -> int:
    """Print what nothing notices, and the share that is noticed by the way in which it is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int, default=1)
    parser.add_argument("--provider", action="append")
    parser.add_argument("--only", default="")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    shares: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for provider in options.provider or PROVIDERS:
        selected = [one for one in faults(provider) if options.only in one.where]
        for fault in selected[:: options.sample]:
            checks, doubts = verdicts_on(fault)
            verdict = "noticed" if checks else "doubted" if doubts else "missed"
            shares[f"{provider} {fault.way}"][verdict] += 1
            print(f"{verdict:<8} {provider:<11} {fault.where:<70} {', '.join((checks or doubts)[:3])}", flush=True)
    for name, counts in shares.items():
        print(f"{name:<24} {counts['noticed']} noticed, {counts['doubted']} doubted, {counts['missed']} missed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
