"""A run: the stage, the authority, the proxy and the program, one inside the other."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockreel.engine.billing import Budget
from mockreel.proxy.intercept.certificate_authority import authority
from mockreel.proxy.intercept.child_process import execute
from mockreel.proxy.intercept.environment import environment_of
from mockreel.proxy.intercept.host_routes import Routes, former
from mockreel.proxy.intercept.intercept_proxy import Passage, proxying
from mockreel.proxy.intercept.run_summary import Account, account_of, passed
from mockreel.server.mock_server import RunningStage
from mockreel.server.socket_server import serving
from mockreel.simulator.provider import Settings

# How often a stage that is waited for is looked at, in real seconds.
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run and how; the fields of the stage are those of `mockreel serve`.

    `wait` is how many real seconds the stage plays on after the program, until its jobs and callbacks have ended.
    """

    words: tuple[str, ...]
    providers: tuple[str, ...] = ()
    readings: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    speed: float = 1.0
    data: Path | None = None
    faults: tuple[Any, ...] = ()
    callback_map: Mapping[str, str] = field(default_factory=dict)
    allow_callbacks: frozenset[str] = frozenset()
    allow_hosts: tuple[str, ...] = ()
    wait: float = 0.0
    budget: Budget | None = None
    assume_price: Budget | None = None
    models: tuple[Any, ...] = ()
    unknown_models: str = "refuse"
    result: Any = None


@dataclass(frozen=True, slots=True)
class Ran:
    """How it ended: the program's exit code, how long it took, and what it did."""

    code: int
    seconds: float
    account: Account
    passage: Passage
    hosts: tuple[str, ...]

    def lines(self) -> list[str]:
        """What is told of it."""
        way = passed(self.passage, [*self.hosts], requests=self.account.requests)
        return [*self.account.lines, *(self.account.unspent.lines() if self.account.requests else ()), *way]


def run(
    plan: Plan,
    *,
    environment: Mapping[str, str],
    told: Callable[[str], None],
    ended: Callable[[RunningStage], None] = lambda _stage: None,
) -> Ran:
    """Run a program against a stage of its own.

    Args:
        environment: what the program's environment would have been.
        told: called with a sentence as soon as something is refused.
        ended: called when the program has ended, while its stage still stands.

    Raises:
        NotStarted: there is no such program.
        MockreelError: the stage or the authority could not be set up.
    """
    with serving(
        *plan.providers,
        readings=plan.readings,
        settings=plan.settings,
        speed=plan.speed,
        data=plan.data,
        faults=plan.faults,
        callback_map=plan.callback_map,
        allow_callbacks=plan.allow_callbacks,
        budget=plan.budget,
        assume_price=plan.assume_price,
        models=plan.models,
        unknown_models=plan.unknown_models,
        result=plan.result,
    ) as stage:
        routes = Routes(_ports(stage), plan.allow_hosts, former(environment))
        hosts = tuple(sorted(routes.providers))
        with authority(hosts, environment) as trusted, proxying(routes, trusted.context, told=told) as proxy:
            stage.inner.targets.own_ports |= {_port(proxy.url), *proxy.doors.values()}
            ours = environment_of(
                environment,
                proxy=proxy.url,
                authority=trusted,
                doors=proxy.doors,
                allowed=plan.allow_hosts,
                control=stage.control.url,
            )
            began = time.monotonic()
            code = execute(plan.words, ours)
            seconds = time.monotonic() - began
            _wait(stage, plan.wait)
            ended(stage)
            return Ran(code, seconds, account_of(stage.inner), proxy.passage, hosts)


def _ports(stage: RunningStage) -> dict[str, int]:
    """By host, the port of the provider that has it."""
    return {
        host.lower(): _port(stage.addresses[name].url)
        for name, part in stage.inner.parts.items()
        for host in part.contract.hosts
    }


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _wait(stage: RunningStage, seconds: float) -> None:
    """Let the stage play on until nothing is left to happen, or the time is over."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and _is_under_way(stage):
        time.sleep(LOOK_SECONDS)


def _is_under_way(stage: RunningStage) -> bool:
    inner = stage.inner
    now = inner.clock.now()
    # A job may have ended by the clock a moment before its callback is scheduled: the agenda knows of both.
    return bool(len(inner.agenda) or inner.agenda.in_flight) or any(
        any(delivery.status == "pending" for delivery in list(part.deliveries))
        or any(not job.state(now).terminal and job.ends is not None for job in list(part.jobs))
        for part in inner.parts.values()
    )
