"""Whatever is asked, one step of the event loop does no more work with four times as many jobs."""

import asyncio
import sys
from asyncio.events import Handle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from support.caller import START
from support.every_route import HEADERS, asks

from mockreel.contract.conversation.demo_jobs import filled, read_script
from mockreel.contract.messages.message import Request, Response
from mockreel.engine.billing import balance, ledger
from mockreel.engine.clock import Clock
from mockreel.engine.journal import journal_query
from mockreel.server import cooperative_loop
from mockreel.server.admin.control_document import document
from mockreel.server.admin.control_routes import ROWS
from mockreel.server.admin.state import snapshot_file, snapshot_process
from mockreel.server.dashboard import page_window
from mockreel.server.dashboard.export import request_origins
from mockreel.simulator import cooperative_work
from mockreel.simulator.events import EventStream, event_stream
from mockreel.simulator.simulator import Simulator, build_simulator, load_contracts
from mockreel.webhooks import Deliveries, MemorySender

FEW, MANY = 105, 155
# No list and no page shows more rows; a list without a limit has 100.
LONGEST_LIST = 20
# Of each further job a step may do less than one call of a function.
MOST_FOR_EACH = 0.7


class Counted:
    """The most calls of functions in one step of the event loops of this thread, while the block runs."""

    def __init__(self) -> None:
        self.most = 0

    def __enter__(self) -> "Counted":
        self._patch = patch.object(Handle, "_run", self._counted(Handle._run))
        self._patch.start()
        return self

    def _counted(self, run: Callable[[Handle], None]) -> Callable[[Handle], None]:
        def counted(handle: Handle) -> None:
            calls = 0

            def profile(_: Any, event: str, __: Any) -> None:
                nonlocal calls
                calls += event in ("call", "c_call")

            sys.setprofile(profile)
            try:
                run(handle)
            finally:
                sys.setprofile(None)
            self.most = max(self.most, calls)

        return counted

    def __exit__(self, *_: object) -> None:
        self._patch.stop()


def _busy(name: str, jobs: int) -> Simulator:
    """A simulator with so many jobs that have ended, each with an exchange and with webhooks where it has any."""
    simulator = build_simulator(
        load_contracts([name]), clock=Clock(held=True, start=START), accept_any_key=True, sender=MemorySender()
    )
    act = next(act for act in read_script(name).acts if act.poll is not None)
    body = orjson.dumps(filled(act.submit.body, {"callback": "http://127.0.0.1:9/hook"}))
    for _ in range(jobs):
        answer = simulator.provider(name).answer(
            Request(act.submit.method, act.submit.path, HEADERS, b"", body, "http://bench")
        )
        assert isinstance(answer, Response)
        assert answer.status < 300, answer.body
    asyncio.run(_advanced(simulator))
    return simulator


async def _advanced(simulator: Simulator) -> None:
    await simulator.advance(3600)


def _most_work(name: str, jobs: int, *, all_routes: bool) -> dict[str, int]:
    """The most calls in a step of each request: of all, or only of the provider's own."""
    simulator = _busy(name, jobs)
    found: dict[str, int] = {}

    async def ask_all() -> None:
        # One thread, which is there: how many are begun is a matter of time.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        await asyncio.to_thread(int)
        for ask in asks(simulator, most=LONGEST_LIST):
            if not all_routes and not ask.title.startswith(name):
                continue
            with Counted() as counted:
                await asyncio.ensure_future(ask.send())
            title = ask.title.partition("?")[0] if "=" in ask.title else ask.title  # ids differ
            found[title] = max(found.get(title, 0), counted.most)

    asyncio.run(ask_all())
    return found


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that take no time and few items, whatever the machine does meanwhile."""
    monkeypatch.setattr(cooperative_loop, "LONGEST_STEP", -1.0)
    monkeypatch.setattr(ledger, "SOME", 4)
    monkeypatch.setattr(event_stream, "_SOME_OLDER", 4)
    monkeypatch.setattr(event_stream, "_SOME_EARLIER", 4)
    monkeypatch.setattr(page_window, "SOME", 1)
    monkeypatch.setattr(page_window, "ROWS", 10)
    monkeypatch.setattr(balance, "RECENT", 10)
    monkeypatch.setattr(journal_query, "LOOKED_AT", 10)
    defaults = dict(Deliveries.__init__.__kwdefaults__ or {})
    monkeypatch.setattr(Deliveries.__init__, "__kwdefaults__", {**defaults, "limit": 40})
    monkeypatch.setattr(request_origins, "SOME", 1)
    monkeypatch.setattr(EventStream.__init__, "__kwdefaults__", {"limit": 40})
    sizes = {"FEW": cooperative_work.FEW, "MANY": cooperative_work.MANY}
    load_contracts()  # and with them the providers' packages
    for module in [one for name, one in sys.modules.items() if name.startswith("mockreel.")]:
        for name, size in sizes.items():
            if vars(module).get(name) == size:
                monkeypatch.setattr(module, name, 4)
    monkeypatch.setattr(snapshot_file, "FEW", 0)
    monkeypatch.setattr(snapshot_process, "FEW_BYTES", 0)


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize(("name", "all_routes"), [("runflow", True), ("aimlapi", False), ("runninghub", False)])
def test_no_step_grows_with_the_jobs(name: str, all_routes: bool) -> None:
    """Of any request to the control API and the page, which are the same for all providers, or to a provider."""
    _most_work(name, 1, all_routes=all_routes)  # what is made once is made
    few, many = (_most_work(name, jobs, all_routes=all_routes) for jobs in (FEW, MANY))

    allowed = MOST_FOR_EACH * (MANY - FEW)
    grown = {title: (few[title], many[title]) for title in many if many[title] - few[title] > allowed}
    assert few.keys() == many.keys()
    assert grown == {}


def test_every_route_of_the_control_api_is_asked() -> None:
    """Those of its document are those that are served."""
    served = {(row.method, "/" + row.path.replace(":digits", "").replace(":path", "")) for row in ROWS}
    stated = {
        (method.upper(), path)
        for path, item in document()["paths"].items()
        for method in item
        if method in ("get", "post", "delete")
    }

    assert served == stated
