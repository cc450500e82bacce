"""A page in a browser, with its requests and its complaints; and a client of the providers."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from playwright.sync_api import ConsoleMessage, Dialog, Page, Request

from mockreel.server.mock_server import MockServer

PAGE = "/_mockreel/page"
RUNS = "/v1/models/google/veo3.1/lite/runs"
INPUT = {"prompt": "A paper boat crosses a puddle.", "duration": "6s", "resolution": "720p"}
LOOPBACK = {"127.0.0.1", "localhost", "::1", None}  # None: a scheme without a host, as blob:


@dataclass
class Visit:
    """One page, watched."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("requestfailed", self._failed)
        self.page.on("dialog", self._dismiss)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _failed(self, request: Request) -> None:
        # A stream that is closed, or a clip that is not read to its end, counts as failed with the browser.
        if request.failure and "ERR_ABORTED" not in request.failure:
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def go(self, path: str = "/") -> "Visit":
        """Open a page and wait until it is live."""
        self.page.goto(self.base + PAGE + path)
        self.page.locator("#connection.on").wait_for(state="attached")
        return self

    def expect_quiet(self) -> None:
        """There were no complaints and no dialogs, and no request left this machine."""
        assert self.complaints == []
        assert self.dialogs == []
        assert {urlsplit(url).hostname for url in self.requested} <= LOOPBACK


@dataclass
class Provider:
    """A client of the providers."""

    server: MockServer
    http: httpx2.Client

    def ask(
        self, method: str, path: str, body: Any = None, *, provider: str = "runflow", key: str = "", **headers: str
    ) -> httpx2.Response:
        """One request with the provider's key."""
        address = getattr(self.server, provider)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        names.setdefault("Authorization", f"Bearer {key or address.key}")
        return self.http.request(method, address.url + path, json=body, headers=names)

    def run(self, *, prefer: str = "", callback: str | None = None, **fields: Any) -> str:
        """Begin a run; gives its id."""
        body: dict[str, Any] = {"input": {**INPUT, **fields}}
        if callback is not None:
            body["callback_url"] = callback
        made = self.ask("POST", RUNS, body, **({"Prefer": prefer} if prefer else {}))
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the control API."""
        reply = self.http.request(method, f"{self.server.control.url}/_mockreel/{path}", json=body)
        assert reply.is_success, reply.text
        return reply.json()
