"""When money moves at each provider."""

from collections.abc import Callable, Mapping

from mockreel.contract import Contract, load_contract
from tools import facts
from tools.tables.markdown import code, table


def money() -> str:
    """When money moves at each provider, who may begin a job, and why that is believed."""
    contracts = [load_contract(name) for name in facts.titles()]
    return table(
        ("", *(contract.title for contract in contracts)),
        [(title, *(cell(contract) for contract in contracts)) for title, cell in _MONEY.items()],
    )


def _moves(row: str) -> Callable[[Contract], str]:
    """At which states a row applies, and its evidence."""

    def cell(contract: Contract) -> str:
        on = contract.pricing["money"][row]["on"]
        return f"{', '.join(code(moment) for moment in on) or 'no'} ({contract.money.evidence[row].kind})"

    return cell


def _held(contract: Contract) -> str:
    shown = "; its balance tells it as if it were there" if contract.money.shows_held else ""
    return f"{'at submit' if contract.money.held else 'no'}{shown} ({contract.money.evidence['held'].kind})"


def _refusal(contract: Contract) -> str:
    row = contract.errors[contract.money.error]
    return f"{row.status} {code(row.fields.get('kind') or row.code)} ({row.evidence.kind})"


def _in_flight(contract: Contract) -> str:
    return f"{'fail' if contract.money.stops else 'continue'} ({contract.money.evidence['in_flight'].kind})"


def _sum(amount: object, contract: Contract, *, none: str) -> str:
    return none if amount is None else f"{amount} {contract.money.currency}"


_MONEY: Mapping[str, Callable[[Contract], str]] = {
    "counts in": lambda c: ", ".join(
        (c.money.currency, *(f"{name} ({amount} for 1)" for name, amount in c.money.units.items()))
    ),
    "held": _held,
    "charged": _moves("taken"),
    "without a charge": _moves("given_back"),
    "what must be left": lambda c: (
        f"{'the price' if c.money.needs == 'price' else 'something'} ({c.money.evidence['admission'].kind})"
    ),
    "error response": _refusal,
    "may become negative": lambda c: f"{'yes' if c.money.overdraft else 'no'} ({c.money.evidence['overdraft'].kind})",
    "running jobs when it is gone": _in_flight,
    "charged for an unknown price": lambda c: _sum(c.money.unknown, c, none="nothing; it is counted"),
    "without a budget it shows": lambda c: _sum(c.money.opening, c, none="no balance"),
}
