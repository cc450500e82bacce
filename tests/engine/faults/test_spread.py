"""Delays that are drawn: by a distribution, from the seed, within bounds."""

from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.engine.faults import read_fault, settled
from mockreel.engine.randomness import digest


def drawn(text: str, *, seed: int = 1, times: int = 2000) -> list[float]:
    """The seconds of so many draws."""
    return [settled(read_fault(text), digest(seed, turn, size=8)).number("seconds") for turn in range(times)]


def test_a_fixed_delay_stays_as_it_is() -> None:
    """Nothing is drawn for it."""
    fault = read_fault("delay; seconds=2; deviation=9")

    assert settled(fault, b"\0" * 8) is fault


@pytest.mark.parametrize(
    ("text", "mean", "deviation"),
    [
        ("delay; seconds=10; spread=uniform; deviation=3", 10, 3 / 3**0.5),
        ("delay; seconds=10; spread=normal; deviation=2", 10, 2),
        ("delay; seconds=10; spread=exponential", 10, 10),
        ("callback-delayed; seconds=600; spread=normal; deviation=60", 600, 60),
    ],
)
def test_a_distribution_has_its_mean_and_deviation(text: str, mean: float, deviation: float) -> None:
    """Over two thousand draws, within a tenth."""
    found = drawn(text)

    assert fmean(found) == pytest.approx(mean, rel=0.1)
    assert pstdev(found) == pytest.approx(deviation, rel=0.1)


def test_a_uniform_delay_stays_within_its_deviation() -> None:
    """Either way."""
    found = drawn("delay; seconds=10; spread=uniform; deviation=3")

    assert min(found) >= 7
    assert max(found) <= 13


def test_the_same_seed_draws_the_same() -> None:
    """And another draws others."""
    text = "delay; seconds=1; spread=exponential"

    assert drawn(text, times=20) == drawn(text, times=20)
    assert drawn(text, times=20) != drawn(text, seed=2, times=20)


@given(st.binary(min_size=8, max_size=8), st.sampled_from(["uniform", "normal", "exponential"]))
def test_no_draw_leaves_the_bounds(block: bytes, spread: str) -> None:
    """Whatever the bytes are; and what was drawn is fixed from then on."""
    fault = settled(read_fault(f"delay; seconds=300; spread={spread}; deviation=300"), block)

    assert 0 <= fault.number("seconds") <= 300
    assert fault.word("spread") == "fixed"
    assert settled(fault, block) is fault
