"""The site of several versions: each release has its own beside the others, chosen from a menu of every page."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from server.dashboard.browsers import ARGUMENTS, LACKING, find_browser
from support.lacking import lacking
from support.local_http import on_free_port, running
from tools.pages import ROOT
from tools.site_links import broken_links

pytest.importorskip("mike", reason="mike is not installed: no site of several versions is built")
MADE_OF = ("docs", ".ci/site", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
PUBLISHED = "gh-pages"
GUIDE = "guides/quickstart.md"


def _run(folder: Path, *words: str) -> bytes:
    identity = {
        f"GIT_{who}_{what}": text
        for who in ("AUTHOR", "COMMITTER")
        for what, text in (("NAME", "a test"), ("EMAIL", "test@example.com"))
    }
    own = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **identity, "PATH": own, "GIT_CONFIG_GLOBAL": os.devnull, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases, of which the second has changed a page; as the branch that is served holds them."""
    repository, site = tmp_path_factory.mktemp("repository"), tmp_path_factory.mktemp("published")
    for name in MADE_OF:
        source, target = ROOT / name, repository / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        else:
            shutil.copy(source, target)
    _run(repository, "git", "init", "--quiet", "--initial-branch", "main")
    for version in ("0.1", "0.2"):
        page = repository / "docs" / GUIDE
        page.write_text(f"{page.read_text('utf-8')}\nWritten for {version}.\n", "utf-8")
        _run(repository, "git", "add", "--all")
        _run(repository, "git", "commit", "--quiet", "--message", version)
        deploy = ("deploy", "--config-file", ".ci/site/mkdocs.yml", "--update-aliases", version, "latest")
        _run(repository, "mike", *deploy)
    _run(repository, "mike", "set-default", "--config-file", ".ci/site/mkdocs.yml", "latest")
    packed = _run(repository, "git", "archive", "--format", "tar", PUBLISHED)
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(site, filter="data")
    return site


def test_both_versions_stand_beside_each_other(published: Path) -> None:
    """Each with its own text; the latest is what the site begins with."""
    for version, other in (("0.1", "0.2"), ("0.2", "0.3")):
        text = (published / version / GUIDE).read_text("utf-8")
        assert f"Written for {version}." in text
        assert f"Written for {other}." not in text
    assert 'url=latest/"' in (published / "index.html").read_text("utf-8").replace("'", '"')


def test_every_page_has_the_menu_of_versions(published: Path) -> None:
    """It is filled from the list that lies beside the versions."""
    listed = json.loads((published / "versions.json").read_text("utf-8"))
    pages = [page for page in published.rglob("*.html") if len(page.relative_to(published).parts) > 1]
    without = [page for page in pages if '"provider": "mike"' not in page.read_text("utf-8").replace('":"', '": "')]

    assert [(row["version"], row["aliases"]) for row in listed] == [("0.2", ["latest"]), ("0.1", [])]
    assert len(pages) > 60
    assert [page.name for page in without if "http-equiv" not in page.read_text("utf-8")] == []


@pytest.mark.parametrize("version", ["0.1", "0.2"])
def test_no_link_of_a_version_is_broken_or_leaves_it(version: str, published: Path) -> None:
    """A page of one version leads to pages of the same."""
    assert sorted(set(broken_links(published / version))) == []


def test_each_version_has_its_own_search(published: Path) -> None:
    """So nobody finds a page of another one."""
    for version in ("0.1", "0.2"):
        index = json.loads((published / version / "search" / "search_index.json").read_text("utf-8"))
        assert f"Written for {version}." in json.dumps(index)


def test_the_menu_leads_from_one_version_to_the_other(published: Path) -> None:
    """In a browser: it lists both, and names the one that is read."""
    handler = partial(_Quiet, directory=str(published))
    with running(on_free_port(handler)) as port, sync_playwright() as playwright:
        path = find_browser(playwright.chromium.executable_path)
        if path is None:
            lacking("browser", LACKING)
        page = playwright.chromium.launch(executable_path=path, args=ARGUMENTS).new_page()
        site = f"http://127.0.0.1:{port}"
        page.goto(f"{site}/0.1/guides/quickstart.html")
        expect(page.locator(".md-version__current")).to_contain_text("0.1", timeout=30_000)
        links = [link.get_attribute("href") for link in page.locator(".md-version__link").all()]

    assert links == [f"{site}/0.2/", f"{site}/0.1/"]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing is printed."""
