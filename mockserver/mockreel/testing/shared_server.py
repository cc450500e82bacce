"""A server for a whole test run: its addresses stay, and every test has a simulator of its own behind them."""

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
from mockreel.server.http.asgi import ByPort
from mockreel.server.http.limits import KEEP_ALIVE_SECONDS
from mockreel.server.http.protocol import WireProtocol
from mockreel.server.http.rejection import Rejection
from mockreel.server.http.sockets import close, listen, url_of
from mockreel.server.http.uvicorn_server import Loop, in_thread
from mockreel.server.mock_server import Address, MockServer
from mockreel.server.options import Options
from mockreel.server.socket_server import addressed, application, built, kept_run, left, report_rejection
from mockreel.simulator.simulator import Simulator

T = TypeVar("T")


@dataclass(frozen=True)
class ServerAddresses:
    """Where the server of a test run is: `mockreel_server.runflow.url`, `.runflow.key`, `.control.url`."""

    addresses: Mapping[str, Address]

    def __getattr__(self, name: str) -> Address:
        addresses: Mapping[str, Address] = self.__dict__["addresses"]
        if name not in addresses:
            raise AttributeError(f"no {name!r} on this server; there are {', '.join(addresses)}")
        return addresses[name]


class SharedServer:
    """Sockets that stay, and a simulator behind them at a time.

    Args:
        names: of the providers, each with a port of its own.
        port: control's port, the providers take the following ones; 0 takes free ones.
        default: gives the options and contracts of what answers while no test has a simulator here.
    """

    def __init__(
        self, names: tuple[str, ...], *, port: int = 0, default: Callable[[], tuple[Options, Mapping[str, Contract]]]
    ) -> None:
        self.sockets = listen("127.0.0.1", port, names)
        self._default = default
        self._app: ByPort | None = None
        self._simulator: Simulator | None = None
        self._leaving: asyncio.Future[None] | None = None
        self._server = Loop(
            uvicorn.Config(
                self,
                http=cast(Any, partial(WireProtocol, told=self._report_rejection)),
                ws="websockets-sansio",  # a provider may speak it
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
        """Where everything is, with these keys of the providers."""
        return {name: Address(url_of(some), keys.get(name, "")) for name, some in self.sockets.items()}

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]
    ) -> None:
        """Answer a request, in the simulator of the test that runs."""
        if self._app is None:
            options, contracts = self._default()
            simulator, entries = built(options, contracts, secrets={})
            server = addressed(simulator, entries, self.sockets, options)
            self._begin(simulator, application(server, options, self.sockets), options)
        assert self._app is not None
        await self._app(scope, receive, send)

    @contextlib.contextmanager
    def simulating(
        self, options: Options, contracts: Mapping[str, Contract], prepare: Callable[[Simulator], None]
    ) -> Iterator[MockServer]:
        """A simulator behind the sockets until the block ends.

        Args:
            prepare: changes it before anything is asked of it.

        Raises:
            OptionError: something that the options ask for does not exist.
        """
        clock = Clock(speed=options.speed, held=options.held, start=options.start)
        run = kept_run(options, contracts, {}, clock)
        salt = None if run is None else run.head.salt
        simulator, entries = built(options, contracts, secrets={}, clock=clock, salt=salt)
        if run is not None:
            run.take_up(simulator)
        prepare(simulator)
        server = addressed(simulator, entries, self.sockets, options)
        app = application(server, options, self.sockets)
        simulator.scheduler.belong_to(self._server.loop)
        self._server.soon(self._begin, simulator, app, options)
        try:
            yield server
        finally:
            if run is not None:
                run.end_recording()
            self._server.submit(self._end()).result()
            if run is not None:
                left(run, server, options)

    def submit(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Do something on the server's loop, from another thread."""
        return self._server.submit(work)

    def _begin(self, simulator: Simulator, app: ByPort, options: Options) -> None:
        """Put a simulator behind the sockets, in place of the default one if that was asked for something."""
        if self._simulator is not None:
            self._leaving = asyncio.ensure_future(_close(self._simulator))
        self._simulator, self._app = simulator, app
        self._server.config.date_header = not options.held
        date = [] if options.held else [(b"date", formatdate(time.time(), usegmt=True).encode())]
        self._server.server_state.default_headers = date
        simulator.scheduler.start()

    async def _end(self) -> None:
        """Take away what answers."""
        simulator, self._simulator, self._app = self._simulator, None, None
        if simulator is not None:
            await _close(simulator)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve in a thread of its own until the block ends."""
        with in_thread(self, what="The server of the tests"):
            yield

    def run(self, *, ready: Callable[[], None] | None = None) -> None:
        """Serve until `stop` is called; `ready` is called once everything answers."""
        self._server.ready = ready
        try:
            self._server.run(sockets=[one for some in self.sockets.values() for one in some])
        finally:
            close(self.sockets)

    def stop(self) -> None:
        """End serving; from any thread."""
        if self._simulator is not None:
            self._simulator.scheduler.closing = True
            self._server.submit(self._end()).result()
        self._server.end()


async def _close(simulator: Simulator) -> None:
    """End what is under way; who waits for a job is told that it has not ended."""
    simulator.scheduler.closing = True
    if any(provider.waits for provider in simulator.providers.values()):
        simulator.reset()
    await simulator.close()
