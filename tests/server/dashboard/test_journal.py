"""The journal on the page: filters, and an exchange with the reasons of its refusal."""

from collections.abc import Callable

from playwright.sync_api import expect
from server.dashboard.visits import INPUT, RUNS, Provider, Visit

OpenPage = Callable[..., Visit]


def test_the_journal_is_filtered(visit: OpenPage, provider: Provider) -> None:
    """By provider, by what became of it, by a text; the filter stays while it is followed."""
    provider.run()
    provider.ask("POST", RUNS, {"input": {"prompt": 3}})
    provider.ask("GET", "/v1/models", provider="aimlapi")
    page = visit("/journal").page
    expect(page.locator(".entry_row")).to_have_count(3)

    page.get_by_label("State").select_option("refused")
    expect(page.locator(".entry_row")).to_have_count(1)
    provider.ask("GET", "/v1/nothing")
    provider.run()
    expect(page.locator(".entry_row")).to_have_count(2)

    page.get_by_role("link", name="Clear").click()
    page.get_by_label("Text").fill("puddle")
    page.keyboard.press("Enter")
    expect(page.locator(".entry_row")).to_have_count(2)


def test_an_error_response_shows_every_violation_with_its_fact(visit: OpenPage, provider: Provider) -> None:
    """The rule, where it stands, why it is believed, and where that can be read."""
    provider.ask("POST", RUNS, {"input": {**INPUT, "prompt": 3, "duration": "66s"}})
    page = visit("/journal").page
    page.locator(".entry_row a").first.click()

    expect(page.get_by_role("heading", name="Rejected: invalid-body")).to_be_visible()
    first, second = page.locator(".violations li").all()
    expect(first).to_contain_text("/input/prompt")
    expect(second).to_contain_text("enum: 4s, 6s, 8s")
    expect(second).to_contain_text("schemas/runflow/models/google/veo3.1/lite.json /duration")
    expect(second.locator(".evidence")).to_have_text("documented")
    source = second.get_by_role("link", name="Veo 3.1 Lite")
    expect(source).to_have_attribute("href", "https://docs.runflow.io/models/google/veo3.1/lite")
    expect(source).to_have_attribute("rel", "noopener noreferrer")


def test_no_secret_is_on_the_page(visit: OpenPage, provider: Provider) -> None:
    """Neither a key nor what a callback's address may hide."""
    provider.ask("POST", RUNS, {"input": INPUT}, key="rf_live_very_secret_key")
    run = provider.run(callback="http://user:hidden_password@127.0.0.1:9/hook?token=hidden_token")
    one = visit("/")
    for path in ("/", "/journal", "/deliveries", "/accounts", f"/jobs/runflow/{run}"):
        text = one.go(path).page.content()
        assert "very_secret" not in text


def test_a_long_list_is_shown_by_pages(visit: OpenPage, provider: Provider) -> None:
    """Newest first; an older page stays where it is while new things happen."""
    for _ in range(60):
        provider.ask("GET", "/v1/health")
    page = visit("/journal").page
    expect(page.locator(".entry_row")).to_have_count(50)
    expect(page.get_by_text("of 60")).to_be_visible()

    page.get_by_role("link", name="Older").click()

    expect(page.locator(".entry_row")).to_have_count(10)
    expect(page.get_by_text("60 of 60")).to_be_visible()
    expect(page.get_by_role("link", name="Newer")).to_be_visible()


def test_a_fault_that_answers_with_an_error_is_marked_as_one(visit: OpenPage, provider: Provider) -> None:
    """No error response of the contract, but an error to the client."""
    provider.ask("GET", "/v1/runs", Prefer="fault=gateway; status=504")

    expect(visit("/journal").page.locator(".entry_row .status")).to_have_class("status no")
