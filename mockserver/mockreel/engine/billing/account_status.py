"""How an account stands at a moment."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """What an account has, in the provider's currency: `opening + added = left + held + taken`.

    Args:
        limited: whether it is refused when too little is left.
        opening: what it began with; None where it has no limit and the provider shows no money then.
        added: what was added by hand, or taken away.
        held: set aside for jobs under way.
        taken: paid, for jobs that ended, and where it is taken at submit for those under way.
        left: what may still be spent.
        shown: the balance that the provider tells.
        unknown: how many jobs are held or taken whose price is unknown; `assumed` is what counts for each, if anything.
        least: how many of the prices in it are lower bounds.
        open: how many jobs are under way.
    """

    currency: str
    limited: bool
    opening: Decimal | None
    added: Decimal
    held: Decimal
    taken: Decimal
    left: Decimal | None
    shown: Decimal | None
    unknown: int
    assumed: Decimal | None
    least: int
    open: int
