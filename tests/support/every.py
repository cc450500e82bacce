"""One test for a whole catalogue: every case is checked, and all that fail are named."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Case = TypeVar("Case")


def every(cases: Iterable[Case], holds: Callable[[Case], None]) -> None:
    """Check each case; fail with the names of all that raise, and their messages."""
    requested, failed = 0, []
    for case in cases:
        requested += 1
        try:
            holds(case)
        except Exception as problem:
            failed.append(f"{case}: {type(problem).__name__}: {problem}")
    assert requested, "there is no case"
    assert not failed, f"{len(failed)} of {requested} do not hold:\n" + "\n".join(failed)
