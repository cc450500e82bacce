"""An account of a provider: the owner of jobs, balance and secrets; and the callers and keys that belong to it."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mockreel.engine.faults import Faults

if TYPE_CHECKING:
    from mockreel.engine.billing.balance import RunningBalance
    from mockreel.engine.jobs.job import Job


@dataclass(slots=True, eq=False)
class Account:
    """One account of a provider; accounts are numbered by first use.

    `balance` is the initial one; None is no limit. `running` is the current one, maintained by the ledger.
    """

    number: int
    name: str
    balance: Decimal | None = None
    running: "RunningBalance | None" = field(default=None, repr=False)
    drawn: int = 0  # how many jobs it has begun
    base_url: str = ""  # the address that its last job was submitted to: URLs in its webhooks start with it
    jobs: "list[Job]" = field(default_factory=list, repr=False)
    shelf: dict[str, Any] = field(default_factory=dict, repr=False)  # what the provider's package keeps for it
    keys: tuple[str, ...] = ()  # the keys that were used for it, numbered and masked

    def next_number(self) -> int:
        self.drawn += 1
        return self.drawn


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: an account, and what its key is for. `scopes` of None are all of them."""

    account: Account
    admin: bool
    scopes: frozenset[str] | None = None
    scenario: str | None = None
    faults: Faults | None = None


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """One line of a keys file."""

    key: str = field(repr=False)
    account: str
    provider: str | None = None
    scopes: frozenset[str] | None = None
    balance: Decimal | None = None
    scenario: str | None = None
    faults: Faults | None = None
    webhook_secret: str | None = field(default=None, repr=False)
