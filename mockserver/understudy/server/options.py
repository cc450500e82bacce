"""How a stage is served: what the command and `serving` can be told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.accounts import KeyEntry
from understudy.callbacks import Sender
from understudy.ledger import Budget
from understudy.part import Settings
from understudy.server.tls import Tls


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve; `understudy serve --help` says the same of each."""

    providers: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 0
    readings: Mapping[str, str] | None = None
    keys: Path | Iterable[KeyEntry] | None = None
    settings: Settings | None = None
    data: Path | None = None
    callback_map: Mapping[str, str] | None = None
    allow_callbacks: frozenset[str] = frozenset()
    speed: float = 1.0
    held: bool = False
    start: float | None = None
    token: str | None = None
    sender: Sender | None = None
    tls: Tls | None = None
    faults: Iterable[Any] = ()
    budget: Budget | None = None
    assume_price: Budget | None = None
