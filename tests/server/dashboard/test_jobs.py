"""A job's page: its exchanges, states, webhooks and result; and its buttons."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect
from server.dashboard.exchanges import TASKS, TRAM
from server.dashboard.visits import Provider, Visit
from support.local_http import WebhookReceiver, webhook_receiver

from mockreel.server.mock_server import MockServer

OpenPage = Callable[..., Visit]


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    """A receiver of callbacks that rejects the first attempt."""
    with webhook_receiver(lambda number: 500 if number == 1 else 200) as found:
        yield found


def test_a_job_is_completed_failed_and_cancelled(visit: OpenPage, provider: Provider) -> None:
    """With its buttons; afterwards they are at rest."""
    complete, fail, cancel = (provider.run() for _ in range(3))
    page = visit(f"/jobs/runflow/{complete}").page
    page.get_by_role("button", name="Complete").click()
    expect(page.locator(".job-heading .sign")).to_have_text("succeeded")
    expect(page.get_by_role("button", name="Complete")).to_be_disabled()

    page = visit(f"/jobs/runflow/{fail}").page
    page.get_by_label("Why it fails").select_option("model-unavailable")
    page.get_by_role("button", name="Fail").click()
    expect(page.locator(".job-heading .sign")).to_have_text("failed")
    expect(page.locator(".facts").first).to_contain_text("model-unavailable")
    assert provider.ask("GET", f"/v1/runs/{fail}").json()["failure_code"] == "MODEL_UNAVAILABLE"

    page = visit(f"/jobs/runflow/{cancel}").page
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".job-heading .sign")).to_have_text("canceled")


def test_no_button_offers_what_the_provider_has_not(visit: OpenPage, provider: Provider) -> None:
    """Where no job is ever cancelled."""
    made = provider.ask(
        "POST", "/v2/video/generations", {"model": "google/veo-3.1-t2v", "prompt": "A boat."}, provider="aimlapi"
    ).json()["id"]
    page = visit(f"/jobs/aimlapi/{made}").page

    expect(page.get_by_role("button", name="Complete")).to_be_enabled()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_the_cue_sheet_tells_everything_in_order(
    visit: OpenPage, provider: Provider, served: MockServer, hook: WebhookReceiver
) -> None:
    """Requests, states, attempts to deliver, each with its moment."""
    run = provider.run(callback=hook.url)
    served.advance(10)
    provider.ask("GET", f"/v1/runs/{run}")
    page = visit(f"/jobs/runflow/{run}").page

    reported = [" ".join(text.split()) for text in page.locator(".timeline_entry").all_inner_texts()]

    assert [text.split(" s ", 1)[1] for text in reported] == [
        "POST create_run 201",
        "queued",
        "dispatching",
        "running",
        "succeeded",
        "run.completed, attempt 1 500",
        "run.completed, attempt 2 200",
        "GET get_run 200",
    ]
    assert reported[0].startswith("+0.00 s")


def test_request_and_response_are_on_the_page(visit: OpenPage, provider: Provider) -> None:
    """The exchange that began the job stands open, with both bodies; the input by itself."""
    run = provider.run(prompt="A very particular boat.")
    page = visit(f"/jobs/runflow/{run}").page

    exchange = page.locator(".exchange_item").first
    expect(exchange.get_by_text("A very particular boat.").first).to_be_visible()
    expect(exchange).to_contain_text(f'"id": "{run}"')
    expect(page.locator("#h-input + pre")).to_contain_text('"duration": "6s"')


def test_a_delivery_is_sent_again(
    visit: OpenPage, provider: Provider, served: MockServer, hook: WebhookReceiver
) -> None:
    """With a button; the attempts are listed one by one."""
    run = provider.run(callback=hook.url)
    served.advance(10)
    page = visit("/deliveries").page
    row = page.locator(".delivery_row").first
    expect(row).to_contain_text("2 attempts")
    row.locator("summary").click()
    expect(row.locator(".attempts li")).to_have_count(2)
    expect(row).to_contain_text(run)

    row.get_by_role("button", name="Resend").click()
    expect(page.get_by_text("The webhook is sent again")).to_be_visible()
    served.advance(1)

    expect(page.locator(".delivery_row")).to_have_count(2)
    assert len(hook.received) == 3


def test_the_clip_plays(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """The very clip, under the page's own origin."""
    run = provider.run()
    page = visit(f"/jobs/runflow/{run}").page
    expect(page.get_by_text("No result yet")).to_be_visible()

    served.advance(10)

    video = page.locator("video")
    expect(video).to_be_visible()
    expect(video).to_have_js_property("videoWidth", 1280)
    expect(video).to_have_js_property("videoHeight", 720)
    assert video.evaluate("video => Math.round(video.duration)") == 6


# A model of each kind, as this contract has them.
KINDS = {"image": "img", "audio": "audio", "3d": "canvas[data-drawn]", "text": "figure pre"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_result_is_shown(visit: OpenPage, provider: Provider, served: MockServer, kind: str) -> None:
    """A picture, a sound, a rotating solid, a text."""
    simulated = served.simulator.provider("runninghub")
    model = next(
        (one for one in simulated.contract.models.values() if one.output in (kind, {"text": "string"}.get(kind))), None
    )
    if model is None:
        pytest.skip(f"no model of the contract makes {kind}")
    account = simulated.keyring.find("any-key")
    assert account is not None
    job = simulated.begin_for(
        account.account,
        simulated.default_template,
        lambda now, block: f"made-{kind}",
        now=simulated.clock.now(),
        kind="submit_task",
        model=model,
    )
    served.advance(60)

    shown = visit(f"/jobs/runninghub/{job.id}").page.locator(f"[data-region=job_clip] {KINDS[kind]}")

    expect(shown).to_be_visible()
    if kind == "image":
        assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


@pytest.mark.parametrize(
    ("path", "says"), [("jobs/runflow/nobody", "no job &#39;nobody&#39;"), ("job", "no page &#39;job&#39;")]
)
def test_what_is_not_there_is_reported(path: str, says: str, provider: Provider, served: MockServer) -> None:
    """With the name that was asked for, and a way back."""
    reply = provider.http.get(f"{served.control.url}/_mockreel/page/{path}")

    assert reply.status_code == 404
    assert says in reply.text
    assert "All jobs" in reply.text


def test_another_providers_words_are_shown(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """As it writes them on the wire."""
    task = provider.ask("POST", TASKS, TRAM, provider="runninghub").json()["taskId"]
    page = visit(f"/jobs/runninghub/{task}").page
    expect(page.locator(".job-heading .sign")).to_have_text("QUEUED")
    served.advance(10)
    expect(page.locator(".job-heading .sign")).to_have_text("SUCCESS")


def test_a_delivery_shows_its_job_provider_and_time(provider: Provider, visit: OpenPage) -> None:
    """In its line, before it is opened."""
    run = provider.run(callback="http://127.0.0.1:9/hook")
    provider.server.advance(10)

    summary = visit("/deliveries").page.locator(".delivery_row summary")

    expect(summary).to_contain_text("run.completed")
    expect(summary).to_contain_text(f"{run[:5]}…{run[-7:]}")
    expect(summary).to_contain_text("Runflow · 00:00:0")


def test_the_longest_state_does_not_touch_the_model(provider: Provider, visit: OpenPage) -> None:
    """Between the word and what stands beside it is room, at every width with columns."""
    provider.run(prefer="scenario=partial")
    provider.server.advance(10)

    for width in (1000, 1280, 1600):
        page = visit("/", width=width).page
        expect(page.locator(".job_row .sign")).to_have_text("partial_succeeded")
        sign, what = page.locator(".job_row .sign").bounding_box(), page.locator(".job_row .job-what").bounding_box()
        assert sign is not None
        assert what is not None
        assert sign["x"] + sign["width"] < what["x"] or sign["y"] + sign["height"] <= what["y"]
