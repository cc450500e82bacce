"""A server for a whole test run: its addresses stay the same, and every test has its own simulator behind them."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, MutableMapping
from concurrent.futures import Future
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import Any, TypeVar, cast

import uvicorn

from mockreel.contract import Contract
from mockreel.engine.clock import Clock
from mockreel.server.http.asgi import ByPort, Front
from mockreel.server.http.connection.connection_limits import KEEP_ALIVE_SECONDS
from mockreel.server.http.connection.rejection import Rejection
from mockreel.server.http.protocol import WireProtocol
from mockreel.server.http.sockets import close, listen, url_of
from mockreel.server.http.uvicorn_server import Loop, in_thread
from mockreel.server.mock_server import Address, MockServer
from mockreel.server.server_options import Options
from mockreel.server.socket_server import addressed, application, built, end_stored_run, local_run, report_rejection
from mockreel.simulator.simulator import Simulator

T = TypeVar("T")


@dataclass(frozen=True)
class ServerAddresses:
    """The addresses of a test run's server: `mockreel_server.runflow.url`, `.runflow.key`, `.control.url`."""

    addresses: Mapping[str, Address]

    def __getattr__(self, name: str) -> Address:
        addresses: Mapping[str, Address] = self.__dict__["addresses"]
        if name not in addresses:
            raise AttributeError(f"this server has no {name!r}; it has {', '.join(addresses)}")
        return addresses[name]


class SharedServer:
    """A server with fixed sockets and one simulator at a time.

    Args:
        names: the providers; each has its own port.
        port: the control port, followed by the providers' ports; 0 uses free ones.
        default: returns the options and contracts of the simulator that answers between tests.
    """

    def __init__(
        self, names: tuple[str, ...], *, port: int = 0, default: Callable[[], tuple[Options, Mapping[str, Contract]]]
    ) -> None:
        self.sockets = listen("127.0.0.1", port, names)
        self._default = default
        self._app: ByPort | None = None
        self._responders: dict[int, Front] = {}  # of the simulator behind them
        self._simulator: Simulator | None = None
        self._leaving: asyncio.Future[None] | None = None
        self._server = Loop(
            uvicorn.Config(
                self,
                http=cast(Any, partial(WireProtocol, on_rejection=self._report_rejection, responders=self._responders)),
                ws="websockets-sansio",  # for providers with WebSockets
                loop="auto",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=3,
            )
        )

    def _report_rejection(self, port: int | None, rejection: Rejection) -> None:
        if self._simulator is not None:
            report_rejection(self._simulator, self.sockets, port, rejection)

    def addresses(self, keys: Mapping[str, str]) -> Mapping[str, Address]:
        """The addresses, with these keys of the providers."""
        return {name: Address(url_of(some), keys.get(name, "")) for name, some in self.sockets.items()}

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]
    ) -> None:
        """Answer a request with the simulator of the current test."""
        if self._app is None:
            options, contracts = self._default()
            simulator, entries = built(options, contracts, secrets={})
            server = addressed(simulator, entries, self.sockets, options)
            await self._begin(simulator, application(server, options, self.sockets), options)
        assert self._app is not None
        await self._app(scope, receive, send)

    @contextlib.contextmanager
    def simulating(
        self, options: Options, contracts: Mapping[str, Contract], prepare: Callable[[Simulator], None]
    ) -> Iterator[MockServer]:
        """Serve a simulator until the block ends.

        Args:
            prepare: changes it before the first request.

        Raises:
            OptionError: an option has an unknown value.
        """
        clock = Clock(speed=options.speed, held=options.held, start=options.start)
        run = local_run(options, contracts, {}, clock)
        head = None if run is None else run.head
        simulator, entries = built(options, contracts, secrets={}, clock=clock, head=head)
        if run is not None:
            run.resume(simulator)
        prepare(simulator)
        server = addressed(simulator, entries, self.sockets, options)
        app = application(server, options, self.sockets)
        simulator.scheduler.belong_to(self._server.loop)
        self._server.submit(self._begin(simulator, app, options)).result()  # else the first request could meet none
        try:
            yield server
        finally:
            if run is not None:
                run.end_recording()
            self._server.submit(self._end()).result()
            if run is not None:
                end_stored_run(run, server, options)

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Run a coroutine on the server's event loop, from another thread."""
        return self._server.submit(work)

    async def _begin(self, simulator: Simulator, app: ByPort, options: Options) -> None:
        """Serve a simulator, in place of the default one if that was in use."""
        if self._simulator is not None:
            self._leaving = asyncio.ensure_future(_close(self._simulator))
        self._simulator, self._app = simulator, app
        self._responders.clear()
        self._responders.update(app.responders)
        self._server.config.date_header = not options.held
        date = [] if options.held else [(b"date", formatdate(time.time(), usegmt=True).encode())]
        self._server.server_state.default_headers = date
        simulator.scheduler.start()

    async def _end(self) -> None:
        """Remove the simulator."""
        simulator, self._simulator, self._app = self._simulator, None, None
        self._responders.clear()
        if simulator is not None:
            await _close(simulator)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread until the block ends."""
        with in_thread(self, what="The server of the tests"):
            yield

    def run(self, *, ready: Callable[[], None] | None = None) -> None:
        """Serve until `stop` is called; `ready` is called once all ports answer."""
        self._server.ready = ready
        try:
            self._server.run(sockets=[one for some in self.sockets.values() for one in some])
        finally:
            close(self.sockets)

    def stop(self) -> None:
        """Stop serving, from any thread."""
        if self._simulator is not None:
            self._simulator.scheduler.closing = True
            self._server.submit(self._end()).result()
        self._server.end()


async def _close(simulator: Simulator) -> None:
    """Close a simulator; requests that wait for a job are answered that it has not ended."""
    simulator.scheduler.closing = True
    if any(provider.waits for provider in simulator.providers.values()):
        simulator.reset()
    await simulator.close()
