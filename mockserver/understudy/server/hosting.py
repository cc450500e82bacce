"""Serve a stage over real sockets: `with serving(...) as stage:` for scripts and tests, `Server` for the command."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from understudy import __version__
from understudy.accounts import KeyEntry, read_keys
from understudy.callbacks import Sender, Targets
from understudy.clock import Clock
from understudy.errors import OptionError, UnderstudyError
from understudy.part import Settings
from understudy.server.app import ByPrefix, stage_app
from understudy.server.front import ByPort, Front
from understudy.server.guard import LOOPBACK_NAMES
from understudy.server.sockets import listen, url_of
from understudy.stage import Stage, build_stage, load_contracts


@dataclass(frozen=True, slots=True)
class Address:
    """Where one door of a running stage is: a provider with a key that works, or the control API."""

    url: str
    key: str = field(default="", repr=False)  # it may be a listed one


@dataclass(frozen=True)
class RunningStage:
    """A stage that is being served: `stage.runflow.url`, `stage.runflow.key`, `stage.control.url`, as in its file."""

    addresses: Mapping[str, Address]
    inner: Stage = field(repr=False)

    def __getattr__(self, name: str) -> Address:
        addresses: Mapping[str, Address] = self.__dict__["addresses"]
        if name not in addresses:
            raise AttributeError(f"no {name!r} on this stage; there are {', '.join(addresses)}")
        return addresses[name]

    def ready(self, pid: int) -> Mapping[str, Any]:
        """What the ready file holds."""
        doors = {
            name: {"url": address.url} if name == "control" else {"url": address.url, "key": address.key}
            for name, address in self.addresses.items()
        }
        return {"pid": pid, "version": __version__, **doors}


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


class _Uvicorn(uvicorn.Server):
    """Tells when it is ready, and leaves the signals to whoever runs it: a library must not take them."""

    ready: Callable[[], None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and self.ready is not None:
            self.ready()


class Server:
    """A stage on its sockets. Bind with `Server(options)`, run with `run()`; both raise what is wrong."""

    def __init__(self, options: Options) -> None:
        contracts = load_contracts(options.providers or None, readings=options.readings, data=options.data)
        self._check(options)
        entries = read_keys(options.keys) if isinstance(options.keys, Path) else tuple(options.keys or ())
        targets = Targets(allowed=options.allow_callbacks, mapped=options.callback_map or {})
        inner = build_stage(
            contracts,
            clock=Clock(speed=options.speed, held=options.held, start=options.start),
            keys=entries,
            open_house=options.keys is None and _is_loopback(options.host),
            settings=options.settings,
            sender=options.sender,
            targets=targets,
        )
        # Last, so that nothing can go wrong while ports are held.
        self.sockets = listen(options.host, options.port, contracts)
        targets.own_ports |= {one.getsockname()[1] for one in self.sockets.values()}
        self.stage = RunningStage(self._addresses(inner, entries), inner)
        self._server = _Uvicorn(self._config(options))

    def _check(self, options: Options) -> None:
        if _is_loopback(options.host):
            return
        if options.keys is None:
            raise OptionError(
                "host", options.host, ["127.0.0.1", "::1"], then="Off loopback, list the keys: --keys FILE."
            )
        if options.token is None:
            raise OptionError("host", options.host, ["127.0.0.1", "::1"], then="Off loopback, set a control token.")

    def _addresses(self, inner: Stage, entries: tuple[KeyEntry, ...]) -> dict[str, Address]:
        found = {"control": Address(url_of(self.sockets["control"]))}
        for name, part in inner.parts.items():
            listed = next((entry.key for entry in entries if entry.provider in (None, name)), None)
            found[name] = Address(url_of(self.sockets[name]), listed or part.contract.example_key)
            part.base_url = found[name].url
        return found

    def _config(self, options: Options) -> uvicorn.Config:
        inner = self.stage.inner
        fronts = {
            self.sockets[name].getsockname()[1]: Front(part, base_url=self.stage.addresses[name].url)
            for name, part in inner.parts.items()
        }
        hosts = LOOPBACK_NAMES if _is_loopback(options.host) else None
        prefixed = ByPrefix(inner, base_url=self.stage.control.url)
        behind = stage_app(inner, prefixed, hosts=hosts, token=options.token)
        return uvicorn.Config(
            ByPort(fronts, behind),
            http="httptools",
            ws="none",
            loop="auto",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=not options.held,
            timeout_graceful_shutdown=3,
        )

    def run(self, *, ready: Callable[[], None] | None = None) -> None:
        """Serve until `stop` is called; `ready` is called once everything answers."""
        self._server.ready = ready
        try:
            self._server.run(sockets=list(self.sockets.values()))
        finally:
            self.close()

    def close(self) -> None:
        """Give the ports back; `run` does it itself."""
        for one in self.sockets.values():
            one.close()

    def stop(self) -> None:
        """End serving; may be called from any thread or a signal handler."""
        self._server.should_exit = True


@contextlib.contextmanager
def serving(*providers: str, **options: Any) -> Iterator[RunningStage]:
    """Serve the named providers, or all, on free loopback ports until the block ends.

    Takes the fields of `Options` as keywords: `readings`, `keys`, `settings`, `speed`, `held`, `start`, `port`, …

    Raises:
        OptionError, DataError, PortTaken: as the command would say.
    """
    server = Server(Options(providers=providers, **options))
    served = threading.Event()
    settled = threading.Event()  # served, or never going to be
    failed: list[BaseException] = []

    def ready() -> None:
        served.set()
        settled.set()

    def run() -> None:
        try:
            server.run(ready=ready)
        except BaseException as problem:  # handed to the caller's thread
            failed.append(problem)
        finally:
            settled.set()

    thread = threading.Thread(target=run, name="understudy", daemon=True)
    thread.start()
    settled.wait()
    try:
        if not served.is_set():
            raise UnderstudyError("The stage could not be served.") from (failed[0] if failed else None)
        yield server.stage
    finally:
        server.stop()
        thread.join()


def _is_loopback(host: str) -> bool:
    return host in LOOPBACK_NAMES or host.startswith("127.")
