"""A callback reaches this machine only, never the mock server itself, and no redirect leads it on."""

import contextlib
import socket
import threading
from typing import Any

import httpx2
import pytest
from security.wires import SUBMIT, Receiver, Wires

from mockreel.server.mock_server import MockServer
from mockreel.server.socket_server import serving

HEADERS = {"authorization": "Bearer rf_live_one"}
# Addresses of others: a cloud's metadata, private networks, documentation, link-local and mapped ones.
OTHERS = (
    "169.254.169.254", "10.0.0.1", "192.168.0.1", "100.64.0.1", "192.0.2.1", "[2001:db8::1]", "[fe80::1]",
    "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "255.255.255.255", "224.0.0.1",
)  # fmt: skip


def _told(server: MockServer, url: str) -> dict[str, Any]:
    """What became of the callback of a job with that URL."""
    body = {"input": {"prompt": "a boat"}, "callback_url": url}
    answer = httpx2.post(server.runflow.url + SUBMIT, json=body, headers=HEADERS, trust_env=False)
    if answer.status_code != 201:
        return {"status": "refused", "reason": answer.text}
    server.advance(600)
    rows = httpx2.get(f"{server.control.url}/_mockreel/deliveries", trust_env=False).json()["deliveries"]
    (row,) = [row for row in rows if row["subject"] == answer.json()["id"]]
    found: dict[str, Any] = row
    return found


@pytest.mark.parametrize("host", OTHERS)
def test_another_network_is_not_reached(wires: Wires, host: str) -> None:
    """Nothing is connected to (the tests' own guard would raise), and the delivery says how to allow it."""
    reported = _told(wires.server, f"http://{host}/hook")
    assert reported["status"] != "delivered"
    assert "--allow-callback" in str(reported["reason"])


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "2001:db8::1"])
def test_a_name_that_leads_to_another_network_is_not_reached(wires: Wires, address: str) -> None:
    """It is looked up once for each attempt, and the address is what counts; one bad address among good ones too."""
    targets = wires.server.simulator.targets

    async def resolver(host: str, port: int) -> list[str]:
        return ["127.0.0.1", address]

    before, targets.resolver = targets.resolver, resolver
    try:
        reported = _told(wires.server, "http://hook.example/path")
    finally:
        targets.resolver = before
    assert reported["status"] != "delivered"
    assert "is not on this machine" in str(reported["reason"])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]", "127.1", "2130706433", "0x7f000001",
        "127.0.0.2",
    ],
)  # fmt: skip
def test_no_callback_reaches_the_mock_server_itself(wires: Wires, host: str) -> None:
    """Its control port, under any name and spelling of this machine."""
    reported = _told(wires.server, f"http://{host}:{wires.port('control')}/_mockreel/clock/hold")
    assert reported["status"] != "delivered"
    assert reported["reason"]


@pytest.mark.parametrize("to", ["http://169.254.169.254/latest", "own", "/again"])
def test_a_redirect_is_not_followed(wires: Wires, receiver: Receiver, to: str) -> None:
    """Neither to another network, nor to the control port, nor back."""
    clock = f"{wires.server.control.url}/_mockreel/clock"
    receiver.location = f"{clock}/advance" if to == "own" else to
    before = httpx2.get(clock, trust_env=False).json()["held"]
    reported = _told(wires.server, f"http://127.0.0.1:{receiver.port}/hook")

    assert reported["status"] != "delivered"
    assert set(receiver.paths) == {"/hook"}
    assert httpx2.get(clock, trust_env=False).json()["held"] == before


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "gopher://127.0.0.1:1/", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:0/",
        "//127.0.0.1/", "http://127.0.0.1:99999/", "http://[::1", "javascript:alert(1)",
        "http://127.0.0.1\\@evil.example/", " http://127.0.0.1/",
    ],
)  # fmt: skip
def test_an_address_that_is_none_goes_nowhere(wires: Wires, url: str) -> None:
    """It is refused at once, or the delivery says why; the mock server goes on."""
    assert _told(wires.server, url)["status"] != "delivered"
    assert wires.alive()


@pytest.mark.parametrize("written", ["hush:hush-hush@", "hush-hush@", ":hush-hush@"])
def test_credentials_in_a_callback_url_are_shown_nowhere(receiver: Receiver, written: str) -> None:
    """Not with the delivery, its attempts, the job or the journal."""
    with serving("runflow", held=True, start=1_767_225_600.0) as server:
        reported = _told(server, f"http://{written}127.0.0.1:{receiver.port}/hook")
        assert reported["status"] == "delivered"
        control = f"{server.control.url}/_mockreel"
        shown = [httpx2.get(f"{control}/{name}", trust_env=False).text for name in ("deliveries", "jobs", "journal")]
        shown.append(httpx2.get(f"{control}/deliveries/{reported['id']}", trust_env=False).text)
        shown.append(httpx2.get(f"{control}/jobs/{reported['subject']}", trust_env=False).text)
        with contextlib.suppress(httpx2.HTTPError):
            shown.append(httpx2.get(f"{control}/journal/har", trust_env=False).text)
    assert not [text for text in shown if "hush-hush" in text]


def test_a_receiver_that_never_ends_its_answer_is_left(wires: Wires) -> None:
    """An endless head or body holds up no other delivery, and fills nothing."""
    ends = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as endless:
        endless.settimeout(0.5)

        def talk() -> None:
            with contextlib.suppress(OSError):
                one, _ = endless.accept()
                with one:
                    one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
                    while not ends.is_set():
                        one.sendall(b"x" * 65536)

        thread = threading.Thread(target=talk)
        thread.start()
        reported = _told(wires.server, f"http://127.0.0.1:{endless.getsockname()[1]}/hook")
        ends.set()
        thread.join()
    assert reported["status"] == "delivered"
    assert wires.alive()
