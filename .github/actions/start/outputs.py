"""Print a ready file as the outputs of a step: `runflow-url=…`, `runflow-key=…`, and so on."""

import json
import sys
from collections.abc import Iterator


def outputs(path: str) -> Iterator[str]:
    """One line for each address and key."""
    yield f"ready-file={path}"
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  (nothing is imported that a Python might lack)
        content = json.load(file)
    for name, row in content.items():
        if isinstance(row, dict):
            yield from (f"{name}-{word}={row[word]}" for word in ("url", "key") if row.get(word))


if __name__ == "__main__":
    for line in outputs(sys.argv[1]):
        print(line)  # noqa: T201
