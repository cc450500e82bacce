"""Billing: what each account has, with amounts held, charged and released by its provider's rules."""

from mockreel.engine.billing.account_status import AccountStatus
from mockreel.engine.billing.balance import RunningBalance
from mockreel.engine.billing.budget import Amount, Budget, read_budget
from mockreel.engine.billing.cost_summary import CostSummary, cost_avoided, plain, read, together
from mockreel.engine.billing.ledger import Ledger
from mockreel.engine.billing.ledger_entries import Entry

__all__ = [
    "AccountStatus",
    "Amount",
    "Budget",
    "CostSummary",
    "Entry",
    "Ledger",
    "RunningBalance",
    "cost_avoided",
    "plain",
    "read",
    "read_budget",
    "together",
]
