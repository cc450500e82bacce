"""The buttons of the clock."""

from collections.abc import Callable

from playwright.sync_api import expect
from server.dashboard.visits import Provider, Visit
from support.caller import START

from mockreel.server.mock_server import MockServer

OpenPage = Callable[..., Visit]


def test_steps_move_the_clock(visit: OpenPage, served: MockServer) -> None:
    """By a second, by ten, by a minute."""
    page = visit("/").page
    for name, shown in (
        ("Advance 1 second", "00:00:01"),
        ("Advance 10 seconds", "00:00:11"),
        ("Advance 1 minute", "00:01:11"),
    ):
        page.get_by_role("button", name=name).click()
        expect(page.locator(".clock-time")).to_have_text(shown)

    assert served.clock.now() == START + 71


def test_the_clock_is_run_and_held(visit: OpenPage, served: MockServer) -> None:
    """And runs on the page as it does on the mock server."""
    page = visit("/").page
    expect(page.locator(".clock-state")).to_have_text("Paused")

    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.locator(".clock-state")).to_have_text("Running")
    assert not served.clock.held
    expect(page.locator(".clock-time")).not_to_have_text("00:00:00")

    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator(".clock-state")).to_have_text("Paused")
    assert served.clock.held


def test_the_clock_is_sped_up(visit: OpenPage, served: MockServer) -> None:
    """By a choice of speeds."""
    page = visit("/").page

    page.get_by_label("Speed").select_option("60.0")
    page.get_by_role("button", name="Resume", exact=True).click()

    expect(page.locator(".clock-speed")).to_contain_text("60")
    assert served.clock.speed == 60


def test_the_next_cue_is_the_next_change_of_a_job(visit: OpenPage, provider: Provider) -> None:
    """Again and again until nothing is due any more."""
    page = visit("/").page
    button = page.get_by_role("button", name="Next event")
    expect(button).to_be_disabled()
    provider.run()
    expect(page.locator(".job_row .sign")).to_have_text("queued")

    for word in ("dispatching", "running", "succeeded"):
        button.click()
        expect(page.locator(".job_row .sign")).to_have_text(word)

    expect(button).to_be_disabled()


def test_the_bar_of_a_job_grows_while_the_clock_runs(visit: OpenPage, provider: Provider) -> None:
    """By itself, without a word of the server."""
    provider.run(prefer="scenario=slow")
    page = visit("/").page
    now = page.locator(".bar .now")
    before = float((now.get_attribute("x1") or "").rstrip("%"))

    page.get_by_role("button", name="Resume", exact=True).click()

    page.wait_for_function(
        "before => parseFloat(document.querySelector('.bar .now').getAttribute('x1')) > before", arg=before
    )


def test_time_that_is_given_by_hand_is_followed(visit: OpenPage, served: MockServer) -> None:
    """No matter what moves the clock."""
    page = visit("/").page

    served.advance(3600)

    expect(page.locator(".clock-time")).to_have_text("01:00:00")
