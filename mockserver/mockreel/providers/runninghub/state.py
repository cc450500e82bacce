"""The package's state: RunningHub's dialects, and each account's uploads."""

from dataclasses import dataclass, field
from typing import cast

from mockreel.contract.data.base_types import Count, Moment
from mockreel.engine.accounts.account import Account
from mockreel.providers.runninghub.dialects import Dialects
from mockreel.simulator.provider import Provider


@dataclass(frozen=True, slots=True)
class State:
    dialects: Dialects


@dataclass(slots=True)
class Asset:
    """A file that an account has made an asset of."""

    id: str
    created: Moment
    url: str
    type: str
    name: str | None = None
    group: str | None = None


@dataclass(slots=True)
class Group:
    id: str
    created: Moment
    name: str
    description: str | None = None


@dataclass(slots=True)
class Shelf:
    """The state of one account: how many files it has sent, and its assets and groups by id."""

    uploads: Count = 0
    numbered: Count = 0
    assets: dict[str, Asset] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)


def state_of(provider: Provider) -> State:
    return cast(State, provider.state)


def shelf_of(account: Account) -> Shelf:
    return cast(Shelf, account.shelf.setdefault("runninghub", Shelf()))
