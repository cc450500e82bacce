"""Serve over real sockets: `with serving(...) as server:` for scripts and tests, `Server` for the command."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast
from urllib.parse import urlsplit

import uvicorn

from mockreel.contract import Contract
from mockreel.contract.added_models import read_additions
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import read_keys
from mockreel.engine.clock import Clock
from mockreel.errors import OptionError
from mockreel.server.access_token import check_token
from mockreel.server.app import BackgroundTask, ByPrefix, shield, simulator_app
from mockreel.server.http import cors
from mockreel.server.http.asgi import App, ByPort, Front
from mockreel.server.http.connection.rejection import Rejection
from mockreel.server.http.origin import LOOPBACK_NAMES, Origin, public_urls, trusted_names
from mockreel.server.http.protocol import WireProtocol
from mockreel.server.http.sockets import Sockets, close, listen, port_of, url_of
from mockreel.server.http.tls import watch_handshakes
from mockreel.server.http.uvicorn_server import Loop, in_thread, web_socket_protocol
from mockreel.server.mock_server import Address, MockServer
from mockreel.server.server_options import Options, ServingOptions
from mockreel.simulator.rule_parser import set_faults, set_results
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import Targets, WebhookSecret, check_authority, webhook_secrets

if TYPE_CHECKING:
    from mockreel.server.metrics.metrics import Metrics
    from mockreel.simulator.storage.local_run import LocalRun
    from mockreel.simulator.storage.run_head import RunHead
    from mockreel.simulator.storage.shared.shared_run import SharedRun

    # A run that one server keeps, or several servers share.
    ServedRun = LocalRun | SharedRun


class Server:
    """A mock server on its sockets. Bind with `Server(options)`, run with `run()`; both raise errors.

    Args:
        contracts: contracts that are already loaded, instead of loading those of the options.
        background_tasks: runs beside the requests while it serves.
        short: use the fast path; responses are the same, sooner.
        prepare: changes the simulator before it is served.
    """

    def __init__(
        self,
        options: Options,
        *,
        contracts: Mapping[str, Contract] | None = None,
        background_tasks: Sequence[BackgroundTask] = (),
        short: bool = True,
        prepare: Callable[[Simulator], None] | None = None,
    ) -> None:
        if contracts is None:
            additions = read_additions(options.models, unknown_models=options.unknown_models)
            contracts = load_contracts(
                options.providers or None, readings=options.readings, data=options.data, additions=additions
            )
        self._check(options)
        check_authority(options.ca)
        self.secrets = webhook_secrets(options.webhook_secret, contracts)
        self._options = options
        clock = Clock(speed=options.speed, held=options.held, start=options.start)
        with contextlib.ExitStack() as undo:
            self._run = stored = local_run(options, contracts, self.secrets, clock)
            if stored is not None:
                undo.callback(stored.log.close)
            head = None if stored is None else stored.head
            simulator, entries = built(options, contracts, secrets=self.secrets, clock=clock, head=head)
            if stored is not None:
                stored.resume(simulator)
                fresh = partial(self._fresh, stored, options, contracts)
                simulator.history = stored.history(fresh, now=simulator.clock.now)
            if prepare is not None:
                prepare(simulator)
            # Late, so that little can go wrong while ports are held.
            self.sockets = listen(options.host, options.port, contracts)
            undo.callback(self.close)
            self.server = addressed(simulator, entries, self.sockets, options)
            all_tasks = [*background_tasks, *(stored.beside if stored is not None else ())]
            self._server = Loop(self._config(options, all_tasks, short=short))
            undo.pop_all()

    def _fresh(self, stored: "ServedRun", options: Options, contracts: Mapping[str, Contract]) -> Simulator:
        """The simulator as it was when the run began, beside the one that is served."""
        clock = Clock(start=stored.head.opened, held=True)
        fresh, _ = built(options, contracts, secrets=self.secrets, clock=clock, head=stored.head)
        for name, provider in fresh.providers.items():
            provider.keyring.recognise(self.server.simulator.providers[name].keyring)
        return fresh

    def _check(self, options: Options) -> None:
        check_token(options.token)
        if is_loopback(options.host):
            return
        if options.keys is None:
            missing = "needs listed keys and a control token"
        elif options.token is None:
            missing = "needs a control token"
        else:
            return
        raise OptionError(
            "host", options.host, then=_CREDENTIALS, because=f"can be reached by other machines and {missing}"
        )

    def _config(self, options: Options, background_tasks: Sequence[BackgroundTask], *, short: bool) -> uvicorn.Config:
        app = application(self.server, options, self.sockets, background_tasks=background_tasks)
        report = partial(report_rejection, self.server.simulator, self.sockets)
        config = uvicorn.Config(
            app,
            http=cast(Any, partial(WireProtocol, on_rejection=report, responders=app.responders if short else None)),
            ws=cast(Any, web_socket_protocol)
            if any(provider.adapter.sockets for provider in self.server.simulator.providers.values())
            else "none",
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
            watch_handshakes(options.tls.context, lambda reason: report(None, Rejection(0, reason)))
            config.load()
            config.ssl = options.tls.context
        return config

    @property
    def resumed(self) -> str:
        """A sentence on the run that goes on: its jobs, and its moment; empty where it began with this server."""
        if self._run is None or self._run.is_new:
            return ""
        simulator = self.server.simulator
        count = sum(len(provider.jobs) for provider in simulator.providers.values())
        moment = datetime.fromtimestamp(simulator.clock.now(), UTC).isoformat(sep=" ", timespec="seconds")[:19]
        clock = f"its clock is {'paused ' if simulator.clock.held else ''}at {moment} UTC"
        return f"{self._run.title} goes on with {count} job{'' if count == 1 else 's'}; {clock}."

    def run(self, *, ready: Callable[[], None] | None = None) -> None:
        """Serve until `stop` is called; `ready` is called once everything answers."""
        self._server.ready = ready
        try:
            self._server.run(sockets=[one for some in self.sockets.values() for one in some])
        finally:
            self.close()
            if self._run is not None:
                end_stored_run(self._run, self.server, self._options)
                self._run.see_that_it_worked()

    def close(self) -> None:
        """Give the ports back; `run` does it itself."""
        close(self.sockets)

    def stop(self) -> None:
        """End serving; may be called from any thread or a signal handler.

        Waiting requests have `timeout_graceful_shutdown` seconds left, then they are answered with an error.
        """
        self.server.simulator.scheduler.closing = True
        self._server.end()


def local_run(
    options: Options, contracts: Mapping[str, Contract], secrets: Mapping[str, WebhookSecret], clock: Clock
) -> "ServedRun | None":
    """The run that the options store or record, or None; parameters and errors are those of `open_run`."""
    if options.state is None and options.record_run is None:
        return None
    from mockreel.server.run_options import open_run  # noqa: PLC0415  (most runs are not stored)

    return open_run(options, contracts, secrets, clock)


def end_stored_run(run: "ServedRun", server: MockServer, options: Options) -> None:
    """The server of a stored run has ended."""
    from mockreel.server.run_options import end_run  # noqa: PLC0415

    end_run(run, server, options.record_run)


def built(
    options: Options,
    contracts: Mapping[str, Contract],
    *,
    secrets: Mapping[str, WebhookSecret],
    clock: Clock | None = None,
    head: "RunHead | None" = None,
) -> tuple[Simulator, tuple[KeyEntry, ...]]:
    """The simulator of some options, and the listed keys.

    Args:
        head: the start of the run that it is to have: it is made at that moment, at each start and by each server.
    """
    clock = clock or Clock(speed=options.speed, held=options.held, start=options.start)
    with clock.frozen(at=None if head is None else head.opened):
        return _built(options, contracts, secrets=secrets, clock=clock, salt=None if head is None else head.salt)


def _built(
    options: Options,
    contracts: Mapping[str, Contract],
    *,
    secrets: Mapping[str, WebhookSecret],
    clock: Clock,
    salt: bytes | None,
) -> tuple[Simulator, tuple[KeyEntry, ...]]:
    entries = read_keys(options.keys) if isinstance(options.keys, Path) else tuple(options.keys or ())
    simulator = build_simulator(
        contracts,
        clock=clock,
        keys=entries,
        accept_any_key=options.keys is None and is_loopback(options.host),
        settings=options.settings,
        sender=options.sender,
        targets=Targets(allowed=options.allow_callbacks, mapped=options.callback_map or {}),
        ca=options.ca,
        budget=options.budget,
        assume_price=options.assume_price,
        secrets=secrets,
        salt=salt,
    )
    set_faults(simulator.rules, simulator.providers, options.faults)
    set_results(simulator.rules, simulator.providers, options.result)
    simulator.rules.keep_as_first()
    return simulator, entries


def addressed(
    simulator: Simulator, entries: tuple[KeyEntry, ...], sockets: Mapping[str, Sockets], options: Options
) -> MockServer:
    """A simulator that is served on these sockets, with a key that works for each provider.

    Raises:
        OptionError: a public address is none, or would be that of several providers.
    """
    simulator.targets.own_ports |= {port_of(some) for some in sockets.values()}
    public = public_urls(options.public_urls, {name: port_of(sockets[name]) for name in simulator.providers})
    ca, scheme = (options.tls.ca, "https") if options.tls else (None, "http")
    found = {"control": Address(url_of(sockets["control"], scheme=scheme))}
    for name, provider in simulator.providers.items():
        key = _key_to_show([entry for entry in entries if entry.provider in (None, name)])
        found[name] = Address(url_of(sockets[name], scheme=scheme), key if entries else provider.contract.example_key)
        provider.base_url = public.get(name, found[name].url)
    return MockServer(found, simulator, ca=ca)


def application(
    server: MockServer,
    options: Options,
    sockets: Mapping[str, Sockets],
    *,
    background_tasks: Sequence[BackgroundTask] = (),
) -> ByPort:
    """What answers on these sockets: each provider on its own, and the control API."""
    simulator = server.simulator
    ports = {name: port_of(sockets[name]) for name in simulator.providers}
    public = public_urls(options.public_urls, ports)
    trusted = trusted_names(options.trusted_hosts)
    hosts = LOOPBACK_NAMES if is_loopback(options.host) else None
    named = frozenset(urlsplit(url).hostname or "" for url in public.values()) | (trusted or frozenset())
    fronts: dict[int, App] = {}
    responders: dict[int, Front] = {}
    for name, provider in simulator.providers.items():
        intercepted = frozenset(provider.contract.hosts) if options.own_hosts else frozenset()
        host_names = None if hosts is None or trusted is None else hosts | named | intercepted
        origin = Origin(public.get(name), trusted=trusted, intercepted=intercepted)
        front = responders[ports[name]] = Front(provider, origin=origin, added=cors.added(options.cors))
        fronts[ports[name]] = shield(front, simulator, hosts=host_names, cors=options.cors)
    if options.cors:  # every response names the pages that may read it
        fronts = {port: cors.allowing(front, options.cors) for port, front in fronts.items()}
    prefixed = ByPrefix(simulator, trusted=trusted)
    behind = simulator_app(
        simulator,
        prefixed,
        hosts=hosts,
        named=named,
        token=options.token,
        cors=options.cors,
        background_tasks=[*background_tasks, *_traced(simulator, options)],
        metrics=_metrics(simulator) if options.metrics else None,
    )
    return ByPort(fronts, behind, responders=responders)


def _metrics(simulator: Simulator) -> "Metrics":
    from mockreel.server.metrics.metrics import Metrics  # noqa: PLC0415  (few servers count anything)

    return Metrics(simulator)


def _traced(simulator: Simulator, options: Options) -> Sequence[BackgroundTask]:
    if options.traces is None:
        return ()
    from mockreel.server.traces.traces import Traces  # noqa: PLC0415  (few servers are traced)

    return (Traces(simulator, options.traces).run,)


def report_rejection(
    simulator: Simulator, sockets: Mapping[str, Sockets], port: int | None, rejection: Rejection
) -> None:
    """Log a request that no provider has seen."""
    provider = next((name for name in simulator.providers if port_of(sockets[name]) == port), None)
    simulator.events.note("rejected", provider=provider, port=port, status=rejection.status, reason=rejection.reason)


@contextlib.contextmanager
def serving(*providers: str, **options: Unpack[ServingOptions]) -> Iterator[MockServer]:
    """Serve the named providers, or all, on free loopback ports until the block ends.

    Takes the fields of `Options` as keywords: `readings`, `keys`, `settings`, `speed`, `held`, `start`, `port`, …

    Raises:
        OptionError, DataError, PortTaken: as on the command line.
    """
    for name in options:
        if name not in ServingOptions.__annotations__:
            raise OptionError("option of serving()", name, ServingOptions.__annotations__)
    with hosted(Server(Options(providers=providers, **options))) as server:
        yield server


@contextlib.contextmanager
def hosted(server: Server, *, leaving: list[threading.Thread] | None = None) -> Iterator[MockServer]:
    """Run a server in a thread until the block ends.

    Args:
        leaving: receives the thread instead of waiting for it; it ends within moments.

    Raises:
        MockreelError: it cannot be served.
    """
    with in_thread(server, what="The server", leaving=leaving):
        yield server.server


def _key_to_show(entries: list[KeyEntry]) -> str:
    """A listed key that works, one without a scenario or scopes if there is one; empty where none is listed."""
    plain = [entry for entry in entries if entry.scenario is None and entry.scopes is None]
    return next((entry.key for entry in (*plain, *entries)), "")


_CREDENTIALS = (
    "Add --credentials FILE, which has both and is made at the first start, or --key KEY and --token TEXT; "
    "for this machine alone, use --host 127.0.0.1."
)


def is_loopback(host: str) -> bool:
    return host in LOOPBACK_NAMES or host.startswith("127.")
