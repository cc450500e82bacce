"""What a page is sent while it is open: the changes, within bounds, and no longer than the server lives."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import orjson
from server.dashboard.visits import PAGE, Provider
from support.caller import START

from mockreel.server import serving
from mockreel.server.dashboard.live_updates import MOST_STREAMS
from mockreel.server.mock_server import MockServer


def _events(reply: httpx2.Response) -> Iterator[dict[str, Any]]:
    """The data of each event."""
    for line in reply.iter_lines():
        if line.startswith("data: "):
            yield orjson.loads(line.removeprefix("data: "))


def test_a_stream_brings_the_page_and_then_what_has_changed(served: MockServer, provider: Provider) -> None:
    """The rows that stay as they are come once."""
    first = provider.run()
    with httpx2.stream("GET", f"{served.control.url}{PAGE}/?live") as reply:
        events = _events(reply)
        whole = next(events)["regions"]
        assert whole["job_row"]["order"] == [f"runflow/{first}"]
        assert set(whole) == {"clock", "money", "job_row", "jobs_pager"}

        second = provider.run()
        rows = next(event["regions"]["job_row"] for event in events if "job_row" in event["regions"])

    assert rows["order"] == [f"runflow/{second}", f"runflow/{first}"]
    assert list(rows["blocks"]) == [f"runflow/{second}"]


def test_the_passing_of_time_alone_sends_no_row(served: MockServer, provider: Provider) -> None:
    """The browser moves the bars by itself: within a state nothing of a job is sent."""
    provider.run(prefer="scenario=slow")
    with httpx2.stream("GET", f"{served.control.url}{PAGE}/?live") as reply:
        events = _events(reply)
        next(events)

        served.advance(0.01)

        assert set(next(events)["regions"]) == {"clock"}


def test_so_many_streams_and_no_more(served: MockServer) -> None:
    """A client that is left out is sent a request to reconnect."""
    url = f"{served.control.url}{PAGE}/?live"
    stored = []
    with httpx2.Client(limits=httpx2.Limits(max_connections=None)) as http, ExitStack() as looking:
        for _ in range(MOST_STREAMS):
            stored.append(_events(looking.enter_context(http.stream("GET", url))))
            next(stored[-1])
        refused = http.get(url)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


def test_an_open_page_does_not_keep_a_server_from_ending() -> None:
    """Its stream ends with the mock server, and not by force."""
    with ExitStack() as looking:
        with serving("runflow", held=True, start=START) as server:
            reply = looking.enter_context(httpx2.stream("GET", f"{server.control.url}{PAGE}/?live"))
            events = _events(reply)
            next(events)

        assert list(events) == []
