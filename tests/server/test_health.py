"""Health: a server reports whether it is ready, without a token and under any name."""

import httpx2
import pytest
from starlette.testclient import TestClient

from mockreel import create_app, serving
from mockreel.engine.accounts.account import KeyEntry

TOKEN = "a-token-of-24-signs-only"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_server_says_that_it_is_ready(path: str) -> None:
    """Where other machines can reach it, too, where the control API requires its token; nothing else is shown."""
    with serving(host="0.0.0.0", keys=[KeyEntry("a-key", "one")], token=TOKEN) as server:
        port = server.control.url.rpartition(":")[2]
        response = httpx2.get(f"http://127.0.0.1:{port}{path}", headers={"host": "mock.internal"}, trust_env=False)

    assert (response.status_code, response.text) == (200, "ok\n")


def test_a_server_that_is_being_stopped_is_alive_and_not_ready() -> None:
    """So that nothing new is sent to it."""
    app = create_app()
    app.state.simulator.scheduler.closing = True
    client = TestClient(app)

    assert client.get("/healthz").status_code == 200
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (503, "stopping\n")


def test_health_is_only_read() -> None:
    """Another method is answered with the valid one."""
    response = TestClient(create_app()).post("/readyz")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_a_provider_alone_at_the_root_keeps_its_paths() -> None:
    """Its own API has no such path."""
    response = TestClient(create_app("runflow")).get("/readyz")

    assert response.status_code == 404
    assert response.json()["code"] == "NOT_FOUND"
