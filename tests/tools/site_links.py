"""The links of a built site, and those that lead nowhere."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Links(HTMLParser):
    """The addresses and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [text for name in ("href", "src") if (text := given.get(name))]
        self.anchors |= {text for text in (given.get("id"), given.get("name")) if text}


def read_links(path: Path) -> Links:
    """Of one page."""
    found = Links()
    found.feed(path.read_text("utf-8"))
    return found


def broken_links(site: Path) -> Iterator[str]:
    """Each as the page and the link; anchors, too."""
    read = {path: read_links(path) for path in site.rglob("*.html")}
    for path, page in read.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or path.name == "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchored = not parts.fragment or target not in read or parts.fragment in read[target].anchors
            if not target.is_file() or not anchored:
                yield f"{path.relative_to(site)}: {link}"
