"""Take the pictures of the page that the docs show: `nox -s pictures`, or `python -m tools.pictures [FOLDER]`."""

import sys
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, sync_playwright
from server.dashboard.browsers import ARGUMENTS, LACKING, find_browser
from server.dashboard.exchanges import TASKS, TRAM
from server.dashboard.visits import PAGE, RUNS, Provider
from support.caller import START
from support.local_http import webhook_receiver

from mockreel.server import serving

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
# A picture is shown in a README: larger is too large.
MOST_BYTES = 200_000
WIDE, PHONE = (1280, 800), (390, 844)
FAST = "/v1/models/google/veo3.1/fast/image-to-video/runs"


def main() -> None:
    """Run some jobs, and take a picture of each page."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = find_browser(playwright.chromium.executable_path)
        if path is None:
            sys.exit(f"No picture was taken: {LACKING}.")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        with (
            webhook_receiver(lambda number: 503 if number % 2 else 200) as hook,
            serving(held=True, start=START + 36_000) as server,
            httpx2.Client() as http,
        ):
            provider = Provider(server, http)
            run, refused = scene(provider, hook.url)
            base = server.control.url + PAGE
            take(browser, f"{base}/", folder / "jobs-light.png", scheme="light")
            take(browser, f"{base}/", folder / "jobs-dark.png", scheme="dark")
            take(browser, f"{base}/", folder / "phone.png", scheme="dark", size=PHONE)
            take(browser, f"{base}/jobs/runflow/{run}", folder / "job.png", scheme="light", size=(1280, 960))
            take(browser, f"{base}/journal/{refused}", folder / "refusal.png", scheme="light", size=(1280, 720))
        browser.close()


def scene(provider: Provider, hook: str) -> tuple[str, int]:
    """Jobs of every state, error responses, callbacks that were tried again; gives a run and a refused exchange."""
    server = provider.server
    run = provider.run(prompt="A paper boat crosses a puddle.", callback=hook)
    provider.run(prefer="scenario=fail; code=model-unavailable")
    server.advance(7)
    for _ in range(2):
        provider.ask("GET", f"/v1/runs/{run}")
    picture = {"prompt": "The boat turns.", "image_url": "https://pictures.example/boat.png", "duration": "8s"}
    provider.ask("POST", FAST, {"input": picture})
    late = provider.run(prompt="A lighthouse at dusk.")
    server.advance(0.8)
    provider.ask("POST", f"/v1/admin/runs/{late}/cancellation", key=server.runflow.key.replace("rf_live_", "rf_svc_"))
    provider.ask("POST", TASKS, TRAM, provider="runninghub")
    server.advance(11)
    provider.ask("POST", RUNS, {"input": {"prompt": "A boat.", "duration": "7s", "resolution": "9k"}})
    refused = server.journal.count
    provider.run(prefer="scenario=partial")
    video = {"model": "google/veo-3.1-t2v", "prompt": "A kite over dunes."}
    provider.ask("POST", "/v2/video/generations", video, provider="aimlapi")
    server.advance(8)
    provider.run(prefer="scenario=stuck", prompt="A train that never arrives.")
    provider.ask("POST", TASKS, TRAM, provider="runninghub")
    server.advance(1.4)
    provider.ask("POST", "/v2/video/generations", video, provider="aimlapi")
    provider.run(prompt="A paper boat, again.")
    server.advance(0.9)
    provider.run(prompt="One more boat.")
    return run, refused


def take(browser: Browser, url: str, path: Path, *, scheme: str, size: tuple[int, int] = WIDE) -> None:
    """One picture, once the page is followed and stands still."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    page.locator("#connection.on").wait_for(state="attached")
    page.wait_for_function("() => [...document.querySelectorAll('video')].every(video => video.readyState >= 2)")
    taken = page.screenshot(path=path, animations="disabled")
    context.close()
    if len(taken) > MOST_BYTES:
        sys.exit(f"{path} has {len(taken)} bytes, more than {MOST_BYTES}.")
    sys.stdout.write(f"{path.name} {len(taken):,} bytes\n")


if __name__ == "__main__":
    main()
