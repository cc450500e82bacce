"""How fast the page is in a real browser, with 10,000 jobs and 100,000 exchanges behind it.

`nox -s page`, or `python -m bench.page [--jobs N] [--entries N]`; with `--serve` the mock server that is looked at.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
from playwright.sync_api import Browser, Page, sync_playwright
from server.dashboard.browsers import ARGUMENTS, LACKING, find_browser

from bench.cases import first_act, without_callback
from bench.figures import Figure, middle, number, quantile, table
from mockreel.contract.messages.message import Request
from mockreel.server.server_options import Options
from mockreel.server.socket_server import Server

PATHS = {
    "jobs": "/",
    "jobs, page 200": "/?page=200",
    "jobs that failed": "/?state=failed",
    "a job": "/jobs/{provider}/{id}",
    "journal": "/journal",
    "journal, page 2,000": "/journal?page=2000",
    "journal, a text": "/journal?text=000042",
    "an exchange": "/journal/{number}",
    "accounts": "/accounts",
    "rules": "/rules",
}
ROUNDS = 5
UPDATES = 40
PROVIDER = "runflow"
# What is measured in the page: when its first content was painted, and when the last byte had come.
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
# Notes the moment at which each new text of the list's first row is painted.
WATCH = """() => {
  window.seen = {};
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
  }).observe({ type: "longtask" });
  new MutationObserver(() => requestAnimationFrame(() => {
    const row = document.querySelector(".job_row, .entry_row");
    const key = row.dataset.key + " " + (row.querySelector(".sign")?.textContent.trim() ?? "");
    window.seen[key] ??= Date.now();
  })).observe(document.querySelector("[data-region=job_row], [data-region=entry_row]"), { childList: true });
}"""


def main() -> None:
    """Serve in one process, look from another, print the figures and whether they are met."""
    parser = argparse.ArgumentParser(prog="nox -s page --", description="Measure the page in a real browser.")
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--json", type=Path, metavar="PATH", help="write every figure to this file")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.jobs, options.entries, options.serve)
        return
    with sync_playwright() as playwright:
        path = find_browser(playwright.chromium.executable_path)
        if path is None:
            sys.exit(f"Nothing was measured: {LACKING}.")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        with served(options.jobs, options.entries) as place:
            found = [*first_paints(browser, place), *updates(browser, place), *bounds(browser, place)]
        browser.close()
    print(f"The page with {options.jobs:,} jobs and {options.entries:,} exchanges.")
    print(*table(("figure", "value", "", "spread"), map(_row, found)), sep="\n")
    print("\nAims", *(figure.verdict() for figure in found if figure.aim is not None), sep="\n")
    if options.json:
        options.json.write_bytes(orjson.dumps([figure.row() for figure in found], option=orjson.OPT_INDENT_2))


def _row(figure: Figure) -> tuple[str, ...]:
    spread = f"{number(figure.spread[0])} to {number(figure.spread[1])}" if figure.spread else ""
    return figure.name, number(figure.value), figure.unit, spread


def serve(jobs: int, entries: int, ready: Path) -> None:
    """A mock server with that many jobs and exchanges, until the process is ended."""
    server = Server(Options(held=True, start=1_767_225_600.0))
    simulator = server.server.simulator
    simulator.journal._most_bytes = 1 << 30  # as many whole exchanges as needed
    provider, act = simulator.provider(PROVIDER), first_act(PROVIDER)
    assert act is not None
    key = server.server.addresses[PROVIDER].key
    headers = [(b"authorization", b"Bearer " + key.encode()), (b"content-type", b"application/json")]
    body = orjson.dumps(without_callback(act.submit.body))
    base = server.server.addresses[PROVIDER].url
    for count in range(jobs):
        prefer = [(b"prefer", b"scenario=fail")] if count % 20 == 0 else []
        provider.clock.advance_to(provider.clock.now() + 0.01)
        provider.answer(Request(act.submit.method, act.submit.path, [*headers, *prefer], b"", body, base))
    ids = [job.id for job in provider.jobs]
    for count in range(entries - jobs):
        provider.answer(Request("GET", f"/v1/runs/{ids[count % jobs]}", headers, b"", b"", base))
    place = {
        "control": server.server.control.url,
        "url": base,
        "key": key,
        "id": ids[-1],
        "number": simulator.journal.count,
    }
    place |= {"path": act.submit.path, "body": without_callback(act.submit.body)}
    place |= {"resident": _resident(), "kept": len(simulator.journal)}

    def announce() -> None:
        ready.write_bytes(orjson.dumps(place))

    server.run(ready=announce)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@contextmanager
def served(jobs: int, entries: int) -> Iterator[dict[str, Any]]:
    """The mock server in a process of its own; gives its address."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        sizes = ["--jobs", str(jobs), "--entries", str(entries)]
        process = subprocess.Popen([sys.executable, "-m", "bench.page", *sizes, "--serve", str(ready)])
        try:
            while not ready.exists() or not ready.read_bytes().endswith(b"}"):
                if process.poll() is not None:
                    sys.exit("The mock server could not be started.")
                time.sleep(0.1)
            yield {**orjson.loads(ready.read_bytes()), "process": process.pid}
        finally:
            process.terminate()
            process.wait(10)


def _open(browser: Browser, place: dict[str, Any], path: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(place["control"] + "/_mockreel/page" + path.format(provider=PROVIDER, **place))
    page.locator("#connection.on").wait_for(state="attached")
    return page


def first_paints(browser: Browser, place: dict[str, Any]) -> list[Figure]:
    """Milliseconds from asking for a page to its first content, each time in a fresh context."""
    found = []
    for name, path in PATHS.items():
        taken = []
        for _ in range(ROUNDS):
            page = _open(browser, place, path)
            taken.append(float(page.evaluate(PAINTED)))
            page.context.close()
        found.append(middle(f"first paint: {name}", taken, "ms", aim=1000, at_most=True))
    return found


def updates(browser: Browser, place: dict[str, Any]) -> list[Figure]:
    """Milliseconds from sending a request to its row being painted, and from a step of the clock to the new state."""
    page = _open(browser, place, "/")
    page.evaluate(WATCH)
    appeared, changed = [], []
    with httpx2.Client(headers={"authorization": f"Bearer {place['key']}"}) as http:
        for _ in range(UPDATES):
            began = time.time()
            job = http.post(place["url"] + place["path"], json=place["body"]).json()["id"]
            appeared.append(_seen(page, f"{PROVIDER}/{job} queued") - began * 1000)
            began = time.time()
            http.post(place["control"] + "/_mockreel/clock/advance", json={"seconds": 60})
            changed.append(_seen(page, f"{PROVIDER}/{job} succeeded") - began * 1000)
    longest = float(page.evaluate("window.longest"))
    page.context.close()
    return [
        Figure(
            "update: a job appears, median", quantile(appeared, 0.5), "ms", 100, True, (min(appeared), max(appeared))
        ),
        Figure("update: a job appears, 95 of 100", quantile(appeared, 0.95), "ms", 100, True),
        Figure("update: a job ends, median", quantile(changed, 0.5), "ms", 100, True, (min(changed), max(changed))),
        Figure("update: a job ends, 95 of 100", quantile(changed, 0.95), "ms", 100, True),
        Figure("longest task of the browser meanwhile", longest, "ms", 100, True),
    ]


def _seen(page: Page, key: str) -> float:
    """When a row was painted, in milliseconds since the epoch."""
    handle = page.wait_for_function("key => window.seen[key]", arg=key, polling=5)
    return float(handle.json_value())


def bounds(browser: Browser, place: dict[str, Any]) -> list[Figure]:
    """What a page that stays open holds before and after a thousand jobs, and what the server grows by."""
    page = _open(browser, place, "/")
    size = "() => { window.gc?.(); return [document.querySelectorAll('*').length, performance.memory.usedJSHeapSize]; }"
    nodes, heap = page.evaluate(size)
    with httpx2.Client(headers={"authorization": f"Bearer {place['key']}"}) as http:
        for _ in range(1000):
            job = http.post(place["url"] + place["path"], json=place["body"]).json()["id"]
    page.locator(f'[data-key="{PROVIDER}/{job}"]').wait_for()
    nodes_after, heap_after = page.evaluate(size)
    page.context.close()
    return [
        Figure("elements on the page", nodes, "", 5000, True),
        Figure("elements after 1,000 more jobs", nodes_after, "", 5000, True),
        Figure("memory of the page's script", heap / 1e6, "MB"),
        Figure("memory after 1,000 more jobs", heap_after / 1e6, "MB", 50, True),
        Figure("memory of the server", place["resident"] / 1e6, "MB"),
        Figure("exchanges in its journal", place["kept"], ""),
    ]


if __name__ == "__main__":
    main()
