"""Serve a stage over real sockets: `with serving(...) as stage:` for scripts and tests, `Server` for the command."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from mockreel.contract import Contract
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import read_keys
from mockreel.engine.clock import Clock
from mockreel.errors import OptionError
from mockreel.server.access_token import check_token
from mockreel.server.app import Beside, ByPrefix, shield, stage_app
from mockreel.server.http.asgi import ByPort, Front
from mockreel.server.http.foreign_pages import LOOPBACK_NAMES
from mockreel.server.http.protocol import WireProtocol
from mockreel.server.http.sockets import listen, url_of
from mockreel.server.http.uvicorn_server import Loop, in_thread
from mockreel.server.mock_server import Address, RunningStage
from mockreel.server.options import Options
from mockreel.simulator.rule_parser import set_faults
from mockreel.simulator.simulator import Stage, build_stage, load_contracts
from mockreel.webhooks import Targets


class Server:
    """A stage on its sockets. Bind with `Server(options)`, run with `run()`; both raise what is wrong.

    Args:
        contracts: loaded before, in place of those that the options name; who serves often need not load often.
        beside: what runs beside the requests as long as it serves.
    """

    def __init__(
        self,
        options: Options,
        *,
        contracts: Mapping[str, Contract] | None = None,
        beside: Sequence[Beside] = (),
    ) -> None:
        if contracts is None:
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
            budget=options.budget,
            assume_price=options.assume_price,
        )
        set_faults(inner.rules, inner.parts, options.faults)
        inner.rules.keep_as_first()
        # Last, so that nothing can go wrong while ports are held.
        self.sockets = listen(options.host, options.port, contracts)
        targets.own_ports |= {one.getsockname()[1] for one in self.sockets.values()}
        ca, scheme = (options.tls.ca, "https") if options.tls else (None, "http")
        self.stage = RunningStage(self._addresses(inner, entries, scheme), inner, ca)
        self._server = Loop(self._config(options, beside))

    def _check(self, options: Options) -> None:
        check_token(options.token)
        if _is_loopback(options.host):
            return
        if options.keys is None:
            raise OptionError(
                "host", options.host, ["127.0.0.1", "::1"], then="Off loopback, list the keys: --keys FILE."
            )
        if options.token is None:
            raise OptionError("host", options.host, ["127.0.0.1", "::1"], then="Off loopback, set a control token.")

    def _addresses(self, inner: Stage, entries: tuple[KeyEntry, ...], scheme: str) -> dict[str, Address]:
        found = {"control": Address(url_of(self.sockets["control"], scheme=scheme))}
        for name, part in inner.parts.items():
            key = _key_to_show([entry for entry in entries if entry.provider in (None, name)])
            url = url_of(self.sockets[name], scheme=scheme)
            found[name] = Address(url, key if entries else part.contract.example_key)
            part.base_url = found[name].url
        return found

    def _config(self, options: Options, beside: Sequence[Beside]) -> uvicorn.Config:
        inner = self.stage.inner
        hosts = LOOPBACK_NAMES if _is_loopback(options.host) else None
        fronts = {
            self.sockets[name].getsockname()[1]: shield(
                Front(part, base_url=self.stage.addresses[name].url), inner, hosts=hosts
            )
            for name, part in inner.parts.items()
        }
        prefixed = ByPrefix(inner, base_url=self.stage.control.url)
        behind = stage_app(inner, prefixed, hosts=hosts, token=options.token, beside=beside)
        config = uvicorn.Config(
            ByPort(fronts, behind),
            http=WireProtocol,
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
        if options.tls is not None:
            config.load()
            config.ssl = options.tls.context
        return config

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
        """End serving; may be called from any thread or a signal handler.

        Requests that wait have `timeout_graceful_shutdown` seconds left, then they are told that nobody is there.
        """
        self.stage.inner.agenda.closing = True
        self._server.end()


@contextlib.contextmanager
def serving(*providers: str, **options: Any) -> Iterator[RunningStage]:
    """Serve the named providers, or all, on free loopback ports until the block ends.

    Takes the fields of `Options` as keywords: `readings`, `keys`, `settings`, `speed`, `held`, `start`, `port`, …

    Raises:
        OptionError, DataError, PortTaken: as the command would say.
    """
    with hosted(Server(Options(providers=providers, **options))) as stage:
        yield stage


@contextlib.contextmanager
def hosted(server: Server, *, leaving: list[threading.Thread] | None = None) -> Iterator[RunningStage]:
    """Run a server in a thread of its own until the block ends.

    Args:
        leaving: where the thread is put in place of being waited for; it ends within moments.

    Raises:
        MockreelError: it cannot be served.
    """
    with in_thread(server, what="The stage", leaving=leaving):
        yield server.stage


def _key_to_show(entries: list[KeyEntry]) -> str:
    """A listed key that works, one without a scenario or scopes if there is one; empty where none is listed."""
    plain = [entry for entry in entries if entry.scenario is None and entry.scopes is None]
    return next((entry.key for entry in (*plain, *entries)), "")


def _is_loopback(host: str) -> bool:
    return host in LOOPBACK_NAMES or host.startswith("127.")
