"""A web page of somebody else begins nothing at any provider, and reads nothing under a name of its own."""

import asyncio
from typing import Any

import httpx2
import orjson
import pytest
from security.wires import Wires

from mockreel.server import create_app
from mockreel.server.http.foreign_pages import ForeignPages
from mockreel.server.log import Lines

# What a page can send without asking: forms, text, bytes without a type, and what only looks like JSON.
KINDS = (None, "text/plain", "text/plain;json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b")
PAGES = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:5173"},
    {"origin": "http://127.0.0.1:1"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"},
    {"referer": "https://evil.example/page"},
)
OLD = "/task/openapi/create"


def _post(url: str, headers: dict[str, str], body: Any) -> httpx2.Response:
    return httpx2.post(url, headers=headers, content=orjson.dumps(body), trust_env=False)


@pytest.fixture(params=["runflow", "aimlapi", "runninghub"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_of_somebody_else_begins_no_webhook(wires: Wires, page: dict[str, str], kind: str | None) -> None:
    """RunningHub's old operations take their key in the body, and any key; a page knows one."""
    before = len(wires.server.simulator.provider("runninghub").jobs)
    body = {"apiKey": "anything-at-all", "workflowId": "1904136902449209346", "webhookUrl": "http://127.0.0.1:9/"}
    answer = _post(wires.server.runninghub.url + OLD, {**page, **({"content-type": kind} if kind else {})}, body)

    assert answer.status_code == 403
    assert "--cors" in answer.json()["detail"]
    assert len(wires.server.simulator.provider("runninghub").jobs) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_changes_nothing_at_any_provider(wires: Wires, name: str, method: str) -> None:
    """On the provider's own port, and below its name on the control port."""
    for url in (getattr(wires.server, name).url, f"{wires.server.control.url}/{name}"):
        answer = httpx2.request(
            method, f"{url}/v1/anything", headers={"origin": "https://evil.example"}, trust_env=False
        )
        assert answer.status_code == 403


def test_a_program_may_claim_any_host(wires: Wires, name: str) -> None:
    """It says nothing that only browsers say; `Sec-Fetch-Mode` alone is Node's."""
    for headers in ({"host": "www.runninghub.cn"}, {"host": "evil.example", "sec-fetch-mode": "cors"}):
        answer = _post(f"{getattr(wires.server, name).url}/no/such", headers, {})
        assert answer.status_code != 403


def test_a_client_may_claim_to_be_the_providers_own_site(wires: Wires) -> None:
    """Some unofficial ones send its Origin and Referer."""
    site = "https://www.runninghub.cn"
    answer = _post(f"{wires.server.runninghub.url}/no/such", {"origin": site, "referer": f"{site}/ai"}, {})
    assert answer.status_code != 403


@pytest.mark.parametrize(
    "mark", [{"origin": "http://evil.example"}, {"sec-fetch-site": "same-origin"}, {"referer": "http://evil.example/"}]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_that_leads_here_reads_nothing(wires: Wires, mark: dict[str, str], method: str) -> None:
    """DNS rebinding: the browser takes the page's own name for the server's."""
    answer = httpx2.request(
        method, f"{wires.server.runflow.url}/v1/health", headers={"host": "evil.example", **mark}, trust_env=False
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"referer": "http://localhost:5173/"}])
def test_a_page_may_show_what_anybody_may_read(wires: Wires, headers: dict[str, str]) -> None:
    """A clip in a page of one's own."""
    assert httpx2.get(f"{wires.server.runflow.url}/v1/health", headers=headers, trust_env=False).status_code == 200


def test_an_application_refuses_it_as_well() -> None:
    """`create_app`, mounted or not."""

    async def ask() -> int:
        app = create_app("runninghub", accept_any_key=True)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return (await client.post(OLD, json={"apiKey": "x"}, headers={"origin": "http://evil.example"})).status_code

    assert asyncio.run(ask()) == 403


def test_a_welcome_page_is_let_in() -> None:
    """By its origin, or all of them."""
    reported: list[str] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        reported.append(scope["path"])

    async def ask(allowed: tuple[str, ...]) -> None:
        headers = [(b"host", b"127.0.0.1:1"), (b"origin", b"http://localhost:5173")]
        scope = {"type": "http", "method": "POST", "path": "/x", "headers": headers}

        async def send(_: Any) -> None:
            reported.append("refused")

        app = ForeignPages(inner, hosts=frozenset({"127.0.0.1"}), allowed=allowed)
        await app(scope, None, send)  # type: ignore[arg-type]

    for allowed in (("http://localhost:5173",), ("*",), ("http://localhost:3000",)):
        asyncio.run(ask(allowed))

    assert reported == ["/x", "/x", "refused", "refused"]


def test_the_log_tells_of_it(wires: Wires) -> None:
    """With the port, the reason and what to do; a key in the path is not in it."""
    events = wires.server.simulator.events
    before = events.cursor
    _post(f"{wires.server.runflow.url}/no/sk-proj-0123456789abcdefABCDEF", {"origin": "https://evil.example"}, {})
    (event,) = [one for one in events.since(before).events if one.kind == "rejected"]
    line = Lines().line(event)

    assert "--cors" in line
    assert "evil.example" in line
    assert "sk-proj" not in line


def test_a_page_follows_nothing_on_a_web_socket(wires: Wires) -> None:
    """What a browser lets any page read; the connection is refused before it stands."""
    reported: list[Any] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        reported.append("in")

    async def send(message: Any) -> None:
        reported.append(message["type"])

    for origin in (b"http://127.0.0.1:1", b"https://evil.example"):
        headers = [(b"host", b"127.0.0.1:1"), (b"origin", origin)]
        scope = {"type": "websocket", "path": "/x", "headers": headers}
        asyncio.run(ForeignPages(inner, hosts=frozenset({"127.0.0.1"}))(scope, None, send))  # type: ignore[arg-type]

    assert reported == ["in", "websocket.close"]
