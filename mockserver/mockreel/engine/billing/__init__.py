"""Credits that run out: what each account has, held, taken and given back as its provider's rows about money say."""

from mockreel.engine.billing.account_status import Standing
from mockreel.engine.billing.balance import Purse
from mockreel.engine.billing.budget import Amount, Budget, read_budget
from mockreel.engine.billing.cost_summary import Unspent, plain, read, together, unspent
from mockreel.engine.billing.entries import Entry
from mockreel.engine.billing.ledger import Ledger

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
