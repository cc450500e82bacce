"""`docs/llms.txt`: the pages with one line each, for programs that read the docs (https://llmstxt.org)."""

import re

from tools.pages import ROOT, Page, pages

FILE = ROOT / "docs" / "llms.txt"
_HEAD = """\
# mockreel

> A local mock server for three paid, asynchronous video-generation APIs: Runflow, AI/ML API and RunningHub. Requests to
> it cost nothing. A coding agent reads agents/mockreel/SKILL.md first: it says how to cause no cost.

Each page is Markdown, here and on the site.
"""
_SHELVES = {
    "agents": "Agents",
    "guides": "Guides",
    "reference": "Reference",
    "maintain": "Maintain",
    "node": "Node package",
}


def llms_text() -> str:
    """The text, from the pages as they are."""
    parts = [_HEAD]
    for folder, title in _SHELVES.items():
        own = [page for page in pages() if page.name.startswith(f"docs/{folder}/")]
        parts.append("\n".join([f"## {title}", "", *(_line(page) for page in own), ""]))
    return "\n".join(parts)


def _line(page: Page) -> str:
    title = re.search(r"^# (.+)$", page.text, re.MULTILINE)
    return f"- [{title[1] if title else page.name}]({page.name.removeprefix('docs/')}): {_first(page)}"


def _first(page: Page) -> str:
    """The first sentence behind the title, in one line and without links."""
    paragraphs = page.prose.partition("\n# ")[2] or page.prose.removeprefix("# ")
    text = next(
        part
        for part in paragraphs.split("\n\n")[1:]
        if part.strip() and not part.lstrip().startswith(("<!--", "|", "#"))
    )
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(text.split()))
    return re.split(r"(?<=[.!?]) (?=[A-Z`\[])", plain)[0]
