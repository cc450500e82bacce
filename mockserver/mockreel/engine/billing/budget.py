"""`--budget [PROVIDER=]AMOUNT`: what every account begins with, in its provider's currency or in a unit of it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from mockreel.contract import Contract
from mockreel.errors import OptionError

Amount = str | int | float | Decimal
# The forms of a budget: `5`, "runflow=5", "2000000 credits", {"runflow": 5}, or several texts.
Budget = Amount | Mapping[str, Amount] | Iterable[str]

_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+) ?(?P<unit>[A-Za-z]*)")


def read_budget(value: Budget | None, contracts: Mapping[str, Contract], *, what: str = "budget") -> dict[str, Decimal]:
    """The amount of each provider, in its currency. One for a provider takes precedence over one for all.

    Args:
        given: as in `--budget`, once or several times, or amounts by provider.
        contracts: of the served providers.
        what: its name in an error.

    Raises:
        OptionError: no amount, an unknown unit, or a provider that is not served.
    """
    found: dict[str, Decimal] = {}
    named: dict[str, Decimal] = {}
    for provider, amount in _pairs(value):
        if provider and provider not in contracts:
            raise OptionError(f"provider of the {what}", provider, contracts)
        for name in (provider,) if provider else contracts:
            (named if provider else found)[name] = _amount(amount, contracts[name], what)
    return {**found, **named}


def _pairs(value: Budget | None) -> Iterator[tuple[str, str]]:
    """A provider, or none for all, and what is written for it."""
    if value is None:
        return
    if isinstance(value, Mapping):
        yield from ((name, _text(amount)) for name, amount in value.items())
        return
    for one in [value] if isinstance(value, Amount) else value:
        provider, equals, amount = _text(one).partition("=")
        yield (provider.strip(), amount.strip()) if equals else ("", provider.strip())


def _text(amount: object) -> str:
    """A number without an exponent; a text as it is."""
    number = isinstance(amount, int | float | Decimal) and not isinstance(amount, bool)
    return f"{Decimal(str(amount)):f}" if number else str(amount)


def _amount(text: str, contract: Contract, what: str) -> Decimal:
    match, units = _AMOUNT.fullmatch(text), (contract.money.currency, *contract.money.units)
    if match is None:
        example = f"a decimal from 0 up, as 0.50, in {' or '.join(units)}"
        raise OptionError(what, text, [example], then="Write [PROVIDER=]AMOUNT.")
    rate = contract.money.unit(match["unit"] or contract.money.currency)
    if rate is None:
        then = f"So {contract.title} counts; name the provider where others count otherwise."
        raise OptionError(f"unit of the {what}", match["unit"], units, then=then)
    return Decimal(match["number"]) / rate
