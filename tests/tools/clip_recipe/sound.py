"""What a mock clip sounds like: a soft bell at each second, a higher one for the last."""

import math
from array import array

BELL, LAST = 660.0, 990.0
LENGTH = 0.12


def bells(seconds: int, rate: int) -> "array[float]":
    """Samples of one channel, between -1 and 1."""
    samples = array("f", bytes(4 * seconds * rate))
    for second in range(seconds):
        bell = _bell(LAST if second == seconds - 1 else BELL, rate)
        samples[second * rate : second * rate + len(bell)] = bell
    return samples


def _bell(pitch: float, rate: int) -> "array[float]":
    return array("f", (_loudness(at / rate) * _wave(pitch * at / rate) for at in range(round(LENGTH * rate))))


def _wave(turns: float) -> float:
    return math.sin(2 * math.pi * turns)


def _loudness(seconds: float) -> float:
    """Quick to come, slow to go, and silent at the end so that nothing clicks."""
    return 0.2 * min(1.0, seconds / 0.004) * math.exp(-16 * seconds) * (1 - seconds / LENGTH)
