"""How a served mock server begins and ends: the messages before it begins, and what is left when it has ended."""

import asyncio
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from server.http_calls import GOOD, ask, port_of
from support.caller import FOURTH

from mockreel import Settings, __version__
from mockreel.errors import DataError, MockreelError, OptionError, PortTaken
from mockreel.server import socket_server
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server, serving
from mockreel.webhooks import MemorySender, Outcome, Outgoing


def test_a_port_that_is_in_use_is_reported_and_none_is_stored() -> None:
    """The block is never entered."""
    with closing(socket.create_server(("127.0.0.1", 0))) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Cannot listen on 127\.0\.0\.1:{port}: .*in use"), serving(port=port):
            raise AssertionError("it was entered")


def test_a_start_that_cannot_be_reported_ends_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """A ready file on a full disk: one error, and no lines of uvicorn's beside it."""

    def full() -> None:
        raise DataError("ready.json", "it cannot be written")

    with pytest.raises(DataError, match=r"ready\.json"):
        Server(Options(providers=("encore",), data=FOURTH)).run(ready=full)

    assert caplog.text == ""


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"readings": {"none": "x"}}, OptionError),
        ({"keys": Path("/no/such/file")}, DataError),
        ({"settings": Settings(pace="lento")}, OptionError),
        ({"speed": 0}, OptionError),
        ({"start": -5}, OptionError),
        ({"data": Path("/no/such/folder")}, DataError),
    ],
)
def test_what_is_wrong_is_reported_before_anything_is_bound(
    options: dict[str, Any], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No port is held by a mock server that never was."""
    bound: list[Any] = []
    monkeypatch.setattr(socket_server, "listen", lambda *args: bound.append(args))

    with pytest.raises(error):
        Server(Options(**{"data": FOURTH, "providers": ("encore",), **options}))
    assert not bound


def test_a_server_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what went wrong behind it; the ports are given back."""

    async def breaks(*_: Any, **__: Any) -> None:
        raise OSError("no file descriptors left")

    monkeypatch.setattr(uvicorn.Server, "startup", breaks)
    with pytest.raises(MockreelError, match="could not be served") as caught, serving("encore", data=FOURTH):
        raise AssertionError("it was entered")

    assert isinstance(caught.value.__cause__, OSError)


def test_when_the_block_ends_nothing_is_left() -> None:
    """No thread, no port; also where the block raised, and where a request still waits."""
    threads = threading.active_count()
    urls: list[str] = []

    def breaks() -> None:
        with serving("encore", data=FOURTH, sender=MemorySender()) as running:
            urls.append(running.encore.url)
            ask(running.encore.url, "POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks()
    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(urls[0])), timeout=5)


class _Hangs(MemorySender):
    """A receiver that takes a callback and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    async def send(self, _: Outgoing) -> Outcome:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody ends this")


def test_what_waits_when_the_server_is_stopped_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    """In the provider's own words, at its port and below its name; the control API in its own; no traceback."""
    sender = _Hangs()
    with ThreadPoolExecutor() as pool:
        with serving("encore", data=FOURTH, held=True, sender=sender) as running:
            ask(running.encore.url, "POST", "/v1/jobs", {**GOOD, "tell": "http://127.0.0.1:9/"})
            advancing = pool.submit(ask, running.control.url, "POST", "/_mockreel/clock/advance", {"seconds": 100})
            assert sender.asked.wait(20)
            waiting = [
                pool.submit(ask, running.encore.url, "POST", "/v1/wait", GOOD),
                pool.submit(ask, running.control.url, "POST", "/encore/v1/wait", GOOD),
            ]
            while len(ask(running.encore.url, "GET", "/v1/jobs")[1]["jobs"]) < 3:
                time.sleep(0)
        answers = [one.result(20) for one in waiting]
        advanced = advancing.result(20)

    assert [status for status, _, _ in answers] == [503, 503]
    assert all("The house is closed." in str(body) for _, body, _ in answers)
    assert (advanced[0], advanced[1]["title"]) == (503, "Stopping")
    assert {headers["mockreel-version"] for _, _, headers in (*answers, advanced)} == {__version__}
    assert not [record for record in caplog.records if record.exc_info]
