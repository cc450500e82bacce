"""`create_app`: a mock server as an ASGI application, to be mounted, wrapped and tested as any other."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette
from starlette.routing import Mount

from mockreel.contract.added_models import read_additions
from mockreel.contract.messages.message import Response, problem
from mockreel.engine.accounts.account import KeyEntry
from mockreel.engine.accounts.key_file import read_keys
from mockreel.engine.artifacts.artifact import MEDIA, UPLOADS
from mockreel.engine.billing import Budget
from mockreel.engine.clock import Clock
from mockreel.errors import StateError
from mockreel.server.access_guard import Guard
from mockreel.server.admin import Control
from mockreel.server.dashboard.browser_pass import PAGE, reads_html
from mockreel.server.health import HEALTH_PATHS, METRICS_PATH, health
from mockreel.server.http.asgi import App, Front, Receive, Scope, Send, local_path, send_reply, signed
from mockreel.server.http.foreign_pages import ForeignPages
from mockreel.server.http.origin import LOOPBACK_NAMES, Origin
from mockreel.simulator.events.event import LONGEST
from mockreel.simulator.path_hints import Hints
from mockreel.simulator.pipeline import OWN_PATHS
from mockreel.simulator.provider import Provider
from mockreel.simulator.rule_parser import set_faults, set_results
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import Sender, Targets, webhook_secrets

if TYPE_CHECKING:
    from mockreel.server.metrics.metrics import Metrics

# What runs beside the requests of a mock server, as long as it is served.
BackgroundTask = Callable[[Simulator], Coroutine[None, None, None]]
# Loopback, and the name that Starlette's test client gives an application.
IN_PROCESS_NAMES = LOOPBACK_NAMES | {"testserver"}


def create_app(
    *providers: str,
    readings: Mapping[str, str] | None = None,
    keys: Path | str | Iterable[KeyEntry] = (),
    accept_any_key: bool = False,
    clock: Clock | None = None,
    settings: Settings | None = None,
    sender: Sender | None = None,
    targets: Targets | None = None,
    data: Path | None = None,
    base_url: str | None = None,
    control_hosts: frozenset[str] | None = IN_PROCESS_NAMES,
    faults: Iterable[Any] = (),
    budget: Budget | None = None,
    assume_price: Budget | None = None,
    webhook_secret: str | Iterable[str] | Mapping[str, str] | None = None,
    models: Iterable[Any] = (),
    unknown_models: str = "refuse",
    result: Any = None,
) -> Starlette:
    """A Starlette application that serves the named providers, or all of them.

    One provider stands at the root; several stand below their names (`/runflow/v1/…`). The control API is below
    `/_mockreel/`, and in a browser the page. The simulator is at `app.state.simulator`. Its jobs are in the memory of
    one process: run it with one worker, as each of several would have jobs of its own.

    Args:
        readings: options by reading id.
        keys: a keys file, or entries; only these are admitted unless `accept_any_key`.
        accept_any_key: take any non-empty key, each with an account of its own.
        clock: where time comes from.
        settings: seed, pace, bounds.
        sender: how callbacks are sent.
        targets: where they may go.
        data: a further data folder.
        base_url: the address under which results are served; taken from each request if None.
        control_hosts: the allowed host names of the control API; None allows any, for an application that guards it
            otherwise.
        faults: faults to inject: texts (`"reset; operation=get_run; nth=2"`) or mappings.
        budget: the initial balance of accounts whose keys state none, `5` or `{"runflow": 5}`; unlimited by default.
        assume_price: the price of jobs without a known one; the contracts' if None.
        webhook_secret: the initial secret of webhooks: `SECRET`, `PROVIDER=SECRET`, several, or a mapping.
        models: further models: texts (`"runflow:acme/dance=dance.json"`) or mappings (`read_additions`).
        unknown_models: `accept` accepts any unknown model, with any input; else `refuse`.
        result: the result of every job: a file, a URL or JSON; a packed clip if None.

    Raises:
        OptionError: an unknown provider, reading, option or pace.
        DataError: data that cannot be used.
    """
    additions = read_additions(models, unknown_models=unknown_models)
    contracts = load_contracts(providers or None, readings=readings, data=data, additions=additions)
    simulator = build_simulator(
        contracts,
        clock=clock,
        keys=read_keys(Path(keys)) if isinstance(keys, str | Path) else keys,
        accept_any_key=accept_any_key,
        settings=settings,
        sender=sender,
        targets=targets,
        budget=budget,
        assume_price=assume_price,
        secrets=webhook_secrets(webhook_secret, contracts),
    )
    set_faults(simulator.rules, simulator.providers, faults)
    set_results(simulator.rules, simulator.providers, result)
    simulator.rules.keep_as_first()
    if len(simulator.providers) == 1:
        (provider,) = simulator.providers.values()
        return simulator_app(simulator, Front(provider, origin=Origin(base_url, trusted=None)), hosts=control_hosts)
    return simulator_app(simulator, ByPrefix(simulator, base_url=base_url), hosts=control_hosts)


class ByPrefix:
    """Selects the provider by the first segment of the path."""

    def __init__(
        self, simulator: Simulator, *, base_url: str | None = None, trusted: frozenset[str] | None = None
    ) -> None:
        self._fronts = {
            name: Front(provider, prefix=f"/{name}", origin=Origin(base_url, prefix=f"/{name}", trusted=trusted))
            for name, provider in simulator.providers.items()
        }
        self._hints = Hints(simulator.providers)
        self._note, self._providers = simulator.events.note, simulator.providers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.follow(scope, receive, send)
            return
        path = local_path(scope)
        front = self._fronts.get(path.removeprefix("/").partition("/")[0])
        if front is not None:
            await front(scope, receive, send)
            return
        await self._nothing(path, scope, send)

    async def follow(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The named provider's messages on a WebSocket."""
        front = self._fronts.get(local_path(scope).removeprefix("/").partition("/")[0])
        if front is None:
            await send({"type": "websocket.close"})
        else:
            await front.follow(scope, receive, send)

    async def _nothing(self, path: str, scope: Scope, send: Send) -> None:
        names = ", ".join(f"/{name}/" for name in self._fronts)
        hint = self._hints.about(scope["method"], path)
        if hint is not None:
            self._note("misdirected", method=scope["method"], path=shown_path(self._providers, path), reason=hint)
        meant = f" {hint[0].upper()}{hint[1:]}." if hint else ""
        detail = f"There is nothing at {path}.{meant} The providers are at {names}; the control API is at {OWN_PATHS}."
        await send_reply(problem(404, "Not found", detail), send, head=scope["method"] == "HEAD")


class Own:
    """The mock server's own paths: the control API and the page, which is loaded on its first request."""

    def __init__(self, simulator: Simulator, metrics: "Metrics | None" = None) -> None:
        self._simulator = simulator
        self._metrics = metrics
        self._site: App | None = None

    @cached_property
    def _control(self) -> App:
        return cast(App, Control(self._simulator).app())

    async def _page(self) -> App:
        """The page; at its first request what it needs is imported and compiled, while others are answered."""
        if self._site is None:
            found = await asyncio.to_thread(_site, self._simulator)
            self._site = self._site or found  # one of several first requests
        return self._site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = local_path(scope)
        if path == METRICS_PATH:
            await send_reply(await figures(self._metrics), send, head=scope["method"] == "HEAD")
            return
        shared = self._simulator.shared
        if shared is not None:
            with contextlib.suppress(StateError):  # the page shows the local state; changes raise the error
                await shared.caught_up()
        wants_page = path == PAGE or path.startswith(f"{PAGE}/") or (path == OWN_PATHS and reads_html(scope))
        await (await self._page() if wants_page else self._control)(scope, receive, send)


def _site(simulator: Simulator) -> App:
    from mockreel.server.dashboard.site import Site  # noqa: PLC0415  (templates are loaded for pages only)

    site = Site(simulator)
    site.compile()
    return cast(App, site.app())


class RootRoutes:
    """Routes to the control API and the page, or to the providers.

    Args:
        home: nothing else is at the root: browsers are redirected to the page, and `/health` is served.
        unready: why the server is not ready; empty where it is.
    """

    def __init__(self, control: App, providers_app: App, *, home: bool, unready: Callable[[], str]) -> None:
        self._control = control
        self._players = providers_app
        self._home = home
        self._unready = unready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = local_path(scope)
        if scope["type"] != "http":
            await self._players(scope, receive, send)
        elif self._home and path == "/" and reads_html(scope):
            place = f"{scope.get('root_path', '')}{PAGE}/".encode()
            await send_reply(Response(307, b"", ((b"location", place),)), send, head=True)
        elif self._home and path in HEALTH_PATHS:
            response = health(path, scope["method"], unready=self._unready)
            await send_reply(response, send, head=scope["method"] == "HEAD")
        elif self._home and path == METRICS_PATH:
            await self._control(scope, receive, send)
        elif path.startswith(OWN_PATHS) and not path.startswith((MEDIA, UPLOADS)):
            await self._control(scope, receive, signed(send))
        else:
            await self._players(scope, receive, send)


async def figures(metrics: "Metrics | None") -> Response:
    """The response at `/metrics`; where nothing is counted, how to have it counted."""
    if metrics is None:
        return problem(404, "Not found", "Nothing is counted. Start the server with --metrics.")
    return await metrics.response()


def simulator_app(
    simulator: Simulator,
    providers_app: Front | ByPrefix,
    *,
    hosts: frozenset[str] | None,
    named: frozenset[str] = frozenset(),
    token: str | None = None,
    cors: Sequence[str] = (),
    background_tasks: Sequence[BackgroundTask] = (),
    metrics: "Metrics | None" = None,
) -> Starlette:
    """A Starlette application over a mock server: its own paths behind the guard, `players` for everything else.

    What runs `beside` the requests is cancelled when the application ends.

    Args:
        hosts: the allowed host names of the control API; None allows any.
        named: further names under which a browser may call the providers.
        cors: origins whose pages may call the providers.
        metrics: the figures at `/metrics`.
    """
    all_tasks = [*background_tasks, *((metrics.run,) if metrics else ())]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        simulator.scheduler.start()
        if simulator.shared is not None:
            await simulator.shared.join()
        tasks = [asyncio.ensure_future(one(simulator)) for one in all_tasks]
        try:
            yield
        finally:
            await _end_tasks(tasks)
            await simulator.close()

    guarded = Guard(Own(simulator, metrics), hosts=hosts, token=token)
    shielded = shield(providers_app, simulator, hosts=hosts if hosts is None else hosts | named, cors=cors)
    root = RootRoutes(
        cast(App, guarded),
        shielded,
        home=isinstance(providers_app, ByPrefix),
        unready=partial(_unready, simulator),
    )
    app = Starlette(routes=[Mount("/", root)], lifespan=lifespan)
    app.router.default = root  # a mount does not match a path with a newline
    app.state.simulator = simulator
    return app


def _unready(simulator: Simulator) -> str:
    """Why the server is not ready; empty where it is."""
    if simulator.scheduler.closing:
        return "stopping"
    return "" if simulator.recorder is None else simulator.recorder.trouble()


def shield(app: App, simulator: Simulator, *, hosts: frozenset[str] | None, cors: Sequence[str] = ()) -> ForeignPages:
    """Protects providers from foreign web pages.

    Args:
        hosts: the names under which a browser may call; None allows any.
        cors: origins whose pages are allowed.
    """

    def note(scope: Scope, why: str) -> None:
        request_line = f"{scope.get('method', 'WebSocket')} {shown_path(simulator.providers, local_path(scope))}"
        port = (scope.get("server") or ("", None))[1]
        simulator.events.note("rejected", provider=None, port=port, status=403, reason=f"{request_line}: {why}")

    own = {host for provider in simulator.providers.values() for host in provider.contract.hosts}
    return ForeignPages(app, hosts=hosts, own=own, allowed=cors, note=note)


def shown_path(providers: Mapping[str, Provider], path: str) -> str:
    """A path that no operation has, redacted for the log."""
    for provider in providers.values():
        path = provider.capture.redactor.path(path, provider.keyring.known, strange=True)
    return path[:LONGEST]


async def _end_tasks(tasks: Sequence["asyncio.Future[None]"]) -> None:
    """End what ran beside the requests; errors are logged."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            logging.getLogger("mockreel").error("what ran beside the requests broke", exc_info=outcome)
