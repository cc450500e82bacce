"""Serve a stage over real sockets: `with serving(...) as stage:` for scripts and tests, `Server` for the command."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvicorn

from mockreel.contract import Contract
from mockreel.contract.added_models import read_additions
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import read_keys
from mockreel.engine.clock import Clock
from mockreel.errors import OptionError
from mockreel.server.app import Beside, ByPrefix, stage_app
from mockreel.server.http.asgi import App, ByPort, Front
from mockreel.server.http.cors import allowing
from mockreel.server.http.origin import LOOPBACK_NAMES, Origin, public_urls
from mockreel.server.http.protocol import WireProtocol
from mockreel.server.http.rejection import Rejection
from mockreel.server.http.sockets import close, listen, port_of, url_of
from mockreel.server.http.uvicorn_server import Loop, in_thread
from mockreel.server.mock_server import Address, RunningStage
from mockreel.server.options import Options
from mockreel.simulator.rule_parser import set_faults, set_results
from mockreel.simulator.simulator import Stage, build_stage, load_contracts
from mockreel.webhooks import Targets, check_authority, webhook_secrets


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
            additions = read_additions(options.models, unknown_models=options.unknown_models)
            contracts = load_contracts(
                options.providers or None, readings=options.readings, data=options.data, additions=additions
            )
        self._check(options)
        check_authority(options.ca)
        entries = read_keys(options.keys) if isinstance(options.keys, Path) else tuple(options.keys or ())
        targets = Targets(allowed=options.allow_callbacks, mapped=options.callback_map or {})
        self.secrets = webhook_secrets(options.webhook_secret, contracts)
        inner = build_stage(
            contracts,
            clock=Clock(speed=options.speed, held=options.held, start=options.start),
            keys=entries,
            open_house=options.keys is None and _is_loopback(options.host),
            settings=options.settings,
            sender=options.sender,
            targets=targets,
            ca=options.ca,
            budget=options.budget,
            assume_price=options.assume_price,
            secrets=self.secrets,
        )
        set_faults(inner.rules, inner.parts, options.faults)
        set_results(inner.rules, inner.parts, options.result)
        inner.rules.keep_as_first()
        # Late, so that little can go wrong while ports are held.
        self.sockets = listen(options.host, options.port, contracts)
        targets.own_ports |= {port_of(some) for some in self.sockets.values()}
        self._ports = {name: port_of(self.sockets[name]) for name in contracts}
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            public = public_urls(options.public_urls, self._ports)
            ca, scheme = (options.tls.ca, "https") if options.tls else (None, "http")
            self.stage = RunningStage(self._addresses(inner, entries, scheme, public), inner, ca)
            self._server = Loop(self._config(options, public, beside))
            undo.pop_all()

    def _check(self, options: Options) -> None:
        if _is_loopback(options.host):
            return
        if options.keys is None:
            raise OptionError(
                "host", options.host, ["127.0.0.1", "::1"], then="Off loopback, list the keys: --keys FILE."
            )
        if options.token is None:
            raise OptionError("host", options.host, ["127.0.0.1", "::1"], then="Off loopback, set a control token.")

    def _addresses(
        self, inner: Stage, entries: tuple[KeyEntry, ...], scheme: str, public: Mapping[str, str]
    ) -> dict[str, Address]:
        found = {"control": Address(url_of(self.sockets["control"], scheme=scheme))}
        for name, part in inner.parts.items():
            key = _key_to_show([entry for entry in entries if entry.provider in (None, name)])
            url = url_of(self.sockets[name], scheme=scheme)
            found[name] = Address(url, key if entries else part.contract.example_key)
            part.base_url = public.get(name, found[name].url)
        return found

    def _config(self, options: Options, public: Mapping[str, str], beside: Sequence[Beside]) -> uvicorn.Config:
        inner = self.stage.inner
        trusted = _trusted(options.trusted_hosts)
        fronts: dict[int, App] = {
            self._ports[name]: Front(part, origin=Origin(public.get(name), trusted=trusted))
            for name, part in inner.parts.items()
        }
        if options.cors:
            fronts = {port: allowing(front, options.cors) for port, front in fronts.items()}
        hosts = LOOPBACK_NAMES if _is_loopback(options.host) else None
        prefixed = ByPrefix(inner, trusted=trusted)
        behind = stage_app(inner, prefixed, hosts=hosts, token=options.token, beside=beside)
        config = uvicorn.Config(
            ByPort(fronts, behind),
            http=cast(Any, partial(WireProtocol, told=self._report_rejection)),
            ws="none",
            loop="auto",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=not options.held,
            timeout_keep_alive=options.keep_alive,
            timeout_graceful_shutdown=3,
        )
        if options.tls is not None:
            config.load()
            config.ssl = options.tls.context
        return config

    def _report_rejection(self, port: int | None, rejection: Rejection) -> None:
        """A request that no provider has seen: it stands in the log."""
        provider = next((name for name, own in self._ports.items() if own == port), None)
        self.stage.inner.feed.note(
            "rejected", provider=provider, port=port, status=rejection.status, reason=rejection.reason
        )

    def run(self, *, ready: Callable[[], None] | None = None) -> None:
        """Serve until `stop` is called; `ready` is called once everything answers."""
        self._server.ready = ready
        try:
            self._server.run(sockets=[one for some in self.sockets.values() for one in some])
        finally:
            self.close()

    def close(self) -> None:
        """Give the ports back; `run` does it itself."""
        close(self.sockets)

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


def _trusted(names: frozenset[str]) -> frozenset[str] | None:
    """The host names that are trusted, in lower case; None where any is."""
    return None if "*" in names else frozenset(name.lower() for name in names)


def _is_loopback(host: str) -> bool:
    return host in LOOPBACK_NAMES or host.startswith("127.")
