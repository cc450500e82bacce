"""The pages of the docs: where they are, their fenced blocks with the marks above them, their links and headings.

A mark is an HTML comment on a line of its own, right above a block, and readers do not see it:

    <!-- not tested: REASON -->   the block is shown and not run
    <!-- elsewhere: TEST -->      the block is run by that test, which needs more than a shell
    <!-- exit: N -->              the command ends with that code
    <!-- output -->               the block is what the block before it prints; `...` stands for any text
    <!-- demo -->                 the block is a part of what the demo prints

A block is a file where the paragraph above it says so, in words that readers see: "Save this as `NAME`:". It is written
to a file of that name, beside which the later blocks run.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(\w*)\s*$")
_MARK = re.compile(r"^<!-- (not tested|elsewhere|exit|output|demo)(?:: (.+?))? -->$")
_FILE = re.compile(r"\bSave\b[^.:]*? as\s+`([^`/]+)`[^`]*?[:.]")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `marks` holds what the comments above it say, by their first word."""

    page: str
    line: int
    language: str
    text: str
    marks: Mapping[str, str]

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it is written; `name` is its path below the checkout."""

    name: str
    text: str

    @property
    def blocks(self) -> list[Block]:
        return list(_blocks(self))

    @property
    def prose(self) -> str:
        """The page without its blocks."""
        lines = self.text.splitlines()
        for block in self.blocks:
            for number in range(block.line - 1, block.line + 1 + block.text.count("\n")):
                lines[number] = ""
        return "\n".join(lines)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """The headings as a link names them."""
        headings = (found[1] for line in self.prose.splitlines() if (found := _HEADING.match(line)))
        return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def pages() -> list[Page]:
    """Every page: those at the top of the checkout, then those below docs/."""
    paths = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
    paths = [path for path in paths if "node_modules" not in path.parts]
    return [Page(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in paths]


def page(name: str) -> Page:
    """One page by its path below the checkout."""
    return Page(name, (ROOT / name).read_text("utf-8"))


def _blocks(page: Page) -> Iterator[Block]:
    marks: dict[str, str] = {}
    began, language, inside = 0, "", list[str]()
    paragraph, over = "", False
    for number, line in enumerate(page.text.splitlines(), 1):
        fence = _FENCE.match(line)
        if began and line == "```":
            yield Block(page.name, began, language, "\n".join([*inside, ""]), marks)
            began, marks, inside, paragraph = 0, {}, [], ""
        elif began:
            inside.append(line)
        elif fence:
            began, language, marks = number, fence[1], {**_file(paragraph), **marks}
        elif mark := _MARK.match(line):
            marks[mark[1]] = mark[2] or ""
        elif line.strip():
            marks, paragraph, over = {}, line if over else f"{paragraph} {line}", False
        else:
            over = True


def _file(paragraph: str) -> dict[str, str]:
    """The mark of a block whose paragraph above names a file."""
    named = _FILE.findall(paragraph)
    return {"file": named[-1]} if named else {}
