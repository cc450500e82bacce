"""The page in a real browser: one browser for a module, a mock server and a context for each test."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from server.dashboard.browsers import ARGUMENTS, LACKING, find_browser
from server.dashboard.visits import Provider, Visit
from support.caller import START
from support.lacking import lacking

from mockreel.server import serving
from mockreel.server.mock_server import MockServer

OpenPage = Callable[..., Visit]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser; where there is none, the test is skipped and says so.

    No longer than a module: as long as it is open, an event loop runs in this thread, and other tests want their own.
    """
    with sync_playwright() as playwright:
        path = find_browser(playwright.chromium.executable_path)
        if path is None:
            lacking("browser", LACKING)
        found = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def served() -> Iterator[MockServer]:
    """All providers on real sockets, the clock standing still."""
    with serving(held=True, start=START) as server:
        yield server


@pytest.fixture
def provider(served: MockServer) -> Iterator[Provider]:
    """A client of the providers of `served`."""
    with httpx2.Client() as http:
        yield Provider(served, http)


@pytest.fixture
def visit(browser: Browser, served: MockServer) -> Iterator[OpenPage]:
    """Open a page: `visit("/journal", width=360, color_scheme="dark")`; at the end nothing may have gone wrong."""
    visits: list[Visit] = []
    expect.set_options(timeout=10_000)

    def open_page(path: str = "/", *, width: int = 1280, height: int = 900, **options: Any) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        one = Visit(context.new_page(), served.control.url)
        visits.append(one)
        return one.go(path)

    yield open_page
    for one in visits:
        one.page.context.close()
    for one in visits:
        one.expect_quiet()
