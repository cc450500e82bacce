"""What runs cost, and what is left of an account's credit."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from understudy import artifacts, pricing
from understudy.accounts import Account
from understudy.call import Refused
from understudy.contract import Model
from understudy.jobs import Job
from understudy.part import Part
from understudy.providers.runflow.state import shelf_of


def price(part: Part, model: Model | None, fields: Mapping[str, Any]) -> Decimal | None:
    """What one successful run costs; None where the price is unknown."""
    if model is None:
        return None
    seconds = artifacts.wanted(part, model, fields).seconds
    return pricing.cost(model, fields, seconds=seconds, default=units(part, model, fields)).amount


def units(part: Part, model: Model, fields: Mapping[str, Any]) -> int:
    """How many priced units a run makes; the contract says which input counts them."""
    name = part.contract.wire["counted"].get(model.price.unit)
    count = fields.get(name) if name else None
    return count if isinstance(count, int) and count > 0 else 1


def charged(part: Part, job: Job, now: float) -> Decimal | None:
    """What a run has cost: its price once it has succeeded, nothing where it failed; None while that is open."""
    kind = job.state(now).kind
    if kind == "failed":
        return Decimal(0)
    return price(part, job.model, artifacts.fields_of(part, job)) if kind in ("succeeded", "partial") else None


def amount(value: Decimal | None) -> str | None:
    """An amount as it is written: decimal, without an exponent or zeros at its end."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def spent(part: Part, account: Account, now: float) -> Decimal:
    """What an account's runs have cost so far; each run is counted once, after it has ended."""
    shelf = shelf_of(part, account)
    for job in account.jobs:
        if job.number not in shelf.settled and job.state(now).terminal:
            shelf.settled.add(job.number)
            shelf.spent += charged(part, job, now) or Decimal(0)
    return shelf.spent


def balance(part: Part, account: Account, now: float) -> Decimal:
    """What is left of the listed balance, or of what the contract lets an account show."""
    opening = account.balance if account.balance is not None else opening_balance(part)
    return opening - spent(part, account, now)


def opening_balance(part: Part) -> Decimal:
    return Decimal(part.contract.pricing["opening_balance"]["amount"])


def admit(part: Part, account: Account, wanted: Decimal | None, now: float) -> None:
    """Let a run or a batch begin; an account without a listed balance always may.

    Raises:
        Refused: the balance is used up, or does not cover it.
    """
    if account.balance is None:
        return
    left = balance(part, account, now)
    if left <= 0 or (wanted is not None and wanted > left):
        raise Refused("insufficient-credit")
