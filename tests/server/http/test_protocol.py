"""The connection under a request: the parts of uvicorn that faults stand on, with both of its loops and with TLS."""

import asyncio
import inspect
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from support.caller import FOURTH
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mockreel import create_app
from mockreel.server.http.protocol import Connection, WireProtocol, wire_of
from mockreel.server.http.uvicorn_server import Loop, in_thread
from mockreel.simulator.fault_selection import WIRE

trustme = pytest.importorskip("trustme")


class Served:
    """An application of ours in a uvicorn of the user's own."""

    def __init__(self, **options: Any) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        app = create_app("encore", data=FOURTH, accept_any_key=True)
        settings = {"http": WireProtocol, "log_config": None, "lifespan": "on", **options}
        self._server = Loop(uvicorn.Config(app, **settings))

    @property
    def port(self) -> int:
        port: int = self.socket.getsockname()[1]
        return port

    def run(self, *, ready: Any = None) -> None:
        self._server.ready = ready
        self._server.run(sockets=[self.socket])

    def stop(self) -> None:
        self._server.end()


@contextmanager
def served(**options: Any) -> Iterator[int]:
    """The port of such a server, while it runs."""
    server = Served(**options)
    with in_thread(server, what="The application"):
        yield server.port
    server.socket.close()


def outcome(url: str, fault: str, verify: Any = True) -> str:
    """What a client says of a poll with this fault."""
    with httpx2.Client(trust_env=False, verify=verify, timeout=20) as client:
        try:
            reply = client.get(f"{url}/v1/health", headers={"Prefer": f"fault={fault}"})
        except httpx2.TransportError as problem:
            output = type(problem).__name__
        else:
            output = str(reply.status_code)
        assert client.get(f"{url}/v1/health").status_code == 200
        return output


FAULTS = {
    "reset": "ReadError",
    "reset; at=middle": "ReadError",
    "close": "RemoteProtocolError",
    "truncated": "RemoteProtocolError",
    "garbage": "RemoteProtocolError",
    "hang; seconds=0.02": "RemoteProtocolError",
    "delay; seconds=0.01": "200",
}


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_every_fault_can_be_played_in_a_uvicorn_of_ones_own(loop: str) -> None:
    """With its `http=WireProtocol`, on either loop."""
    with served(loop=loop) as port:
        found = {fault: outcome(f"http://127.0.0.1:{port}", fault) for fault in FAULTS}

    assert found == FAULTS


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_over_tls_too(loop: str, tmp_path: Path) -> None:
    """Where a reset is the end of a stream that TLS has not ended: which error that is hangs on the client's TLS."""
    authority = trustme.CA()
    chain = tmp_path / "chain.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(chain))
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with served(loop=loop, ssl_certfile=str(chain), ssl_keyfile=str(chain)) as port:
        found = {fault: outcome(f"https://localhost:{port}", fault, trusted) for fault in FAULTS}

    either = ("ReadError", "RemoteProtocolError")
    for fault, usual in FAULTS.items():
        assert found[fault] in (either if usual != "200" else ("200",)), fault


def test_without_the_protocol_the_wire_is_not_to_be_had() -> None:
    """And the message says so."""
    with served(http="httptools") as port:
        assert outcome(f"http://127.0.0.1:{port}", "reset") == "400"
        assert outcome(f"http://127.0.0.1:{port}", "delay; seconds=0.01") == "200"


def test_what_faults_stand_on_is_still_in_uvicorn() -> None:
    """If a new version fails here, `server/http/protocol.py` has to be looked at."""
    assert "self.app_state.copy()" in inspect.getsource(HttpToolsProtocol.on_message_begin)
    assert "self.disconnected" in inspect.getsource(RequestResponseCycle.run_asgi)
    assert "app_state" in inspect.signature(HttpToolsProtocol).parameters


def test_the_wire_is_found_in_a_scope() -> None:
    """Where our protocol has put it."""
    told = asyncio.Event()
    connection = Connection(asyncio.Transport(), told.set)

    assert wire_of({"state": {WIRE: connection}}) is connection
    assert wire_of({"state": {}}) is None
    assert wire_of({}) is None


def test_the_application_goes_on_when_a_client_breaks_off() -> None:
    """A reset by the client is no error of the server."""
    with served() as port, closing(socket.create_connection(("127.0.0.1", port))) as one:
        one.sendall(b"GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nPrefer: fault=hang; seconds=60\r\n\r\n")
