"""The sums that were not spent: per currency, the unknown counted, lower bounds marked."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest
from engine.billing.spender import Spender

from mockreel.engine.billing import CostSummary, cost_avoided, read, together
from mockreel.simulator.simulator import Simulator

Run = Callable[[Awaitable[Any]], Any]
SOME = CostSummary(
    {"USD": Decimal("0.10"), "CNY": Decimal(4)}, least=True, unknown=1, free=2, open=3, assumed={"USD": Decimal("0.06")}
)


def test_every_provider_counts_in_its_currency(simulator: Simulator, run: Run) -> None:
    """Nothing is converted; what its own placeholder says is no price; what failed is free."""
    for name in simulator.providers:
        spender = Spender(simulator.provider(name), "rf_live_one")
        spender.begin()
        spender.begin("fail")
    run(simulator.advance(20))
    found = cost_avoided(simulator)

    sums, assumed = {"USD": Decimal("0.12"), "CNY": Decimal("1.26")}, {"USD": Decimal("0.06")}
    assert found == CostSummary(sums, least=True, unknown=1, free=3, assumed=assumed)
    assert list(found.lines()) == [
        "Estimated cost avoided: at least 0.12 USD + 1.26 CNY.",
        "Not included: 1 job of unknown price; an assumed 0.06 USD is charged to accounts.",
        "Not included: 3 jobs that ended without a charge.",
    ]


def test_what_is_under_way_counts_as_if_it_succeeded(simulator: Simulator) -> None:
    """And is counted as such."""
    Spender(simulator.provider("runflow"), "rf_live_one").begin("stuck")
    found = cost_avoided(simulator)

    assert (found.sums, found.open) == ({"USD": Decimal("0.12")}, 1)
    assert "1 job is still running." in found.lines()


@pytest.mark.parametrize(
    ("found", "amounts"),
    [
        (CostSummary(), "nothing"),
        (CostSummary(unknown=2), "unknown"),
        (CostSummary({"USD": Decimal(0)}), "0 USD"),
        (SOME, "at least 0.1 USD + 4 CNY"),
    ],
)
def test_sums_are_written_plainly(found: CostSummary, amounts: str) -> None:
    """What is unknown is never nothing."""
    assert found.amounts == amounts


def test_sums_are_written_and_read_again() -> None:
    """From one process of a test run to another."""
    assert read(SOME.to_text()) == SOME
    assert together([SOME, CostSummary(), SOME]).sums == {"USD": Decimal("0.20"), "CNY": Decimal(8)}
    assert (together([SOME, CostSummary()]).least, together([SOME, SOME]).unknown) == (True, 2)


def test_an_empty_simulator_has_no_jobs(simulator: Simulator) -> None:
    """So nothing is reported."""
    assert not cost_avoided(simulator).has_jobs
