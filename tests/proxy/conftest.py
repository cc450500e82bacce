"""A provider of our own behind TLS, under the real host names, and proxies in front of it."""

import contextlib
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import orjson
import pytest

from mockreel.contract import load_contract
from mockreel.contract.messages.message import Request, Response
from mockreel.proxy import Plan, Proxy
from mockreel.proxy.proxy_report import Recorder
from mockreel.proxy.spending_limit import SpendingLimit
from mockreel.server.http.uvicorn_server import in_thread
from mockreel.simulator.provider import Provider
from mockreel.simulator.simulator import Simulator

KEY = "rf_live_hush-hush-of-nobody"
SUBMIT = "/v1/models/google/veo3.1/lite/runs"
INPUT = {"input": {"prompt": "a paper boat", "duration": "4s"}}
HOSTS = ("api.runflow.io", "api.aimlapi.com", "www.runninghub.ai", "www.runninghub.cn")

# Changes a response on its way out, or makes one.
Tamper = Callable[[Request, Response], Response]


@dataclass
class ReceivedRequest:
    """One request that arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeUpstream:
    """One provider, simulated on a paused clock, and damaged as a test requires."""

    provider: Provider
    port: int
    tamper: Tamper | None = None
    received: list[ReceivedRequest] = field(default_factory=list)
    raw: bytes | None = None  # sent in place of any response, and the connection ends
    gate: threading.Event | None = None  # a response waits for it

    def answer(self, received: ReceivedRequest) -> Response:
        path, _, query = received.target.partition("?")
        headers = [(name.lower().encode(), value.encode()) for name, value in received.headers.items()]
        request = Request(received.method, unquote(path), headers, query.encode(), received.body, "https://here")
        response = self.provider.answer(request)
        assert isinstance(response, Response)
        return self.tamper(request, response) if self.tamper else response


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: FakeUpstream

    def handle_one_request(self) -> None:
        with contextlib.suppress(OSError):
            super().handle_one_request()

    def _any(self) -> None:
        size = int(self.headers.get("content-length", 0))
        body = self._chunks() if self.headers.get("transfer-encoding") else self.rfile.read(size)
        received = ReceivedRequest(self.command, self.path, dict(self.headers), body)
        self.provider.received.append(received)
        if self.provider.gate is not None:
            self.provider.gate.wait(20)
        if self.provider.raw is not None:
            self.wfile.write(self.provider.raw)
            self.close_connection = True
            return
        response = self.provider.answer(received)
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name.decode(), value.decode())
        if b"content-length" not in dict(response.headers):
            self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else response.body)

    do_GET = do_POST = do_PUT = do_HEAD = do_PATCH = do_DELETE = _any

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_: object) -> None:
        """Silent."""


@dataclass
class Trusted:
    """An authority of the test: its certificate in a file, and what shows a certificate for the providers' hosts."""

    file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Trusted:
    """A certificate authority for the providers' hosts, trusted by the tests only."""
    trustme = pytest.importorskip("trustme")
    made = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert(*HOSTS, "localhost").configure_cert(context)
    return Trusted(file, context)


@contextlib.contextmanager
def provided(simulated: Provider, context: ssl.SSLContext | None) -> Iterator[FakeUpstream]:
    """A provider on a free port, behind TLS or not."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    provider = handler.provider = FakeUpstream(simulated, server.server_address[1])  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def provider(simulator: Simulator, trusted: Trusted) -> Iterator[FakeUpstream]:
    """Runflow behind TLS."""
    with provided(simulator.provider("runflow"), trusted.context) as found:
        yield found


@dataclass
class Between:
    """A running proxy, its output, and a client of it."""

    proxy: Proxy
    client: httpx2.Client
    open: contextlib.ExitStack
    lines: list[str]

    def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = KEY, **headers: str
    ) -> httpx2.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            given["authorization"] = f"Bearer {key}"
        if body is not None:
            given["content-type"] = "application/json"
        content = None if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        return self.client.request(method, path, content=content, headers=given)

    def submit(self, **fields: Any) -> httpx2.Response:
        return self.send("POST", SUBMIT, {"input": {**INPUT["input"], **fields}})

    @property
    def output(self) -> list[str]:
        """All output of the proxy with its summary; the proxy is stopped first."""
        self.open.close()
        return self.lines

    @property
    def violations(self) -> list[str]:
        return [line for line in self.output if re.match(r"\w+ (request|reply|job) ", line)]

    @property
    def spending_limit(self) -> SpendingLimit:
        """What was spent at the end."""
        self.open.close()
        return self.proxy.spending_limit


# Opens a proxy in front of the provider: `put_between(limit=Decimal(1))`.
PutBetween = Callable[..., Between]


@pytest.fixture
def put_between(provider: FakeUpstream, trusted: Trusted) -> Iterator[PutBetween]:
    """Proxies whose upstream is the provider, under its real host names."""
    with contextlib.ExitStack() as stack:

        def opened(*, recorder: Recorder | None = None, name: str = "runflow", **plan: Any) -> Between:
            connects = dict.fromkeys(load_contract(name).hosts, f"127.0.0.1:{provider.port}")
            given = {"providers": (name,), "connects": connects, "ca": trusted.file, **plan}
            lines: list[str] = []
            own = stack.enter_context(contextlib.ExitStack())
            proxy = Proxy(Plan(**given), print_line=lines.append, recorder=recorder)
            own.enter_context(in_thread(proxy, what="The proxy"))
            client = own.enter_context(httpx2.Client(base_url=proxy.urls[name], trust_env=False, timeout=20))
            return Between(proxy, client, own, lines)

        yield opened
