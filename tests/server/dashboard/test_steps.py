"""A page is found in steps: what happens between them is no error."""

from collections.abc import Callable
from typing import Any

import pytest
from server.http_calls import ask

from mockreel.server.dashboard.pages import DeliveriesView, JobsView, JobView, JournalView, PageContext
from mockreel.server.dashboard.renderer import Rendering
from mockreel.server.mock_server import MockServer
from mockreel.server.socket_server import serving

BODY = {
    "input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"},
    "callback_url": "http://127.0.0.1:9/hook",
}


def _again(server: MockServer) -> None:
    """One more attempt of every delivery, and one less of the next."""
    for delivery in server.simulator.provider("runflow").deliveries:
        delivery.attempts.append(delivery.attempts[-1])


def _none(server: MockServer) -> None:
    for delivery in server.simulator.provider("runflow").deliveries:
        delivery.attempts.clear()


def _reset(server: MockServer) -> None:
    server.reset()


@pytest.mark.parametrize("page", [JobsView, JobView, JournalView, DeliveriesView])
@pytest.mark.parametrize("change", [_again, _none, _reset])
def test_what_changes_while_a_page_is_found_is_no_error(page: Any, change: Callable[[MockServer], None]) -> None:
    """Its rows show what they were made of."""
    with serving("runflow", held=True) as server:
        status, job, _ = ask(server.runflow.url, "POST", "/v1/models/google/veo3.1/lite/runs", BODY)
        assert status == 201
        server.advance(100)
        params = {"provider": "runflow", "id": job["id"]}
        view = page(PageContext(server.simulator, Rendering(), params=params))
        list(view.looking())
        change(server)
        assert any(block.html for region in view.regions() for block in region.blocks)
