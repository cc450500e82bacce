"""The status of an account at a moment."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What an account has, in the provider's currency: `opening + added = left + held + taken`.

    Args:
        limited: whether jobs are rejected when the balance is too low.
        opening: the initial balance; None without a limit, if the provider shows no balance then.
        added: what was added by hand, or taken away.
        held: set aside for jobs under way.
        taken: paid, for jobs that ended, and where it is taken at submit for those under way.
        left: what may still be spent.
        shown: the balance that the provider reports.
        unknown: how many held or charged jobs have no known price; `assumed` is the amount for each, if any.
        least: how many of the prices in it are lower bounds.
        open: how many jobs are running.
    """

    currency: str
    limited: bool
    opening: Decimal | None
    added: Decimal
    held: Decimal
    charged: Decimal
    left: Decimal | None
    shown: Decimal | None
    unknown: int
    assumed: Decimal | None
    least: int
    open: int
