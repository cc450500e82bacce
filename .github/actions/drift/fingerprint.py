"""Print what names a drift: the same for the same findings, in whatever order and week they are found."""

import hashlib
import json
import sys
from collections.abc import Mapping
from typing import Any


def fingerprint(report: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits over what was found, and what stands there now."""
    rows = [[row["id"], row["verdict"], row.get("after")] for row in report["findings"]]
    text = json.dumps(sorted(rows, key=lambda row: row[:2]), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123  (nothing is imported that a Python might lack)
        print(fingerprint(json.load(file)))  # noqa: T201
