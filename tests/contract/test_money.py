"""The rows about money: what they may say, and what contradicts itself."""

from typing import Any

import pytest

from mockreel.contract import load_contract
from mockreel.contract.billing_rules import Money, money
from mockreel.contract.data.parser import Cursor
from mockreel.errors import DataError
from mockreel.simulator.simulator import load_contracts

LIFECYCLE = load_contract("runninghub").lifecycle
BECAUSE = {"evidence": "inferred", "source": ["ours"]}
GOOD: dict[str, dict[str, Any]] = {
    "held": {"on": ["submit"], **BECAUSE},
    "taken": {"on": ["succeeded"], **BECAUSE},
    "given_back": {"on": ["failed", "cancelled"], **BECAUSE},
    "admission": {"needs": "price", **BECAUSE},
    "overdraft": {"allowed": False, **BECAUSE},
}


def _read(**rows: Any) -> Money:
    file = {"currency": "CNY", "money": {**GOOD, **rows}}
    return money(Cursor("pricing.yaml", file), LIFECYCLE, errors=["insufficient-credit"], failures=["default"])


def test_rows_are_read_with_their_evidence() -> None:
    """Each says why it is believed."""
    found = _read()

    assert (found.held, found.needs, found.overdraft, found.keeps("failed")) == (True, "price", False, False)
    assert {row.kind for row in found.evidence.values()} == {"inferred"}


def test_by_default_successful_jobs_are_charged_and_no_request_is_rejected() -> None:
    """A data folder may leave the block out."""
    file = Cursor("pricing.yaml", {"currency": "CNY"})
    found = money(file, LIFECYCLE, errors=[], failures=[])

    assert found.charged == {"succeeded"}
    assert found.released == {"failed", "cancelled"}
    assert (found.held, found.needs, found.overdraft, found.stops, found.opening) == (
        False,
        "something",
        True,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ({"taken": {"on": ["finished"], **BECAUSE}}, "'finished' is not known. Expected one of submit, succeeded"),
        ({"taken": {"on": ["running"], **BECAUSE}}, "'running' is not known"),
        ({"held": {"on": ["succeeded"], **BECAUSE}}, "money is held at succeeded"),
        ({"given_back": {"on": ["failed"], **BECAUSE}}, "no rule for jobs that end as 'cancelled'"),
        ({"taken": {"on": ["succeeded", "failed"], **BECAUSE}}, "'failed' are both charged and released"),
        ({"admission": {"needs": "luck", **BECAUSE}}, "'luck' is not known. Expected one of price, something, nothing"),
        ({"admission": {"needs": "price", "refusal": "broke", **BECAUSE}}, "'broke' is not known"),
        ({"admission": {"needs": "something", **BECAUSE}}, "no overdraft is allowed, and nothing prevents one"),
        ({"held": {"on": [], **BECAUSE}}, "no overdraft is allowed, and nothing prevents one"),
        ({"in_flight": {"goes_on": False, **BECAUSE}}, "'failure' is missing"),
        ({"in_flight": {"goes_on": False, "failure": "worn", **BECAUSE}}, "'worn' is not known"),
        ({"in_flight": {"goes_on": False, "failure": "default", **BECAUSE}}, "is held or charged at submit"),
        ({"unknown": {"takes": 0.5, **BECAUSE}}, "0.5 is not a text"),
        ({"overdraft": {"allowed": False}}, "'evidence' is missing"),
    ],
)
def test_a_row_that_cannot_be_stored_is_an_error(rows: dict[str, Any], text: str) -> None:
    """At the start, not when a balance runs out."""
    with pytest.raises(DataError, match=text):
        _read(**rows)


@pytest.mark.parametrize("name", list(load_contracts()))
def test_every_provider_says_of_every_moment_why(name: str) -> None:
    """When money moves, which balance a job needs, and whether jobs continue without one."""
    expected = {"held", "taken", "given_back", "admission", "overdraft", "in_flight", "unknown"}

    assert expected <= set(load_contracts([name])[name].money.evidence)
