"""Credits that run out: what each account has, held, taken and given back as its provider's rows about money say."""

from understudy.ledger.book import Ledger
from understudy.ledger.budget import Amount, Budget, read_budget
from understudy.ledger.entries import Entry
from understudy.ledger.purse import Purse
from understudy.ledger.standing import Standing
from understudy.ledger.unspent import Unspent, plain, read, together, unspent

__all__ = [
    "Amount",
    "Budget",
    "Entry",
    "Ledger",
    "Purse",
    "Standing",
    "Unspent",
    "plain",
    "read",
    "read_budget",
    "together",
    "unspent",
]
