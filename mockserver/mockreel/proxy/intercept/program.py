"""A program with intercepted calls to the providers' hosts: its environment, its guard and its start."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from mockreel.errors import MockreelError
from mockreel.proxy.intercept.certificate_authority import authority
from mockreel.proxy.intercept.child_process import execute, execute_guarded
from mockreel.proxy.intercept.environment import environment_of
from mockreel.proxy.intercept.guard import Directory, Resolver, Supervisor, Unavailable, supervising
from mockreel.proxy.intercept.host_routes import Routes
from mockreel.proxy.intercept.intercept_proxy import Proxy, proxying
from mockreel.proxy.intercept.signals import Signals
from mockreel.proxy.intercept.traffic_record import TrafficRecord

# `auto` uses the guard if there is one, else warns; `require` starts nothing without it.
Guarded = Literal["auto", "require", "off"]


@dataclass(frozen=True, slots=True)
class Program:
    """A program before its start; `environment` returns its environment with or without the guard."""

    command: Sequence[str]
    proxy: Proxy
    routes: Routes
    directory: Directory
    environment: Callable[[bool], Mapping[str, str]]

    @property
    def traffic(self) -> TrafficRecord:
        """The calls so far."""
        return self.proxy.traffic

    @property
    def ports(self) -> frozenset[int]:
        """The local ports of its proxy and name server."""
        tls_ports = (port for _, port in self.proxy.tls_ports.values())
        return frozenset({int(self.proxy.url.rpartition(":")[2]), self.proxy.names, *tls_ports})

    def execute(self, guard: Guarded, signals: Signals) -> tuple[int, bool]:
        """Run the program, behind the guard if possible; returns its exit code and whether it was guarded.

        Raises:
            NotStarted: the program does not exist.
            MockreelError: the guard is required but not available.
        """
        if guard != "off":
            try:
                return execute_guarded(
                    self.command, self.environment(True), signals=signals, over=self._supervised
                ), True
            except Unavailable as why:
                self._without(guard, str(why.strerror))
        return execute(self.command, self.environment(False), signals=signals), False

    @contextmanager
    def _supervised(self, listener: int) -> Iterator[None]:
        supervisor = Supervisor(
            self.routes,
            self.directory,
            tls_ports=self.proxy.tls_ports,
            names=self.proxy.names,
            refuse=self.traffic.refuse,
            report=self.traffic.report,
        )
        with supervising(listener, supervisor):
            yield

    def _without(self, guard: Guarded, why: str) -> None:
        if guard == "require":
            raise MockreelError(f"There is no guard here: {why}. The program was not run: --guard require.")
        self.traffic.report(
            f"There is no guard here: {why}. Programs in Python or Node, or that read HTTPS_PROXY, are intercepted; "
            "any other could call the real hosts. Run it without a real key, or with --guard require."
        )


@contextmanager
def prepared(
    command: Sequence[str],
    routes: Routes,
    environment: Mapping[str, str],
    *,
    report: Callable[[str], None],
    control: str | None = None,
) -> Iterator[Program]:
    """The authority, the proxy and the name server of a program until the block ends.

    Args:
        environment: the program's original environment.
        report: called with a message when a call is blocked; from any thread.
        control: the URL of the control API, if there is one.

    Raises:
        MockreelError: the authority could not be created.
    """
    traffic, directory = TrafficRecord(report), Directory(routes.providers)
    names = Resolver(directory, routes, lambda name: traffic.refuse(name, routes.blocked(name)))
    with (
        authority(routes.providers, environment) as trusted,
        proxying(routes, trusted.context, traffic=traffic, names=names) as proxy,
    ):

        def ours(guarded: bool) -> Mapping[str, str]:
            return environment_of(
                environment,
                proxy=proxy.url,
                authority=trusted,
                tls_ports=proxy.tls_ports,
                allowed=routes.allowed,
                control=control,
                guarded=guarded,
            )

        yield Program(command, proxy, routes, directory, ours)
