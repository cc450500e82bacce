"""Balances: what each account has, and setting it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request

from mockreel.contract.amount import read_amount
from mockreel.engine.accounts.account import Account
from mockreel.engine.billing import plain, together
from mockreel.errors import OptionError
from mockreel.server.admin.request_reader import NotThere, json_object, known, parts
from mockreel.server.admin.route import Row
from mockreel.simulator.provider import Part
from mockreel.simulator.simulator import Stage


async def list_balances(stage: Stage, request: Request) -> Any:
    """Every account, by provider and in the order of first use, with its balance; and what was not spent in all."""
    some = parts(stage, request)
    sums = together(part.ledger.unspent(part.clock.now()) for part in some)
    return {"balances": [row for part in some for row in _rows(part)], "not_spent": sums.row()}


def _rows(part: Part) -> Iterator[Mapping[str, Any]]:
    for account in sorted(part.keyring.accounts.values(), key=lambda one: one.number):
        yield balance_row(part, account)


def balance_row(part: Part, account: Account) -> Mapping[str, Any]:
    """How an account stands, in its provider's currency; amounts are decimal texts, null where none is shown."""
    standing = part.ledger.standing(account, part.clock.now())
    return {
        "provider": part.name,
        "account": account.name,
        "number": account.number,
        "jobs": account.drawn,
        "currency": standing.currency,
        "limited": standing.limited,
        "balance": _text(standing.shown),
        "left": _text(standing.left),
        "held": _text(standing.held),
        "taken": _text(standing.taken),
        "unknown": standing.unknown,
        "least": standing.least,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)


async def set_balance(stage: Stage, request: Request) -> Any:
    """`{provider, account, balance}`: what an account has from now on, and no more; null takes its limit away."""
    body = await json_object(request)
    known(body, ["provider", "account", "balance"])
    if not isinstance(body.get("provider"), str):
        raise OptionError("provider", body.get("provider"), stage.parts)
    part = stage.part(body["provider"])
    account = _account(part, body.get("account"))
    if "balance" not in body:
        raise OptionError("balance", None, ["an amount, as 5 or '0.50'", "null"])
    part.ledger.set_balance(account, _amount(body["balance"]), part.clock.now())
    stage.feed.note("balance", provider=part.name, account=account.name)
    return balance_row(part, account)


def _account(part: Part, name: Any) -> Account:
    for account in part.keyring.accounts.values():
        if account.name == name:
            return account
    then = "An account is there once its key was used." if not part.keyring.accounts else ""
    names = [account.name for account in part.keyring.accounts.values()]
    raise NotThere(f"account of {part.name}", name, names, then=then)


def _amount(value: Any) -> Decimal | None:
    if value is None:
        return None
    amount = read_amount(value)
    if amount is None:
        raise OptionError("balance", value, ["an amount, as 5 or '0.50'", "null"])
    return amount


ROWS = (
    Row("GET", "balances", list_balances),
    Row("POST", "balances", set_balance),
)
