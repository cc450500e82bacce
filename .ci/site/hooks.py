"""What the site has beside the pages of docs/: README and CHANGELOG, and each page as Markdown, for programs.

Links to files of the checkout that are no pages lead to where the repository is, if MOCKREEL_REPOSITORY_URL names it;
otherwise their text stays without a link.
"""

import os
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
# Pages at the top of the checkout, under the names that they have on the site.
TOP = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages at the top of the checkout."""
    for source, name in TOP.items():
        text = (ROOT / source).read_text("utf-8")
        files.append(File.generated(config, name, content=moved(text, "", name)))
    for file in list(files):
        if file.src_uri.startswith(("node/src/", "node/test/")) or "node_modules" in file.src_uri:
            files.remove(file)
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """A page with links that lead to where their targets are on the site."""
    if page.file.src_uri in TOP.values():
        return markdown
    return moved(markdown, f"docs/{posixpath.dirname(page.file.src_uri)}", page.file.src_uri)


def on_post_build(*, config: Any) -> None:
    """Write each page as Markdown beside its HTML, and all of them in one file."""
    site, docs = Path(config["site_dir"]), Path(config["docs_dir"])
    every: list[str] = []
    for source, name in sorted(pages(docs).items(), key=lambda pair: (pair[1] != "index.md", pair[1])):
        text = source.read_text("utf-8")
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, "utf-8")
        every.append(f"<!-- {name} -->\n\n{text}")
    (site / "llms-full.txt").write_text("\n".join(every), "utf-8")


def pages(docs: Path) -> dict[Path, str]:
    """Every page by its file, with its name on the site."""
    found = {path: path.relative_to(docs).as_posix() for path in docs.rglob("*.md") if "node_modules" not in path.parts}
    return found | {ROOT / source: name for source, name in TOP.items()}


def moved(text: str, folder: str, page: str) -> str:
    """A text with links as they are on the site.

    Args:
        folder: where the file lies in the checkout.
        page: its name on the site.
    """

    def link(found: re.Match[str]) -> str:
        image, label, target, anchor = found[1], found[2], found[3], found[4] or ""
        if not target or "://" in target or target.startswith("mailto:"):
            return found[0]
        path = posixpath.normpath(posixpath.join(folder, target))
        place = TOP.get(path, path.removeprefix("docs/") if path.startswith("docs/") else None)
        if place is not None:
            return f"{image}[{label}]({posixpath.relpath(place, posixpath.dirname(page) or '.')}{anchor})"
        repository = os.environ.get("MOCKREEL_REPOSITORY_URL")
        return f"[{label}]({repository}/blob/main/{path}{anchor})" if repository else label

    return _LINK.sub(link, text)
