"""Fetching from a server of our own: only what changed, one at a time, bounded; each page fails by itself."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from support.local_http import QuietHandler, on_free_port, running

from mockreel.authoring.fetch import Fetched, Limits, SourcePage, fetch, source_pages
from mockreel.cli import group
from mockreel.errors import DataError

HUSH = "hush-Zk4mPq9XwL2vTn8B"


@dataclass
class Site:
    """A site with a few pages; `asked` has the path and the conditions of each request."""

    url: str = ""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0


@pytest.fixture
def site() -> Iterator[Site]:
    """The site, on a free port of this machine."""
    site = Site()

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            site.at_once += 1
            site.most_at_once = max(site.most_at_once, site.at_once)
            condition = self.headers.get("If-None-Match") or self.headers.get("If-Modified-Since")
            site.asked.append((self.path, condition))
            status, headers, body = site.pages.get(self.path, (404, {}, b"no such page"))
            if condition and condition in (headers.get("ETag"), headers.get("Last-Modified")):
                status, body = 304, b""
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            site.at_once -= 1  # before the response leaves: its reader may ask again at once
            self.end_headers()
            self.wfile.write(body)

    with running(on_free_port(Handler)) as port:
        site.url = f"http://127.0.0.1:{port}"
        yield site


def _fetch(site: Site, out: Path, *paths: str, **limits: Any) -> list[Fetched]:
    pages = [SourcePage("acme", path.strip("/"), site.url + path, f"pages{path}.md") for path in paths]
    return list(fetch(pages, out, limits=Limits(**limits), pause=lambda _: None))


def test_a_page_is_fetched_again_only_if_it_changed(site: Site, tmp_path: Path) -> None:
    """New, then unchanged by its tag, then changed."""
    site.pages["/a"] = 200, {"ETag": '"1"'}, b"one"
    assert [one.outcome for one in _fetch(site, tmp_path, "/a")] == ["new"]
    assert [one.outcome for one in _fetch(site, tmp_path, "/a")] == ["same"]

    site.pages["/a"] = 200, {"ETag": '"2"'}, b"two"
    assert [one.outcome for one in _fetch(site, tmp_path, "/a")] == ["changed"]
    assert (tmp_path / "pages/a.md").read_bytes() == b"two"
    assert [condition for _, condition in site.asked] == [None, '"1"', '"1"']


def test_a_page_is_requested_with_the_date_of_its_last_change(site: Site, tmp_path: Path) -> None:
    """Where the site sends no tag."""
    site.pages["/a"] = 200, {"Last-Modified": formatdate(0, usegmt=True)}, b"one"
    _fetch(site, tmp_path, "/a")

    assert [one.outcome for one in _fetch(site, tmp_path, "/a")] == ["same"]
    assert [condition for _, condition in site.asked] == [None, formatdate(0, usegmt=True)]


@pytest.mark.parametrize("date", [formatdate(4e9, usegmt=True), "yesterday"])
def test_an_ambiguous_date_is_no_condition(site: Site, tmp_path: Path, date: str) -> None:
    """A page may change again in the second of its response; a date that cannot be read says nothing."""
    site.pages["/a"] = 200, {"Last-Modified": date}, b"one"
    _fetch(site, tmp_path, "/a")
    site.pages["/a"] = 200, {"Last-Modified": date}, b"two"

    assert [one.outcome for one in _fetch(site, tmp_path, "/a")] == ["changed"]


def test_a_page_missing_in_the_folder_is_requested_without_conditions(site: Site, tmp_path: Path) -> None:
    """A 304 would leave the folder without it."""
    site.pages["/a"] = 200, {"ETag": '"1"'}, b"one"
    _fetch(site, tmp_path, "/a")
    (tmp_path / "pages/a.md").unlink()

    assert [one.outcome for one in _fetch(site, tmp_path, "/a")] == ["new"]


def test_each_failure_is_of_its_page_and_the_others_are_fetched(site: Site, tmp_path: Path) -> None:
    """Missing, too large, empty, moved in a circle: each says why, and what was there before stays."""
    site.pages |= {
        "/large": (200, {}, b"x" * 2000),
        "/empty": (200, {}, b" \n"),
        "/round": (302, {"Location": "/round"}, b""),
        "/unsafe": (302, {"Location": "file:///secret"}, b""),
        "/good": (200, {}, b"good"),
    }
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/large.md").write_bytes(b"before")

    found = _fetch(site, tmp_path, "/gone", "/large", "/empty", "/round", "/unsafe", "/good", most_bytes=1000)

    assert [(one.outcome, one.why.split(" to ")[0]) for one in found] == [
        ("failed", "answered with 404"),
        ("failed", "larger than 1000 bytes"),
        ("failed", "empty"),
        ("failed", "moved more than 3 times"),
        ("failed", "moved"),
        ("new", ""),
    ]
    assert (tmp_path / "pages/large.md").read_bytes() == b"before"


@pytest.mark.parametrize(
    "target",
    ["http://[::1", "javascript:\x1b]0;x", f"ftp://{'a' * 70_000}", f"ftp://u:{HUSH}@x.example/?token={HUSH}"],
    ids=["no address", "control characters", "long", "secrets"],
)
def test_a_move_to_where_nothing_can_be_fetched_is_a_failure_of_its_page(
    site: Site, tmp_path: Path, target: str
) -> None:
    """In a short line without the secrets of the address; the next page is fetched."""
    site.pages |= {"/moved": (302, {"Location": target}, b""), "/good": (200, {}, b"good")}

    moved, good = _fetch(site, tmp_path, "/moved", "/good")

    assert (moved.outcome, good.outcome) == ("failed", "new")
    assert HUSH not in moved.line()
    assert len(moved.line()) < 500


def test_a_response_that_is_none_is_a_failure_without_its_text(tmp_path: Path) -> None:
    """The HTTP library quotes the line that it could not read."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            one, _ = listening.accept()
            with one:
                one.recv(4096)
                one.sendall(f"{HUSH}\r\n\r\n".encode())

        threading.Thread(target=answer, daemon=True).start()
        page = SourcePage("acme", "a", f"http://127.0.0.1:{listening.getsockname()[1]}/a", "a.md")
        (found,) = fetch([page], tmp_path, limits=Limits(timeout=5), pause=lambda _: None)

    assert found.why == "RemoteProtocolError: illegal status line"


def test_a_page_that_comes_too_slowly_is_a_failure(site: Site, tmp_path: Path) -> None:
    """Each part in time is not the whole in time."""
    site.pages["/slow"] = 200, {}, b"slow"
    moments = iter([0.0, 51.0, 51.0])
    page = SourcePage("acme", "slow", f"{site.url}/slow", "slow.md")

    (found,) = fetch([page], tmp_path, limits=Limits(timeout=5), pause=lambda _: None, now=lambda: next(moments))

    assert (found.outcome, found.why) == ("failed", "not complete within 50 s")


@pytest.mark.parametrize("kept", ['"é"', 5, None, ["x"], "two\nlines"], ids=repr)
def test_a_validator_that_no_header_can_carry_is_not_sent(site: Site, tmp_path: Path, kept: Any) -> None:
    """Whether the site sent it or somebody wrote it into the file; the page is fetched whole."""
    site.pages["/a"] = 200, {"ETag": '"é"'}, b"one"
    _fetch(site, tmp_path, "/a")
    state = json.loads((tmp_path / "fetched.json").read_text())
    assert "etag" not in state[f"{site.url}/a"]
    state[f"{site.url}/a"]["etag"] = kept
    (tmp_path / "fetched.json").write_text(json.dumps(state))

    assert [one.outcome for one in _fetch(site, tmp_path, "/a")] == ["same"]
    assert [condition for _, condition in site.asked] == [None, None]


def test_a_server_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    """The outcome has the reason."""
    page = SourcePage("acme", "a", "http://127.0.0.1:1/a", "a.md")
    (found,) = fetch([page], tmp_path, limits=Limits(timeout=2), pause=lambda _: None)

    assert found.outcome == "failed"
    assert "ConnectError" in found.why


def test_one_request_at_a_time_with_a_pause_between_those_to_one_host(site: Site, tmp_path: Path) -> None:
    """The first is not waited for; a move is a request too."""
    site.pages |= {"/a": (200, {}, b"a"), "/b": (301, {"Location": "/a"}, b"")}
    waited: list[float] = []
    pages = [SourcePage("acme", name, f"{site.url}/{name}", f"{name}.md") for name in ("a", "b")]

    outcomes = [one.outcome for one in fetch(pages, tmp_path, limits=Limits(pause=7), pause=waited.append)]

    assert outcomes == ["new", "new"]
    assert waited == [7, 7]
    assert site.most_at_once == 1


def test_pages_go_where_build_looks_for_them(site: Site, tmp_path: Path) -> None:
    """Documented sources with an address; `fetch` is where their text is; a pinned file never changes."""
    row = {"url": f"{site.url}/page", "kind": "documented"}
    root = _data(
        tmp_path,
        {
            "read": {**row, "fetch": f"{site.url}/page.md"},
            "beside": row,
            "gone": {**row, "fetch": "none"},
            "pinned": {**row, "url": "https://example.com/blob/abc/file.json"},
            "client": {**row, "kind": "client"},
            "ours": {"kind": "inferred"},
        },
    )

    assert [(page.source, page.url.removeprefix(site.url), page.file) for page in source_pages(root, "acme")] == [
        ("read", "/page.md", "seeds/read.txt"),
        ("beside", "/page", "pages/acme/beside.html"),
    ]


def test_an_address_that_is_none_is_an_error(tmp_path: Path) -> None:
    """It names the source."""
    root = _data(tmp_path, {"odd": {"url": "ftp://example.com/a", "kind": "documented"}})

    with pytest.raises(DataError, match=r"/sources/odd: 'ftp://example.com/a' is not an address"):
        source_pages(root, "acme")


def test_the_command_fetches_reports_and_fails_for_what_failed(site: Site, tmp_path: Path) -> None:
    """A line for each page; exit code 1 where one failed."""
    site.pages["/good.md"] = 200, {}, b"good"
    root = _data(tmp_path, {name: {"url": f"{site.url}/{name}.md", "kind": "documented"} for name in ("good", "bad")})

    result = _run(root, tmp_path / "out")

    assert result.exit_code == 1
    assert f"new     acme good  {site.url}/good.md -> pages/acme/good.md" in result.output
    assert f"failed  acme bad  {site.url}/bad.md: answered with 404" in result.output
    assert "1 of 2 pages failed" in result.output
    assert (tmp_path / "out/pages/acme/good.md").read_bytes() == b"good"
    assert _run(root, tmp_path / "out", "--list").output.count(" -> ") == 2


def _run(root: Path, out: Path, *more: str) -> Result:
    requested = ["docs", "fetch", "--data", str(root), "--out", str(out), "--pause", "0", *more]
    return CliRunner().invoke(group, requested)


def _data(tmp_path: Path, sources: dict[str, Any]) -> Path:
    root = tmp_path / "data"
    (root / "schemas/acme").mkdir(parents=True)
    (root / "contracts/acme").mkdir(parents=True)
    (root / "contracts/acme/openapi.json").write_text("{}", encoding="utf-8")
    build = [{"reader": "runflow-page", "pages": [{"file": "seeds/read.txt", "source": "read"}]}]
    document = {"sources": sources, "build": build}
    (root / "schemas/acme/sources.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return root
