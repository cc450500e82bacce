"""When this process began: a budget has the time that it took to start, too."""

import os
import time
from typing import NamedTuple


class ProcessStart(NamedTuple):
    """The moment of the monotonic clock at which the process of a command began."""

    moment: float


def process_start(stat: str = "/proc/self/stat") -> ProcessStart:
    """When this process began; now where the system does not tell."""
    now = time.monotonic()
    try:
        with open(stat, encoding="utf-8") as file:  # noqa: PTH123  (pathlib would be the dearest import of a start)
            ticks = int(file.read().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return ProcessStart(now)
    return ProcessStart(now - max(0.0, age))
