"""Costs are cached, and never another's."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.contract import Contract
from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts.artifact import price_of
from mockreel.engine.billing.rates import Rates
from mockreel.errors import DataError
from mockreel.simulator.simulator import load_contracts

PROVIDERS = ("runflow", "aimlapi", "runninghub")
NAMES = ("duration", "resolution", "generate_audio", "generateAudio", "sound", "imageNum", "num_images", "text", "size")
VALUES = st.sampled_from(
    [None, True, False, 1, 1.0, "1", "true", "4s", "4", 4, "8s", 8, "720p", "1080p", [1], "4k", "6"]
)


@cache
def _contract(provider: str) -> Contract:
    return load_contracts([provider])[provider]


@cache
def _rates(provider: str) -> Rates:
    """One for all examples, so that what is remembered is used."""
    return Rates(_contract(provider))


@pytest.mark.parametrize("provider", PROVIDERS)
@given(number=st.integers(0, 10_000), fields=st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_a_remembered_cost_is_the_cost(provider: str, number: int, fields: dict[str, Any]) -> None:
    """For every model and any input: `1`, `true` and "1" are three values."""
    models = list(_contract(provider).models.values())
    model = models[number % len(models)]

    assert _rates(provider).cost(model, fields) == price_of(_rates(provider), model, fields)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_field_that_is_null_is_not_one_that_is_absent(provider: str) -> None:
    """In either order, for every model and field."""
    rates = Rates(_contract(provider))
    inputs: list[dict[str, Any]] = [{}, *({name: None} for name in NAMES), {}]

    for model in _contract(provider).models.values():
        assert [rates.cost(model, one) for one in inputs] == [price_of(rates, model, one) for one in inputs], model.id


def test_a_price_in_another_currency_is_an_error() -> None:
    """Nothing is ever converted."""
    contract = _contract("runninghub")
    dollars = replace(contract, money=replace(contract.money, currency="USD"))

    with pytest.raises(DataError, match=r"models\.json /.* it is in CNY, and its provider counts in USD"):
        Rates(dollars)


def test_a_job_without_a_model_has_no_known_price() -> None:
    """A workflow, for instance."""
    assert _rates("runninghub").cost(None, {}) == Cost(None, "CNY", "unknown")
