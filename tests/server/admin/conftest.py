"""Desks: mock servers with their control API."""

from collections.abc import Iterator
from typing import Any

import pytest
from server.admin.control_rig import Admin, OpenAdmin
from starlette.testclient import TestClient
from support.caller import FOURTH, START

from mockreel.engine.clock import Clock
from mockreel.server.app import ByPrefix, simulator_app
from mockreel.server.http.asgi import Front
from mockreel.server.http.origin import LOOPBACK_NAMES
from mockreel.simulator.simulator import build_simulator, load_contracts
from mockreel.webhooks import MemorySender


@pytest.fixture
def open_admin(sink: MemorySender) -> Iterator[OpenAdmin]:
    """Opens a simulator: `open_admin()` has encore at the root, `open_admin("runflow", …)` others below their names."""
    opened: list[TestClient] = []

    def open_(*names: str, **options: Any) -> Admin:
        given = {"clock": Clock(start=START, held=True), "accept_any_key": True, "sender": sink, **options}
        data = None if names else FOURTH
        readings = given.pop("readings", None)
        simulator = build_simulator(load_contracts(names or ["encore"], data=data, readings=readings), **given)
        players = ByPrefix(simulator) if len(names) > 1 else Front(next(iter(simulator.providers.values())))
        app = simulator_app(simulator, players, hosts=LOOPBACK_NAMES)
        client = TestClient(app, base_url="http://127.0.0.1:8700")
        opened.append(client.__enter__())
        return Admin(simulator, client)

    yield open_
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def admin(open_admin: OpenAdmin) -> Admin:
    """encore alone, on a paused clock; any key is accepted."""
    return open_admin()
