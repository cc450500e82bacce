"""What the package keeps: how RunningHub speaks, and per account what it has uploaded and spent."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import cast

from understudy.accounts import Account
from understudy.jobs import Job
from understudy.part import Part
from understudy.providers.runninghub.dialects import Dialects


@dataclass(frozen=True, slots=True)
class State:
    """Kept for one part as long as the stage stands."""

    dialects: Dialects


@dataclass(slots=True)
class Shelf:
    """Kept for one account: how many files it has sent, and what each of its priced tasks is charged."""

    uploads: int = 0
    charges: list[tuple[Job, Decimal]] = field(default_factory=list)


def state_of(part: Part) -> State:
    return cast(State, part.state)


def shelf_of(account: Account) -> Shelf:
    return cast(Shelf, account.shelf.setdefault("runninghub", Shelf()))
