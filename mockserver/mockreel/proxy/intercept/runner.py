"""A run: the mock server, the authority, the proxy and the program, one inside the other."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mockreel.proxy.intercept.host_routes import Routes, former
from mockreel.proxy.intercept.program import Guarded, prepared
from mockreel.proxy.intercept.run_summary import Account, account_of, passed
from mockreel.proxy.intercept.signals import Signals, catching
from mockreel.proxy.intercept.traffic_record import Passage
from mockreel.server.app import Beside
from mockreel.server.mock_server import MockServer
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, hosted

# How often a mock server that is waited for is looked at, in real seconds.
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run and how.

    Args:
        options: how the mock server is served.
        allow_hosts: hosts that the program may call besides, the real ones.
        wait: so many real seconds the mock server plays on after the program, until its jobs and callbacks have ended.
        beside: what runs beside the requests.
    """

    words: tuple[str, ...]
    options: Options = field(default_factory=Options)
    allow_hosts: tuple[str, ...] = ()
    wait: float = 0.0
    guard: Guarded = "auto"
    beside: Sequence[Beside] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """How it ended: the program's exit code, how long it took, and what it did."""

    code: int
    seconds: float
    account: Account
    passage: Passage
    hosts: tuple[str, ...]
    guarded: bool

    def lines(self) -> list[str]:
        """What is told of it."""
        way = passed(self.passage, [*self.hosts], requests=self.account.requests, guarded=self.guarded)
        return [*self.account.lines, *(self.account.cost_avoided.lines() if self.account.requests else ()), *way]


def run(
    plan: Plan,
    *,
    environment: Mapping[str, str],
    told: Callable[[str], None],
    ready: Callable[[Server], None] = lambda _server: None,
    ended: Callable[[MockServer], None] = lambda _mock_server: None,
) -> Ran:
    """Run a program against a mock server of its own. Call it in the main thread: it takes the signals meanwhile.

    Args:
        environment: what the program's environment would have been.
        told: called with a sentence as soon as something is refused; from any thread.
        ready: called before the program starts.
        ended: called when the program has ended, while the server still stands.

    Raises:
        NotStarted: there is no such program.
        MockreelError: the server or the authority could not be set up, or there is no guard where one is required.
    """
    server = Server(replace(plan.options, own_hosts=True), beside=plan.beside)
    with catching() as signals, hosted(server) as mock_server:
        routes = Routes(_ports(mock_server), plan.allow_hosts, former(environment))
        hosts = tuple(sorted(routes.providers))
        ready(server)
        with prepared(plan.words, routes, environment, told=told, control=mock_server.control.url) as program:
            mock_server.simulator.targets.own_ports |= program.ports
            began = time.monotonic()
            code, guarded = program.execute(plan.guard, signals)
            seconds = time.monotonic() - began
            _wait(mock_server, plan.wait, signals)
            ended(mock_server)
            return Ran(code, seconds, account_of(mock_server.simulator), program.passage, hosts, guarded)


def _ports(server: MockServer) -> dict[str, int]:
    """By host, the port of the provider that has it."""
    return {
        host.lower(): _port(server.addresses[name].url)
        for name, provider in server.simulator.providers.items()
        for host in provider.contract.hosts
    }


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _wait(server: MockServer, seconds: float, signals: Signals) -> None:
    """Let the mock server play on until nothing is left to happen, the time is over, or a signal comes."""
    ends = time.monotonic() + seconds
    while signals.caught is None and time.monotonic() < ends and _is_under_way(server):
        time.sleep(LOOK_SECONDS)


def _is_under_way(server: MockServer) -> bool:
    simulator = server.simulator
    now = simulator.clock.now()
    # A job may have ended by the clock a moment before its callback is scheduled: the scheduler knows of both.
    return bool(len(simulator.scheduler) or simulator.scheduler.in_flight) or any(
        any(delivery.status == "pending" for delivery in list(provider.deliveries))
        or any(not job.state(now).terminal and job.ends is not None for job in list(provider.jobs))
        for provider in simulator.providers.values()
    )
