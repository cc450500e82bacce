"""How long a delay is: fixed, or drawn from the seed by a distribution."""

import math
from struct import unpack_from

from mockreel.engine.faults.fault import Fault

_SCALE = 1.0 / (1 << 32)


def settled(fault: Fault, block: bytes) -> Fault:
    """The fault with its seconds drawn from these bytes (at least eight); one without a spread stays as it is."""
    spread = fault.values.get("spread", "fixed")
    if spread == "fixed":
        return fault
    bounds = fault.kind.parameter("seconds")
    drawn = _drawn_delay(str(spread), fault.number("seconds"), fault.number("deviation"), block)
    seconds = min(bounds.most, max(bounds.least, drawn))
    return Fault(fault.name, {**fault.values, "seconds": round(seconds, 6), "spread": "fixed", "deviation": 0.0})


def _drawn_delay(spread: str, mean: float, deviation: float, block: bytes) -> float:
    first, second = unpack_from(">2I", block)
    one, other = (float(first) + 0.5) * _SCALE, (float(second) + 0.5) * _SCALE  # never 0, never 1
    if spread == "uniform":
        return mean + deviation * (2 * one - 1)
    if spread == "normal":
        return mean + deviation * math.sqrt(-2 * math.log(one)) * math.cos(2 * math.pi * other)
    return -mean * math.log(one)
