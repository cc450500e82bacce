"""What happens is seen at once, without a reload, and only what has changed is replaced."""

from collections.abc import Callable

from playwright.sync_api import expect
from server.dashboard.visits import RUNS, Provider, Visit

from mockreel.server.mock_server import MockServer

OpenPage = Callable[..., Visit]


def test_a_submitted_job_appears(visit: OpenPage, provider: Provider) -> None:
    """On top of the list, with its state."""
    page = visit("/").page
    expect(page.get_by_text("No jobs yet")).to_be_visible()

    run = provider.run()

    row = page.locator(".job_row").first
    expect(row.locator("a")).to_have_attribute("href", f"/_mockreel/page/jobs/runflow/{run}")
    expect(row.locator(".sign")).to_have_text("queued")
    expect(page.get_by_text("No jobs yet")).to_have_count(0)


def test_a_job_changes_its_state_as_the_clock_moves(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """In the list and on its own page."""
    run = provider.run()
    list_, own = visit("/").page, visit(f"/jobs/runflow/{run}").page

    served.advance(1)
    expect(list_.locator(".job_row .sign")).to_have_text("running")
    expect(own.locator(".job-heading .sign")).to_have_text("running")

    served.advance(9)
    expect(list_.locator(".job_row .sign")).to_have_text("succeeded")
    expect(own.locator(".job-heading .sign")).to_have_text("succeeded")
    expect(own.locator("video")).to_be_visible()


def test_only_what_changed_is_replaced(visit: OpenPage, provider: Provider) -> None:
    """A row of another job is the same element afterwards."""
    first = provider.run()
    page = visit("/").page
    row = page.locator(f'.job_row[data-key="runflow/{first}"]')
    row.evaluate("element => { element.marked = true; }")

    provider.run()

    expect(page.locator(".job_row")).to_have_count(2)
    assert row.evaluate("element => element.marked") is True


def test_the_journal_follows_requests(visit: OpenPage, provider: Provider) -> None:
    """Error responses with their row and the number of violations."""
    page = visit("/journal").page

    provider.ask("POST", RUNS, {"input": {"prompt": 3, "duration": "66s"}})

    row = page.locator(".entry_row").first
    expect(row).to_contain_text("invalid-body")
    expect(row).to_contain_text("violations")
    expect(row.locator(".status")).to_have_text("422")


def test_the_money_follows_jobs(visit: OpenPage, provider: Provider) -> None:
    """In the list and on the page of accounts."""
    page, accounts = visit("/").page, visit("/accounts").page

    provider.run()

    expect(page.locator(".money strong")).to_contain_text("0.18 USD")
    expect(accounts.locator(".account_row")).to_contain_text("account-1")
    expect(accounts.locator(".big")).to_contain_text("0.18 USD")


def test_a_second_page_shows_what_was_set_on_the_first(visit: OpenPage) -> None:
    """Rules are the mock server's, not the page's."""
    first, second = visit("/rules").page, visit("/rules").page

    first.locator("#scenario-form select[name=scenario]").select_option("fail")
    first.locator("#scenario-form button").click()

    expect(second.locator(".rule_row")).to_contain_text("scenario fail")


def test_an_open_detail_and_the_focus_survive_a_change(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """A reader is not thrown out by what happens elsewhere in the block."""
    run = provider.run(callback="http://127.0.0.1:9/hook")
    served.advance(4)
    page = visit(f"/jobs/runflow/{run}").page
    summary = page.locator(".delivery_row summary")
    expect(summary).to_contain_text("attempt")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".delivery_row details")).to_have_attribute("open", "")

    served.advance(10)

    expect(summary).to_contain_text("3 attempts")
    expect(page.locator(".delivery_row details")).to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_events_are_announced_to_a_screen_reader(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """In a live region, in words."""
    run = provider.run()
    page = visit("/").page

    served.advance(10)

    expect(page.locator("#news")).to_contain_text(f"job {run} is succeeded")
    expect(page.locator("#news")).to_have_attribute("aria-live", "polite")


def test_a_reset_is_seen(visit: OpenPage, provider: Provider) -> None:
    """What was reset is gone from the page."""
    provider.run()
    page = visit("/").page
    expect(page.locator(".job_row")).to_have_count(1)

    provider.control("POST", "reset")

    expect(page.locator(".job_row")).to_have_count(0)
