"""What a job costs, found fast: equal costs are one object, and only what a price depends on is looked at."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockreel.contract import Contract, Model
from mockreel.contract.pricing import Cost
from mockreel.engine.artifacts.artifact import price_of
from mockreel.errors import DataError

# Beyond so many different costs of one model, they are forgotten and found again.
_MOST = 1_000
# A field that is null takes the place of the model's default, one that is absent does not.
_ABSENT = ...


class Rates:
    """The prices of one contract.

    Raises:
        DataError: a price is in another currency than the accounts, and nothing is ever converted.
    """

    def __init__(self, contract: Contract) -> None:
        _check(contract)
        self.contract = contract
        self._unknown = Cost(None, contract.money.currency, "unknown")
        self._readers: dict[str, _Reader] = {}

    def cost(self, model: Model | None, fields: Mapping[str, Any]) -> Cost:
        """What one job of a model with this input costs; unknown where it has no model."""
        if model is None:
            return self._unknown
        reader = self._readers.get(model.id)
        if reader is None:
            reader = self._readers[model.id] = _Reader(self, model)
        return reader.cost(fields)


class _Reader:
    """The price of one model; costs are remembered by the fields that it depends on."""

    def __init__(self, rates: Rates, model: Model) -> None:
        self._rates = rates
        self._model = model
        self._fields = None if _is_by_length(rates.contract, model) else tuple(_depends(rates.contract, model))
        self._cache: dict[str, Cost] = {}

    def cost(self, fields: Mapping[str, Any]) -> Cost:
        if self._fields is None:
            return price_of(self._rates, self._model, fields)
        key = "\0".join([repr(fields.get(name, _ABSENT)) for name in self._fields])
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) >= _MOST:
                self._cache.clear()
            found = self._cache[key] = price_of(self._rates, self._model, fields)
        return found


def _check(contract: Contract) -> None:
    currency = contract.money.currency
    for name, model in contract.models.items():
        if model.price.currency != currency:
            where = f"contracts/{contract.provider}/models.json /{name} /price"
            raise DataError(where, f"it is in {model.price.currency}, and its provider counts in {currency}")


def _is_by_length(contract: Contract, model: Model) -> bool:
    """Whether a price counts the characters of a text: then almost every input has its own cost."""
    return model.price.unit in contract.root.get("media", {}).get("lengths", {})


def _depends(contract: Contract, model: Model) -> Iterator[str]:
    """The fields of an input that a price may depend on."""
    if model.price.certainty == "unknown":
        return
    media = contract.root.get("media", {})
    yield from dict.fromkeys(name for rule in model.price.rules for name in rule.when)
    if model.price.unit == "second":
        yield from (name for what in ("duration", "frames", "rate") for name in media.get(what, ()))
    yield from media.get("counts", {}).get(model.price.unit, ())
