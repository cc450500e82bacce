"""Balances: what each account has, and setting it; and the estimated cost avoided, as `serve` reports it at its end."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request

from mockreel.contract.pricing import read_amount
from mockreel.engine import billing
from mockreel.engine.accounts.account import Account
from mockreel.engine.billing import plain, together
from mockreel.errors import OptionError
from mockreel.server.admin.request_reader import NotThere, check_names, json_object, providers
from mockreel.server.admin.route import Row
from mockreel.server.cooperative_loop import settle_jobs, write_rows
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

_VALID = ("an amount from 0 up, as 5 or '0.50'", "null")


async def list_balances(simulator: Simulator, request: Request) -> Any:
    """Every account, by provider and in the order of first use, with its balance; and what was not spent in all."""
    some = providers(simulator, request)
    await settle_jobs(some)
    sums = together(provider.ledger.cost_avoided(provider.clock.now()) for provider in some)
    rows = await write_rows(row for provider in some for row in _rows(provider))
    return {"balances": rows, "cost_avoided": sums.row()}


def _rows(provider: Provider) -> Iterator[Mapping[str, Any]]:
    for account in sorted(provider.keyring.accounts.values(), key=lambda one: one.number):
        yield balance_row(provider, account)


def balance_row(provider: Provider, account: Account) -> Mapping[str, Any]:
    """The status of an account, in its provider's currency; amounts are decimal texts, null if none is shown."""
    status = provider.ledger.status(account, provider.clock.now())
    return {
        "provider": provider.name,
        "account": account.name,
        "number": account.number,
        "keys": list(account.keys),
        "jobs": account.drawn,
        "currency": status.currency,
        "limited": status.limited,
        "balance": _text(status.shown),
        "left": _text(status.left),
        "held": _text(status.held),
        "taken": _text(status.charged),
        "unknown": status.unknown,
        "least": status.least,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


async def set_balance(simulator: Simulator, request: Request) -> Any:
    """`{provider, account, balance}`: what an account has from now on, and no more; null takes its limit away."""
    body = await json_object(request)
    check_names(body, ["provider", "account", "balance"])
    if not isinstance(body.get("provider"), str):
        raise OptionError("provider", body.get("provider"), simulator.providers)
    provider = simulator.provider(body["provider"])
    account = _account(provider, body.get("account"))
    if "balance" not in body:
        raise OptionError("balance", None, _VALID)
    provider.set_balance(account, _amount(body["balance"]))
    simulator.events.note("balance", provider=provider.name, account=account.name)
    return balance_row(provider, account)


def _account(provider: Provider, name: Any) -> Account:
    for account in provider.keyring.accounts.values():
        if account.name == name:
            return account
    then = "An account is there once its key was used." if not provider.keyring.accounts else ""
    names = [account.name for account in provider.keyring.accounts.values()]
    raise NotThere(f"account of {provider.name}", name, names, then=then)


def _amount(value: Any) -> Decimal | None:
    if value is None:
        return None
    amount = read_amount(value)
    if amount is None or amount < 0:
        raise OptionError("balance", value, _VALID)
    return amount


async def cost_avoided(simulator: Simulator, _: Request) -> Any:
    """What the jobs so far would have cost, per currency."""
    await settle_jobs(simulator.providers.values())
    return billing.cost_avoided(simulator).row()


ROWS = (
    Row("GET", "balances", list_balances, ("provider",)),
    Row("GET", "cost", cost_avoided),
    Row("POST", "balances", set_balance),
)
