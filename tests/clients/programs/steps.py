"""What a program of the gallery prints of each of its steps: `ok` or `FAILS`, the step, and what came instead.

Nothing of mockreel is imported here: the programs run in environments of their own, with the client alone.
"""

import sys
from collections.abc import Callable
from typing import Any


def step(name: str, run: Callable[[], Any], expected: Any = True) -> Any:
    """Run one step, and compare what it gives: with a value, or with the kind of exception that it has to raise."""
    try:
        came = run()
    except Exception as error:
        came = error
    held = isinstance(came, expected) if isinstance(expected, type) else came == expected
    print("ok" if held else "FAILS", name, "" if held else f"{came!r} came, {expected!r} was wanted"[:300], sep="\t")
    return came


def where() -> tuple[str, str]:
    """The mock server's address and its key, which the gallery gives."""
    return sys.argv[1], sys.argv[2]
