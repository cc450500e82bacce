"""What the package keeps: how RunningHub speaks, and per account what it has uploaded."""

from dataclasses import dataclass
from typing import cast

from mockreel.engine.accounts.account import Account
from mockreel.providers.runninghub.dialects import Dialects
from mockreel.simulator.provider import Part


@dataclass(frozen=True, slots=True)
class State:
    """Kept for one part as long as the stage stands."""

    dialects: Dialects


@dataclass(slots=True)
class Shelf:
    """Kept for one account: how many files it has sent."""

    uploads: int = 0


def state_of(part: Part) -> State:
    return cast(State, part.state)


def shelf_of(account: Account) -> Shelf:
    return cast(Shelf, account.shelf.setdefault("runninghub", Shelf()))
