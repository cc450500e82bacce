"""The documentation as a site: every link leads somewhere, search knows the pages, each page is there as Markdown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tools.llms import FILE, llms_text
from tools.pages import ROOT, pages
from tools.site_links import broken_links, read_links

pytest.importorskip("mkdocs", reason="mkdocs is not installed: the site is not built")
CONFIG = ROOT / ".ci" / "site" / "mkdocs.yml"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `nox -s site` builds it."""
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-f", str(CONFIG), "-d", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_link_leads_somewhere(site: Path) -> None:
    """To a file of the site, and to a heading that it has."""
    assert sorted(set(broken_links(site))) == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """No font, script or picture of another host."""
    foreign = [
        link
        for path in site.rglob("*.html")
        for link in read_links(path).links
        if "://" in link and link.endswith((".js", ".css", ".woff2", ".png", ".svg"))
    ]
    assert foreign == []


def test_search_finds_every_page(site: Path) -> None:
    """By its address."""
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    found = {row["location"].partition("#")[0] for row in index["docs"]}
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"404.html"}

    assert built <= found


def test_each_page_is_there_as_markdown(site: Path) -> None:
    """Beside its HTML, word for word; and all of them in one file."""
    every = (site / "llms-full.txt").read_text("utf-8")
    for page in pages():
        at = page.name.removeprefix("docs/")
        name = at if page.name.startswith("docs/") else "index.md" if at == "README.md" else at.lower()
        assert (site / name).read_text("utf-8") == page.text
        assert page.text in every


def test_llms_txt_lists_the_pages_as_they_are(site: Path) -> None:
    """Written by `python tests/tools/write_docs.py`; each address is a file of the site."""
    text = FILE.read_text("utf-8")
    addresses = [line.partition("](")[2].partition(")")[0] for line in text.splitlines() if line.startswith("- [")]

    assert text == llms_text()
    assert (site / "llms.txt").read_text("utf-8") == text
    assert [address for address in addresses if not (site / address).is_file()] == []
