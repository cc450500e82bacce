"""Readable in light and dark, on a phone, by keyboard, without motion."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from server.dashboard.exchanges import play_everything
from server.dashboard.visits import Provider, Visit

from mockreel.server.mock_server import MockServer

OpenPage = Callable[..., Visit]

PAGES = ("/", "/journal", "/deliveries", "/rules", "/readings", "/accounts", "/journal/1", "/journal/18")

# The contrast of every text that is shown, by the rules of WCAG 2: colours are put over each other where they are thin.
CONTRAST = """() => {
  const parse = (text) => {
    const parts = text.match(/[\\d.]+/g).map(Number);
    return parts.length > 3 ? parts : [...parts.slice(0, 3), 1];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || element.closest("svg, .visually-hidden, .skip, script, option")) continue;
    if (!element.checkVisibility() || element.closest(":disabled")) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const [a, b] = [light(over(parse(style.color), back)), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${element.className}: ${text.slice(0, 40)}`);
  }
  return found;
}"""

# The same for what is drawn: labels on the bar, the bar's states and signs beside what lies behind them.
DRAWN = """() => {
  const style = getComputedStyle(document.documentElement);
  const canvas = document.createElement("canvas").getContext("2d");
  const rgb = (name) => {
    canvas.fillStyle = style.getPropertyValue(name).trim();
    const hex = canvas.fillStyle;
    return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  };
  const light = (name) => {
    const even = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb(name).map((v) => even(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [a, b] = [light(one), light(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const found = {};
  for (const state of ["waiting", "starting", "working"]) {
    found[`label on ${state}`] = ratio("--fill-ink", `--fill-${state}`);
  }
  found["label on what is planned"] = ratio("--fill-ink", "--sunk");
  for (const state of ["waiting", "starting", "working", "succeeded", "failed", "cancelled", "partial"]) {
    found[`sign of ${state}`] = ratio(`--${state}`, "--panel");
  }
  found["focus"] = ratio("--focus", "--panel");
  found["edge of a control"] = ratio("--edge", "--panel");
  return found;
}"""


@pytest.fixture
def played(served: MockServer, provider: Provider) -> MockServer:
    """A mock server that has received a little of everything."""
    play_everything(served, provider)
    return served


def _pages(played: MockServer) -> list[str]:
    job = next(iter(played.simulator.provider("runflow").jobs))
    return [*PAGES, f"/jobs/runflow/{job.id}"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(visit: OpenPage, played: MockServer, scheme: Any) -> None:
    """At least 4.5 to 1, on every page."""
    one = visit("/", color_scheme=scheme, reduced_motion="reduce")
    poor = {path: one.go(path).page.evaluate(CONTRAST) for path in _pages(played)}

    assert {path: found for path, found in poor.items() if found} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_drawn_has_contrast(visit: OpenPage, scheme: Any) -> None:
    """Labels as text, 4.5 to 1; shapes and edges 3 to 1."""
    ratios = visit("/", color_scheme=scheme).page.evaluate(DRAWN)

    assert {name: r for name, r in ratios.items() if r < (4.5 if "label" in name or "sign" in name else 3)} == {}


def test_where_one_is_can_be_seen_on_a_phone(visit: OpenPage) -> None:
    """The list of tabs is wider than the screen; the one that is shown is scrolled to."""
    page = visit("/accounts", width=320).page

    expect(page.locator("nav [aria-current]")).to_be_in_viewport(ratio=0.9)


@pytest.mark.parametrize("width", [320, 360, 400])
def test_a_phone_needs_no_sideways_scrolling(visit: OpenPage, played: MockServer, width: int) -> None:
    """No page is wider than its screen, and the clock is at hand."""
    one = visit("/", width=width, height=720)
    wide = {}
    for path in _pages(played):
        page = one.go(path).page
        for details in page.locator("details").all():
            details.evaluate("element => { element.open = true; }")
        wide[path] = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        expect(page.get_by_role("button", name="Advance 1 second")).to_be_in_viewport()

    assert {path: over for path, over in wide.items() if over > 0} == {}


def test_a_finger_finds_the_buttons(visit: OpenPage, played: MockServer) -> None:
    """At least 24 pixels either way, as WCAG 2.2 wants it."""
    page = visit("/", width=360, height=720, has_touch=True).page
    sizes = page.eval_on_selector_all(
        "button, select, input:not([type=hidden])",
        "all => all.map(e => e.getBoundingClientRect()).map(r => [r.width, r.height])",
    )

    assert all(width >= 24 and height >= 24 for width, height in sizes)


def test_the_keyboard_is_enough(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """From the top to a job, to its buttons, and to its end: nothing needs a pointer, and the focus is seen."""
    provider.run()
    page = visit("/").page
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, ".job-id")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="google/veo3.1/lite")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("Live")
    _tab_to(page, "#job-complete")
    page.keyboard.press("Enter")
    expect(page.locator(".job-heading .sign")).to_have_text("succeeded")
    assert not served.simulator.provider("runflow").scheduler.in_flight


def test_the_clock_keeps_the_focus_while_it_is_stepped(visit: OpenPage) -> None:
    """Pressing the same key again and again steps again and again."""
    page = visit("/").page
    page.get_by_role("button", name="Advance 1 second").focus()
    for shown in ("00:00:01", "00:00:02", "00:00:03"):
        page.keyboard.press("Enter")
        expect(page.locator(".clock-time")).to_have_text(shown)
        expect(page.get_by_role("button", name="Advance 1 second")).to_be_focused()


def _tab_to(page: Any, selector: str) -> None:
    """Press Tab until an element is focused."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_a_page_has_landmarks_and_names(visit: OpenPage, played: MockServer) -> None:
    """One heading, one main, a name for each control, no id twice, one language; on every page."""
    one = visit("/")
    unnamed = {}
    for path in _pages(played):
        page = one.go(path).page
        assert page.locator("h1").count() == page.locator("main").count() == page.locator("header").count() == 1
        assert page.locator("html").get_attribute("lang") == "en"
        ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
        assert len(set(ids)) == len(ids), path
        unnamed[path] = page.eval_on_selector_all(
            "button, select, input:not([type=hidden])",
            "all => all.filter(e => !(e.textContent.trim() && e.tagName === 'BUTTON') && !e.labels?.length"
            " && !e.getAttribute('aria-label')).map(e => e.outerHTML)",
        )

    assert {path: found for path, found in unnamed.items() if found} == {}


def test_a_state_is_shown_by_more_than_colour(visit: OpenPage, played: MockServer) -> None:
    """Each has a word and a shape; the bar says in words what it shows."""
    page = visit("/").page
    signs = page.locator(".job_row .sign").evaluate_all(
        "all => all.map(e => [e.querySelector('use').getAttribute('href'), e.textContent.trim()])"
    )
    shapes: dict[str, set[str]] = {}
    for shape, word in signs:
        shapes.setdefault(shape, set()).add(word.lower())

    assert all(len(words) == 1 or words <= {"succeeded", "success", "completed"} for words in shapes.values())
    assert len(shapes) >= 4
    assert "running" in (page.locator(".bar").first.get_attribute("aria-label") or "").lower()


def test_reduced_motion_is_respected(visit: OpenPage, provider: Provider) -> None:
    """A changed block does not light up."""
    page = visit("/", reduced_motion="reduce").page
    provider.run()

    row = page.locator(".job_row")
    expect(row).to_have_count(1)
    assert row.evaluate("element => getComputedStyle(element).animationName") == "none"
