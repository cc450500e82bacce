"""The proxy's server: one local port without TLS for each provider."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import uvicorn

from mockreel import __version__
from mockreel.contract import Contract
from mockreel.contract.messages.message import problem
from mockreel.errors import OptionError
from mockreel.proxy.contract_watch import Watch
from mockreel.proxy.forwarder import Forwarder
from mockreel.proxy.proxy_report import PrintLine, Recorder, Report
from mockreel.proxy.spending_limit import SpendingLimit
from mockreel.proxy.upstream import Upstream, new_client, trust, upstream_of
from mockreel.server.http.asgi import Receive, Scope, Send, send_reply
from mockreel.server.http.connection.bounded_protocol import Bounded
from mockreel.server.http.connection.connection_limits import KEEP_ALIVE_SECONDS
from mockreel.server.http.sockets import bind, close, port_of, url_of
from mockreel.server.http.uvicorn_server import Loop
from mockreel.simulator.client_rules import RULES, select
from mockreel.simulator.settings import Settings
from mockreel.simulator.simulator import load_contracts

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of a proxy, as in `mockreel proxy --help`.

    `upstreams` are URLs by provider; `connects` are addresses (`host:port`) by host; `rules` and `allow` are ids of
    client rules.
    """

    providers: tuple[str, ...] = ()
    port: int = 0
    readings: Mapping[str, str] | None = None
    data: Path | None = None
    upstreams: Mapping[str, str] = field(default_factory=dict)
    connects: Mapping[str, str] = field(default_factory=dict)
    ca: Path | None = None
    limit: Decimal | None = None
    assumed: Decimal | None = None
    as_json: bool = False
    rules: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    most_body: int = Settings().max_body


class Proxy:
    """A proxy with its sockets. `Proxy(plan, say=…)` binds them, `run()` serves; both raise on errors.

    Args:
        say: writes one line.
        recorder: records the exchanges.
    """

    def __init__(self, plan: Plan, *, print_line: PrintLine, recorder: Recorder | None = None) -> None:
        contracts = load_contracts(plan.providers or None, readings=plan.readings, data=plan.data)
        upstreams = _upstreams(contracts, plan)
        selection = select(RULES, named=plan.rules, allow=plan.allow)
        self._trust = trust(plan.ca)
        self.spending_limit = SpendingLimit(plan.limit, plan.assumed)
        self.report = Report(print_line, self.spending_limit, plan.as_json, recorder)
        forwarders = {
            name: Forwarder(
                contract,
                upstreams[name],
                watch=Watch(contract, selection),
                spending_limit=self.spending_limit,
                observer=self.report,
                most_body=plan.most_body,
            )
            for name, contract in contracts.items()
        }
        # Last, so that no error leaves ports open.
        self.sockets = bind(HOST, plan.port, contracts)
        self.urls = {name: url_of(one) for name, one in self.sockets.items()}
        self.hosts = {host.lower(): name for name, contract in contracts.items() for host in contract.hosts}
        self._upstreams = upstreams
        self._titles = {name: contract.title for name, contract in contracts.items()}
        ports = {port_of(self.sockets[name]): one for name, one in forwarders.items()}
        self._loop = Loop(_config(_PortRouter(ports, self._trust)))

    def run(self, *, ready: Callable[[], None] | None = None) -> None:
        """Forward until `stop` is called, then report the summary; `ready` is called once all ports answer."""

        def started() -> None:
            self.report.began(self._lines(), {"providers": self.urls})
            if ready is not None:
                ready()

        self._loop.ready = started
        try:
            self._loop.run(sockets=[one for some in self.sockets.values() for one in some])
        finally:
            close(self.sockets)
        self.report.report_summary()

    def stop(self) -> None:
        """Stop forwarding, from any thread or a signal handler; running requests get some seconds to finish."""
        self._loop.end()

    def ready(self, pid: int) -> Mapping[str, Any]:
        """The content of the ready file."""
        providers = {name: {"url": url, "upstream": self._upstreams[name].url} for name, url in self.urls.items()}
        return {"pid": pid, "version": __version__, **providers}

    def _lines(self) -> list[str]:
        width = max(map(len, self._titles.values()))
        providers = [
            f"{self._titles[name]:<{width}} {url} -> {self._upstreams[name].url}" for name, url in self.urls.items()
        ]
        return ["The proxy is on. What passes here reaches the real providers, and is billed.", *providers]


class _PortRouter:
    """The forwarders by port, with one HTTP client for all."""

    def __init__(self, forwarders: Mapping[int, Forwarder], context: ssl.SSLContext) -> None:
        self._forwarders = forwarders
        self._trust = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            forwarder = self._forwarders.get(scope["server"][1])
            if forwarder is None:
                await send_reply(problem(404, "Not found", "No provider is at this port."), send, head=False)
            else:
                await forwarder(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Open the client in the event loop that serves."""
        await receive()
        async with new_client(self._trust) as client:
            for forwarder in self._forwarders.values():
                forwarder.client = client
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _upstreams(contracts: Mapping[str, Contract], plan: Plan) -> dict[str, Upstream]:
    for name in plan.upstreams:
        if name not in contracts:
            raise OptionError("--upstream", name, contracts, then="Name a provider that the proxy serves: NAME=URL.")
    return {
        name: upstream_of(contract, plan.upstreams.get(name), plan.connects) for name, contract in contracts.items()
    }


def _config(app: _PortRouter) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Bounded,
        ws="none",
        loop="auto",
        lifespan="on",
        log_config=None,
        log_level="critical",  # the report has interrupted responses; they are no errors of the application
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=3,
    )
