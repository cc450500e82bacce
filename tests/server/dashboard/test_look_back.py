"""The page looks back: the run as it was at a moment, and what came next, without a change of the run itself."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect
from server.dashboard.conftest import OpenPage
from server.dashboard.visits import PAGE, RUNS
from server.http_calls import ask
from support.caller import START

from mockreel.server import serving
from mockreel.server.mock_server import MockServer
from mockreel.server.recorded_run import RecordedRun
from mockreel.server.socket_server import hosted


@pytest.fixture
def served(tmp_path: Path) -> Iterator[MockServer]:
    """Providers that keep their run, the clock standing still."""
    with serving("runflow", held=True, start=START, state=tmp_path / "run.db", budget={"runflow": 1}) as server:
        yield server


def _submit(server: MockServer) -> str:
    body = {"input": {"prompt": "a boat", "duration": "6s", "resolution": "720p"}}
    return str(ask(server.runflow.url, "POST", RUNS, body)[1]["id"])


def _advance(server: MockServer, seconds: float) -> None:
    assert ask(server.control.url, "POST", "/_mockreel/clock/advance", {"seconds": seconds})[0] == 200


@pytest.fixture
def ids(served: MockServer) -> list[str]:
    """Three jobs, a minute apart."""
    found = []
    for _ in range(3):
        found.append(_submit(served))
        _advance(served, 60)
    return found


def _jobs(page: Page) -> list[str]:
    return [str(row.get_attribute("data-key")) for row in page.locator(".job_row").all()]


def test_the_page_goes_to_a_moment_and_on(visit: OpenPage, ids: list[str], served: MockServer) -> None:
    """From the jobs of now to those of a moment, from event to event, and back to now."""
    one = visit("/")
    assert len(_jobs(one.page)) == 3
    one.page.get_by_role("link", name="Past").click()
    one.page.locator("#moment").fill("-119")
    one.page.get_by_role("button", name="Go").first.click()
    expect(one.page.locator(".job_row")).to_have_count(2)
    assert _jobs(one.page) == [f"runflow/{ids[1]}", f"runflow/{ids[0]}"]
    expect(one.page.locator(".job-sign").first).to_contain_text("running")
    expect(one.page.locator(".came-next li").first).to_contain_text("the job is succeeded")
    one.page.get_by_role("link", name="Later event").click()
    expect(one.page.locator(".job-sign").first).to_contain_text("succeeded")
    one.page.get_by_role("link", name="Now").click()
    expect(one.page.locator(".job_row")).to_have_count(3)
    assert ask(served.control.url, "GET", "/_mockreel/jobs")[1]["count"] == 3


def test_the_slider_goes_to_a_moment(visit: OpenPage, ids: list[str]) -> None:
    """From the beginning of the run to now."""
    one = visit("/")
    one.page.get_by_role("link", name="Past").click()
    slider = one.page.locator("#moment-range")
    slider.focus()
    slider.press("Home")
    expect(one.page.locator(".job_row")).to_have_count(1)
    expect(one.page.locator(".clock-time")).to_have_text("00:00:00")


def test_a_request_leads_to_the_run_as_it_was_then(visit: OpenPage, ids: list[str]) -> None:
    """Balances and jobs of that moment are one link away."""
    one = visit("/journal/2")
    one.page.get_by_role("link", name="the run as it was then").click()
    one.page.get_by_role("link", name="Accounts").click()
    expect(one.page.locator(".account_row")).to_contain_text("2 jobs")


def test_nothing_can_be_changed_in_the_past(visit: OpenPage, ids: list[str], served: MockServer) -> None:
    """No button is there, no stream is open, and nothing can be changed."""
    one = visit("/")
    before = len(one.requested)
    one.page.goto(f"{served.control.url}{PAGE}/at/{START + 1}/jobs/runflow/{ids[0]}")
    expect(one.page.get_by_role("heading", level=1)).to_be_visible()
    assert one.page.locator("[data-do]:visible, [data-send]:visible").count() == 0
    assert not [url for url in one.requested[before:] if "live" in url]


@pytest.mark.parametrize("path", ["", "journal", "deliveries", "rules", "readings", "accounts", "api"])
def test_every_page_is_there_as_it_was(path: str, ids: list[str], served: MockServer) -> None:
    """With the headers of every page, and without a script of its own."""
    answer = httpx2.get(f"{served.control.url}{PAGE}/at/{START + 61}/{path}", trust_env=False)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "What came next" in answer.text


@pytest.mark.parametrize(
    ("moment", "says"), [("soon", "moment"), ("9999999999", "not be later than the clock"), ("%3Cb%3E", "&lt;b&gt;")]
)
def test_what_is_no_moment_is_reported(moment: str, says: str, served: MockServer) -> None:
    """On the page, and not as a page of its own making."""
    url = f"{served.control.url}{PAGE}/at?moment={moment}&page=journal"
    answer = httpx2.get(url, trust_env=False, follow_redirects=True)
    assert answer.status_code == 404
    assert says in answer.text


def test_a_form_leads_nowhere_else(served: MockServer) -> None:
    """Whatever page it names, it is one of ours."""
    answer = httpx2.get(f"{served.control.url}{PAGE}/at?page=//evil.test/%0d%0ax:y", trust_env=False)
    assert answer.headers["location"].startswith(f"{PAGE}/at/")
    assert "x" not in answer.headers


def test_a_server_without_a_log_says_how_to_keep_one() -> None:
    """No link leads back, and a message answers its address."""
    with serving("runflow") as server:
        page = httpx2.get(f"{server.control.url}{PAGE}/", trust_env=False)
        past = httpx2.get(f"{server.control.url}{PAGE}/at/-5/", trust_env=False)
    assert "Look back:" not in page.text
    assert (past.status_code, "--state FILE" in past.text) == (404, True)


def test_it_fits_a_narrow_screen(visit: OpenPage, ids: list[str], served: MockServer) -> None:
    """At 320 pixels nothing is wider than the screen, and the moment can be chosen."""
    one = visit("/", width=320, height=640)
    one.page.goto(f"{served.control.url}{PAGE}/at/{START + 61}/")
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 320
    expect(one.page.locator("#moment-range")).to_be_in_viewport()
    expect(one.page.get_by_role("link", name="Later event")).to_be_in_viewport()


def test_a_recorded_run_opens_in_the_page(visit: OpenPage, tmp_path: Path) -> None:
    """As it ended, and at any moment of it."""
    with serving("runflow", held=True, start=START, record_run=tmp_path / "recorded") as server:
        ids = [_submit(server)]
        _advance(server, 60)
        ids.append(_submit(server))
    with hosted(RecordedRun(tmp_path / "recorded").server(port=0)) as opened:
        one = visit("/")
        one.page.goto(f"{opened.control.url}{PAGE}/")
        assert _jobs(one.page) == [f"runflow/{ids[1]}", f"runflow/{ids[0]}"]
        one.page.get_by_role("link", name="Past").click()
        one.page.get_by_role("link", name="Earlier event").click()
        assert _jobs(one.page) == [f"runflow/{ids[0]}"]
        one.page.goto("about:blank")  # before its server ends


@pytest.mark.parametrize("how", ["reset", "restore"])
def test_what_came_next_before_a_reset_is_the_reset(how: str, ids: list[str], served: MockServer) -> None:
    """Also at the last entry before it, behind which nothing else came."""
    snapshot = ask(served.control.url, "GET", "/_mockreel/snapshot")[1]
    assert ask(served.control.url, "POST", f"/_mockreel/{how}", snapshot if how == "restore" else None)[0] == 200
    resets = ask(served.control.url, "GET", "/_mockreel/resets")[1]["resets"]
    page = httpx2.get(f"{served.control.url}{PAGE}/at/{resets[0]['before']}/", trust_env=False).text
    said = "the run was reset" if how == "reset" else "a snapshot was restored"
    assert page.count(said) == 1
    assert "Later event" not in page


def test_the_page_goes_before_a_reset_and_back(visit: OpenPage, ids: list[str], served: MockServer) -> None:
    """Though the clock stands before it now: to the end of what came before, from event to event there, and behind."""
    assert ask(served.control.url, "POST", "/_mockreel/reset")[0] == 200
    _submit(served)
    one = visit("/")
    one.page.get_by_role("link", name="Past").click()
    one.page.get_by_role("link", name="Before the reset").click()
    expect(one.page.locator(".job_row")).to_have_count(3)
    expect(one.page.locator(".clock-time")).to_have_text("00:03:00")
    one.page.get_by_role("link", name="Earlier event").click()
    expect(one.page.locator(".clock-time")).to_have_text("00:02:03")
    one.page.locator("#moment").fill("2026-01-01T00:01:30Z")
    one.page.get_by_role("button", name="Go").first.click()
    assert _jobs(one.page) == [f"runflow/{ids[1]}", f"runflow/{ids[0]}"]
    one.page.get_by_role("link", name="After the reset").click()
    expect(one.page.locator(".job_row")).to_have_count(1)
    expect(one.page.locator(".clock-time")).to_have_text("00:00:00")


@pytest.mark.parametrize(
    ("path", "heading"), [("/at/soon/", "This moment cannot be shown"), ("/jobs/runflow/none", "Not found")]
)
def test_a_page_that_is_not_there_says_so_and_follows_nothing(path: str, heading: str, visit: OpenPage) -> None:
    """It does not say that the server does not answer."""
    one = visit("/")
    before = len(one.requested)
    one.page.goto(f"{one.page.url.partition(PAGE)[0]}{PAGE}{path}")
    expect(one.page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(one.page.locator("#connection")).to_have_text("Not found")
    assert ["404" in complaint for complaint in one.complaints] == [True]
    one.complaints.clear()
    assert not [url for url in one.requested[before:] if "live" in url]
