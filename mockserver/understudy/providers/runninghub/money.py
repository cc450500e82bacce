"""What tasks cost, and whether an account can pay: money is held at submit and given back when nothing was made."""

from decimal import Decimal

from understudy import artifacts
from understudy.accounts import Account
from understudy.call import Call, Refused
from understudy.jobs import Job
from understudy.part import Part
from understudy.providers.runninghub.state import shelf_of


def hold(call: Call) -> Decimal | None:
    """What the task of a call will be charged, or None where nobody counts.

    Raises:
        Refused: the account has less.
    """
    if call.account.balance is None or call.model is None:
        return None
    amount = artifacts.price_of(call.part, call.model, call.fields).amount
    left = balance(call.part, call.account, call.now)
    if amount is not None and left is not None and amount > left:
        raise Refused("insufficient-credit")
    return amount


def charge(account: Account, job: Job, amount: Decimal | None) -> None:
    """Keep what a task is charged."""
    if amount is not None:
        shelf_of(account).charges.append((job, amount))


def balance(part: Part, account: Account, now: float) -> Decimal | None:
    """What an account has left; None where its keys came without a balance."""
    if account.balance is None:
        return None
    returned = part.contract.pricing["money"]["given_back"]["on"]
    charges = shelf_of(account).charges
    return account.balance - sum((amount for job, amount in charges if job.state(now).name not in returned), Decimal(0))


def text(amount: Decimal) -> str:
    """An amount without needless zeros: `0.14`, `4`."""
    plain = f"{amount:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
