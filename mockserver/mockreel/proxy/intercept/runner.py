"""Run a program with its own mock server, authority and proxy."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mockreel.proxy.intercept.host_routes import Routes, previous_proxies
from mockreel.proxy.intercept.program import Guarded, prepared
from mockreel.proxy.intercept.run_summary import Account, account_of, passed
from mockreel.proxy.intercept.signals import Signals, catching
from mockreel.proxy.intercept.traffic_record import TrafficRecord
from mockreel.server.app import BackgroundTask
from mockreel.server.mock_server import MockServer
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, hosted

# The polling interval for a mock server to finish, in real seconds.
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of a run.

    Args:
        options: the options of the mock server.
        allow_hosts: real hosts that the program may call.
        wait: the real seconds to wait after the program for jobs and callbacks to end.
        background_tasks: functions that run beside the server.
    """

    command: tuple[str, ...]
    options: Options = field(default_factory=Options)
    allow_hosts: tuple[str, ...] = ()
    wait: float = 0.0
    guard: Guarded = "auto"
    background_tasks: Sequence[BackgroundTask] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    """The program's exit code, its duration, and what it did."""

    code: int
    seconds: float
    account: Account
    traffic: TrafficRecord
    hosts: tuple[str, ...]
    guarded: bool

    def lines(self) -> list[str]:
        """The report of the run."""
        way = passed(self.traffic, [*self.hosts], requests=self.account.requests, guarded=self.guarded)
        return [*self.account.lines, *(self.account.cost_avoided.lines() if self.account.requests else ()), *way]


def run(
    plan: Plan,
    *,
    environment: Mapping[str, str],
    report: Callable[[str], None],
    ready: Callable[[Server], None] = lambda _server: None,
    ended: Callable[[MockServer], None] = lambda _mock_server: None,
) -> RunResult:
    """Run a program with its own mock server. Call this in the main thread, as it handles signals.

    Args:
        environment: the program's original environment.
        report: called with a message when a call is blocked; from any thread.
        ready: called before the program starts.
        ended: called when the program has ended and the server still runs.

    Raises:
        NotStarted: the program does not exist.
        MockreelError: the server, the authority or a required guard is not available.
    """
    server = Server(replace(plan.options, own_hosts=True), background_tasks=plan.background_tasks)
    with catching() as signals, hosted(server) as mock_server:
        routes = Routes(_ports(mock_server), plan.allow_hosts, previous_proxies(environment))
        hosts = tuple(sorted(routes.providers))
        ready(server)
        with prepared(plan.command, routes, environment, report=report, control=mock_server.control.url) as program:
            mock_server.simulator.targets.own_ports |= program.ports
            began = time.monotonic()
            code, guarded = program.execute(plan.guard, signals)
            seconds = time.monotonic() - began
            _wait(mock_server, plan.wait, signals)
            ended(mock_server)
            return RunResult(code, seconds, account_of(mock_server.simulator), program.traffic, hosts, guarded)


def _ports(server: MockServer) -> dict[str, int]:
    """The port of each provider, by host."""
    return {
        host.lower(): _port(server.addresses[name].url)
        for name, provider in server.simulator.providers.items()
        for host in provider.contract.hosts
    }


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _wait(server: MockServer, seconds: float, signals: Signals) -> None:
    """Wait until no event is pending, the time is over, or a signal arrives."""
    ends = time.monotonic() + seconds
    while signals.caught is None and time.monotonic() < ends and _has_pending_events(server):
        time.sleep(LOOK_SECONDS)


def _has_pending_events(server: MockServer) -> bool:
    simulator = server.simulator
    now = simulator.clock.now()
    # The scheduler knows both a job's end and its callback, which is scheduled a moment later.
    return bool(len(simulator.scheduler) or simulator.scheduler.in_flight) or any(
        any(delivery.status == "pending" for delivery in list(provider.deliveries))
        or any(not job.state(now).terminal and job.ends is not None for job in list(provider.jobs))
        for provider in simulator.providers.values()
    )
