"""Simulators that keep their run, in process: some traffic, every kind of log, and what must be equal afterwards."""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from mockreel.contract import Contract, load_contract
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.clock import Clock
from mockreel.errors import Conflict
from mockreel.simulator.jobs import interventions
from mockreel.simulator.rule_parser import set_faults
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.simulator.snapshots import take
from mockreel.simulator.storage.local_run import LocalRun
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_bundle import Bundle
from mockreel.simulator.storage.logs.run_log import MemoryLog, RunLog
from mockreel.simulator.storage.logs.sqlite_log import SqliteLog
from mockreel.webhooks import Outcome, Outgoing

START = 1_767_225_600.0
KEYS = ("rf_live_0001-storage-tests", "another-key-of-nobody")
HOOK = "http://127.0.0.1:9/hook"
RUN = "/v1/models/google/veo3.1/lite/runs"
KINDS = ("memory", "sqlite", "sqlite-sync", "bundle")


@cache
def contracts() -> Mapping[str, Contract]:
    return load_contracts()


def load(name: str, readings: Mapping[str, str]) -> Contract:
    return load_contract(name, readings=readings)


class Receiver:
    """Answers webhooks: every third one is rejected."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.silent = False  # nothing comes of an attempt until the event loop ends

    async def send(self, message: Outgoing) -> Outcome:
        self.sent.append(message)
        if self.silent:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return Outcome(503 if len(self.sent) % 3 == 0 else 200)

    async def close(self) -> None:
        """Nothing is open."""


class Wall:
    """The real time, as a test wants it."""

    def __init__(self) -> None:
        self.now = 5_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Kept:
    """A simulator that keeps its run."""

    simulator: Simulator
    run: LocalRun
    receiver: Receiver
    wall: Wall

    def ask(self, provider: str, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """One request, answered in an event loop where it must be."""
        found = self.simulator.provider(provider).answer(request(method, path, body, **headers))
        if isinstance(found, Response):
            return found

        async def wait() -> Response:
            return await found

        return asyncio.run(wait())

    def submit(self, *, hook: str | None = HOOK, **headers: str) -> str:
        """Begin a run; gives its id."""
        body = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
        response = self.ask("runflow", "POST", RUN, body if hook is None else {**body, "callback_url": hook}, **headers)
        assert response.status == 201, response.body
        return str(orjson.loads(response.body)["id"])

    def settle(self) -> None:
        """Wait until what was done by hand is in the log."""
        assert self.run.recorder is not None
        asyncio.run(self.run.recorder.settled())

    def advance(self, seconds: float) -> None:
        """Move the clock; the scheduler ends with the event loop."""

        async def move() -> None:
            await self.simulator.advance(seconds)
            await self.simulator.scheduler.stop()

        asyncio.run(move())


def request(method: str, path: str, body: Any = None, *, key: str = KEYS[0], **headers: str) -> Request:
    """A request with a key."""
    target, _, query = path.partition("?")
    raw = b"" if body is None else orjson.dumps(body)
    sent = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    pairs = [(name.encode(), value.encode()) for name, value in sent.items()]
    return Request(method, target, pairs, query.encode(), raw, "http://provider.test")


def opened(kind: str, folder: Path) -> RunLog:
    """A log of a kind; one that is in the folder already is opened again."""
    if kind == "memory":
        return MemoryLog()
    if kind == "bundle":
        return Bundle(folder / "bundle", new=True)
    return SqliteLog(folder / "run.db", sync=kind == "sqlite-sync")


@contextmanager
def kept(
    log: RunLog,
    *,
    speed: float = 1.0,
    held: bool = True,
    wall: Wall | None = None,
    checkpoints: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    responses: bool = False,
) -> Iterator[Kept]:
    """A simulator on the run in a log: a new one, or a resumed one."""
    receiver, wall = Receiver(), wall or Wall()
    clock = Clock(start=START, speed=speed, held=held)
    try:
        run = LocalRun(
            log,
            settings=settings or {},
            contracts=dict.fromkeys(contracts(), "1"),
            clock=clock,
            load=load,
            checkpoints=checkpoints,
            wall=wall,
            responses=responses,
        )
        simulator = fresh(clock, run.head.salt, receiver)
        run.resume(simulator)
        yield Kept(simulator, run, receiver, wall)
    finally:
        log.close()


def fresh(clock: Clock, salt: bytes, receiver: Receiver | None = None) -> Simulator:
    """A simulator of all providers that accepts any key."""
    return build_simulator(contracts(), clock=clock, accept_any_key=True, salt=salt, sender=receiver or Receiver())


def state(simulator: Simulator) -> Any:
    """The whole state, without the seal."""
    return {name: value for name, value in take(simulator).items() if name != "seal"}


def traffic(one: Kept, *, seed: int, steps: int = 60) -> None:
    """Requests, work by hand and passing time, drawn from a seed."""
    draws = random.Random(seed)
    jobs: list[tuple[str, str]] = []
    doings: list[Callable[[], None]] = [
        lambda: _submit(one, draws, jobs),
        lambda: _submit(one, draws, jobs),
        lambda: _read(one, draws, jobs),
        lambda: one.advance(draws.uniform(0, 3)),
        lambda: _by_hand(one, draws, jobs),
        lambda: _elsewhere(one, draws),
    ]
    for _ in range(steps):
        draws.choice(doings)()
    one.settle()


def _submit(one: Kept, draws: random.Random, jobs: list[tuple[str, str]]) -> None:
    key = draws.choice(KEYS)
    headers = {"prefer": draws.choice(["", "scenario=fail", "scenario=slow"])}
    kind = draws.randrange(3)
    if kind == 0:
        headers["idempotency-key"] = str(draws.randrange(5))
        body: Any = {"input": {"prompt": f"a boat {draws.randrange(3)}", "duration": "6s", "resolution": "720p"}}
        body |= draws.choice([{}, {"callback_url": HOOK}, {"callback_url": HOOK, "client_ref": "mine"}])
        response, name = one.ask("runflow", "POST", RUN, body, key=key, **headers), "id"
    elif kind == 1:
        body = {"model": "google/veo-3.1-t2v-fast", "prompt": "a boat"}
        response, name = one.ask("aimlapi", "POST", "/v2/video/generations", body, key=key, **headers), "id"
    else:
        path, body = "/task/openapi/create", {"apiKey": key, "workflowId": "1904136902449209346", "webhookUrl": HOOK}
        response, name = one.ask("runninghub", "POST", path, body, key=key, **headers), "taskId"
    output = orjson.loads(response.body)
    found = output.get(name) or (output.get("data") or {}).get(name)
    if found:
        jobs.append((("runflow", "aimlapi", "runninghub")[kind], str(found)))


def _read(one: Kept, draws: random.Random, jobs: list[tuple[str, str]]) -> None:
    """Reads, some of which are rejected; each changes a number in the next error."""
    id_ = draws.choice([name for _, name in jobs] or ["none"])
    one.ask("runflow", "GET", f"/v1/runs/{id_}", key=draws.choice(KEYS))
    one.ask("aimlapi", "GET", f"/v2/video/generations?generation_id={id_}", key=draws.choice(KEYS))


def _by_hand(one: Kept, draws: random.Random, jobs: list[tuple[str, str]]) -> None:
    if not jobs:
        return
    name, id_ = draws.choice(jobs)
    provider = one.simulator.provider(name)
    job = provider.jobs.get(id_)
    assert job is not None
    with suppress(Conflict):
        draws.choice([interventions.complete, interventions.fail, interventions.cancel])(provider, job)
    deliveries = provider.deliveries.of(id_)
    if deliveries:
        with suppress(Conflict):
            provider.redeliver(deliveries[0])


def _elsewhere(one: Kept, draws: random.Random) -> None:
    """What is set for all: a balance, rules, readings, the clock."""
    provider = one.simulator.provider("runflow")
    which = draws.randrange(4)
    if which == 0 and provider.keyring.accounts:
        provider.set_balance(next(iter(provider.keyring.accounts.values())), draws.choice([None, Decimal(100)]))
    elif which == 1:
        set_faults(one.simulator.rules, one.simulator.providers, ["throttled; operation=get_run; nth=2"])
    elif which == 2:
        option = draws.choice(["decimal", "cents"])
        chosen = {**provider.contract.chosen, "balance-shape": option}
        one.simulator.switch_contracts({"runflow": load("runflow", chosen)})
    else:
        one.simulator.rules.clear()


def log_entry(number: int) -> Entry:
    """The least that a log takes."""
    return Entry("clock", float(number), {"held": True, "speed": 1.0, "wall": 0.0})


def killed_log(folder: Path, *, entries: int = 30, moved: int = 0) -> dict[str, bytes]:
    """The files of a log whose server was killed; so many entries were moved into the database itself before."""
    log = SqliteLog(folder / "run.db")
    log.begin({"form": 1})
    log.append([log_entry(number) for number in range(moved)])
    if moved:
        log.move_wal()
    for number in range(moved, entries):
        log.append([log_entry(number)])
    whole = {file.name: file.read_bytes() for file in folder.iterdir()}
    log.close()
    for file in folder.iterdir():
        file.unlink()
    return whole
