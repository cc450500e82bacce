"""Nothing that a client sends runs or breaks the page, nothing leaves this machine, and strangers get nothing."""

from collections.abc import Callable, Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, expect
from server.dashboard.visits import INPUT, PAGE, RUNS, Provider, Visit
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from mockreel.server import create_app, serving
from mockreel.server.mock_server import MockServer

OpenPage = Callable[..., Visit]

EVIL = "\"'><script>window.ran = 1</script><img src=x onerror='window.ran = 2'><svg onload=alert(3)>{{7*7}}</textarea>"
PAGES = ("/", "/journal", "/deliveries", "/rules", "/readings", "/accounts")


def _send_evil(provider: Provider) -> str:
    """The worst in every place of a request that a client has; gives the id of a job that was made with it."""
    address = provider.server.runflow
    callback = 'http://127.0.0.1:9/"><script>window.ran=4</script>?x=<img src=x onerror=alert(5)>'
    body = {"input": {**INPUT, "prompt": EVIL}, "client_ref": EVIL, "metadata": {EVIL: EVIL}, "callback_url": callback}
    made = provider.ask("POST", RUNS, body, Idempotency_Key=EVIL, User_Agent=EVIL, Accept=EVIL)
    provider.ask("POST", RUNS, {"input": {EVIL: 1, "prompt": {EVIL: EVIL}, "duration": EVIL}})
    provider.ask("POST", "/v1/models/%22%3E%3Cscript%3Ewindow.ran=6%3C%2Fscript%3E/runs", {"input": INPUT})
    provider.ask("GET", f"/v1/runs/<script>window.ran=7</script>?q={EVIL}&{EVIL}=1")
    provider.ask("GET", f"/{EVIL}".replace(" ", "%20").replace("<", "%3C"))
    provider.ask("POST", RUNS, {"input": INPUT}, Prefer=f"scenario={EVIL}".replace(",", ""))
    headers = {"authorization": f"Bearer {address.key}", "content-type": "text/html"}
    provider.http.post(address.url + RUNS, content=EVIL.encode(), headers=headers)
    provider.http.post(address.url + RUNS, json={"input": INPUT}, headers={"authorization": f"Bearer invalid{EVIL}"})
    provider.http.request("BREW", address.url + "/v1/runs", headers=headers)
    files = {"file": (f"{EVIL}.png".replace("/", ""), b"\x89PNG", "image/png")}
    runninghub = provider.server.runninghub
    fields = {"apiKey": runninghub.key, "fileType": EVIL}
    provider.http.post(f"{runninghub.url}/task/openapi/upload", files=files, data=fields)
    provider.control("POST", "rules", {"scenario": "fail", "prompt": EVIL})
    assert made.status_code == 201
    return str(made.json()["id"])


def test_what_a_client_sends_never_runs(visit: OpenPage, provider: Provider, served: MockServer) -> None:
    """It stands on every page as text; no script of it runs, no element of it comes to be."""
    run = _send_evil(provider)
    served.advance(10)
    count = served.journal.count
    paths = [*PAGES, f"/jobs/runflow/{run}", *(f"/journal/{number}" for number in range(1, count + 1))]
    one = visit("/")
    shown = ""
    for path in paths:
        page = one.go(path).page
        for details in page.locator("details").all():
            details.evaluate("element => { element.open = true; }")
        assert page.evaluate("window.ran") is None, path
        assert page.locator("main script, main [onerror], main [onload], img[src=x]").count() == 0, path
        shown += page.locator("main").inner_text()
    for piece in ("<script>window.ran = 1</script>", "{{7*7}}", "window.ran=7", "</textarea>"):
        assert piece in shown
    assert "49" not in page.title()


def test_what_a_client_sends_while_the_page_is_open_never_runs(visit: OpenPage, provider: Provider) -> None:
    """What is inserted live is escaped by the same templates."""
    lists = [visit(path).page for path in ("/", "/journal", "/deliveries", "/rules", "/accounts")]

    _send_evil(provider)

    expect(lists[0].locator(".job_row")).to_have_count(1)
    expect(lists[3].locator(".rule_row")).to_contain_text("<script>window.ran = 1</script>")
    for page in lists:
        assert page.evaluate("window.ran") is None
        assert page.locator("main script, main [onerror], main [onload]").count() == 0


def test_a_filter_is_no_script_either(visit: OpenPage, provider: Provider) -> None:
    """What stands in the address of the page itself."""
    provider.run()
    page = visit(f"/?text={httpx2.QueryParams({'t': EVIL})['t']}&provider=%22%3E%3Cscript%3E").page

    assert page.evaluate("window.ran") is None
    expect(page.locator("input[name=text]")).to_have_value(EVIL.replace("+", " ").partition("&")[0])


@pytest.mark.parametrize("path", [*PAGES, "/jobs/runflow/nobody", "/journal/1", "/static/page.css", "/static/page.js"])
def test_every_response_has_the_policy(served: MockServer, provider: Provider, path: str) -> None:
    """No inline script or style, nobody's frame, no guessing of types."""
    provider.run()
    headers = provider.http.get(served.control.url + PAGE + path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_no_file_beside_its_own_is_served(served: MockServer, provider: Provider) -> None:
    """Neither templates nor what lies above."""
    for name in ("..%2Fsite.py", "%2e%2e/site.py", "..%2f..%2f..%2fpart.py", "base.html", "%2fetc%2fpasswd", "a%00b"):
        assert provider.http.get(f"{served.control.url}{PAGE}/static/{name}").status_code == 404


def test_an_upload_is_not_run_on_the_pages_origin(served: MockServer, provider: Provider) -> None:
    """Whatever type its sender gave it: a browser sandboxes it."""
    address = served.runninghub
    files = {"file": ("cat.png", b"<script>alert(1)</script>", "text/html")}
    headers = {"authorization": f"Bearer {address.key}"}
    made = provider.http.post(f"{address.url}/openapi/v2/media/upload/binary", files=files, headers=headers).json()

    reply = provider.http.get(made["data"]["download_url"])

    assert reply.status_code == 200
    assert reply.headers["content-security-policy"] == "sandbox"
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"host": "evil.example"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    ],
)
def test_other_sites_get_nothing(served: MockServer, provider: Provider, headers: dict[str, str]) -> None:
    """Neither a page nor a change."""
    for method, path in (("GET", PAGE + "/"), ("POST", "/_mockreel/clock/resume")):
        assert provider.http.request(method, served.control.url + path, headers=headers).status_code == 403
    assert served.clock.held


@pytest.fixture
def guarded() -> Iterator[MockServer]:
    """A server that requires a token, as one that other machines can reach."""
    with serving("runflow", token="an-old-token-of-24-signs", held=True) as server:
        yield server


def test_a_browser_tells_the_token_once(browser: Browser, guarded: MockServer) -> None:
    """In a form; then a cookie stands for it that no script and no other site can use, and that is not the token."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(guarded.control.url)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()

    page.get_by_label("Token").fill("a-wrong-token")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the token.")
    page.get_by_label("Token").fill("an-old-token-of-24-signs")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    page.get_by_role("button", name="Advance 1 second").click()
    expect(page.locator("#connection")).to_have_text("Live")
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/_mockreel/")
    assert "an-old-token-of-24-signs" not in str(cookie)
    assert "an-old-token-of-24-signs" not in page.content()
    context.close()


def test_without_the_token_access_is_denied(guarded: MockServer, provider: Provider) -> None:
    """No page, no stream, no clip, no control; a header or the cookie opens."""
    base = guarded.control.url
    html = {"accept": "text/html"}
    assert provider.http.get(f"{base}{PAGE}/", headers=html).status_code == 401
    for path in (f"{PAGE}/", f"{PAGE}/?live", f"{PAGE}/clips/runflow/x", "/_mockreel/jobs"):
        assert provider.http.get(base + path).status_code == 403
    wrong = provider.http.get(f"{base}{PAGE}/", headers={**html, "cookie": "mockreel-pass=abc"})
    assert wrong.status_code == 401
    bearer = {"authorization": "Bearer an-old-token-of-24-signs"}
    assert provider.http.get(f"{base}{PAGE}/", headers=bearer).status_code == 200

    entered = provider.http.post(f"{base}{PAGE}/enter", data={"token": "an-old-token-of-24-signs"})
    assert entered.status_code == 303
    foreign = provider.http.post(
        f"{base}{PAGE}/enter", data={"token": "an-old-token-of-24-signs"}, headers={"origin": "http://evil.example"}
    )
    assert foreign.status_code == 403


def test_the_page_works_below_a_mount() -> None:
    """Every address of it begins with the mount's."""
    outer = Starlette(routes=[Mount("/mounted", create_app("runflow", accept_any_key=True))])
    with TestClient(outer) as client:
        page = client.get("/mounted/_mockreel/", headers={"accept": "text/html"})

        assert str(page.url).endswith("/mounted/_mockreel/page/")
        assert 'href="/mounted/_mockreel/page/static/page.css' in page.text
        assert 'data-own="/mounted/_mockreel/"' in page.text
        assert client.get("/mounted/_mockreel/page/static/page.js").status_code == 200
