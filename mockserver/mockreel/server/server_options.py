"""The options of a mock server, for the command and for `serving`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.billing import Budget
from mockreel.server.http.connection.connection_limits import KEEP_ALIVE_SECONDS
from mockreel.server.http.tls import Tls
from mockreel.simulator.settings import Settings
from mockreel.webhooks import Sender

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a mock server; `mockreel serve --help` describes each."""

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
    keep_alive: int = KEEP_ALIVE_SECONDS
    cors: tuple[str, ...] = ()
    public_urls: Mapping[str, str] = field(default_factory=dict)
    ca: Path | None = None
    webhook_secret: str | Iterable[str] | Mapping[str, str] | None = field(default=None, repr=False)
    trusted_hosts: frozenset[str] = frozenset()
    models: Iterable[Any] = ()
    unknown_models: str = "refuse"
    result: Any = None
    metrics: bool = False
    traces: "TracerProvider | None" = None
    state: Path | str | None = None  # the file that keeps the run, or the URL of the Redis that has one that is shared
    durability: str = "process"
    record_run: Path | None = None  # the folder that the run is recorded in
    own_hosts: bool = False  # results have the provider's own host under https, for callers that are redirected here


class ServingOptions(TypedDict, total=False):
    """The same but for the providers, as keywords of `serving`; what is not given is as above."""

    host: str
    port: int
    readings: Mapping[str, str] | None
    keys: Path | Iterable[KeyEntry] | None
    settings: Settings | None
    data: Path | None
    callback_map: Mapping[str, str] | None
    allow_callbacks: frozenset[str]
    speed: float
    held: bool
    start: float | None
    token: str | None
    sender: Sender | None
    tls: Tls | None
    faults: Iterable[Any]
    budget: Budget | None
    assume_price: Budget | None
    keep_alive: int
    cors: tuple[str, ...]
    public_urls: Mapping[str, str]
    ca: Path | None
    webhook_secret: str | Iterable[str] | Mapping[str, str] | None
    trusted_hosts: frozenset[str]
    metrics: bool
    traces: "TracerProvider | None"
    own_hosts: bool
    state: Path | str | None
    durability: str
    record_run: Path | None
    models: Iterable[Any]
    unknown_models: str
    result: Any
