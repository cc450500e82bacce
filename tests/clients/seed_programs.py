"""The programs that stand on the seed pages, as they stand there but for the key."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

# By page and language: where the program stands on it.
_SHELL = r"^(curl --location.*?^\}')$"
_FENCE = r"```javascript (.*?) ```"
PLACES = {
    **{(page, "python"): r"^Python\n(.*?)^Node.js$" for page in ("000", "001")},
    **{(page, "node"): r"^Node.js\n(.*?)^cURL$" for page in ("000", "001")},
    **{(page, "curl"): r"^cURL\n(.*?)^Request parameters$" for page in ("000", "001")},
    ("003", "curl"): _SHELL,
    ("004", "node"): _FENCE,
}
KEYS = (("Bearer RUNFLOW_API_KEY", "Bearer rf_live_page"), ("[Your API KEY]", "facade"))


@dataclass(frozen=True, kw_only=True)
class SeedProgram:
    """One program, of page `page`, in `language`: python, node or curl (a shell command)."""

    page: str
    language: str
    text: str

    def written(self, folder: Path) -> list[str]:
        """The words that run it, after it was written into a folder."""
        file = folder / f"page{self.page}{'.mjs' if self.language == 'node' else ''}"
        file.write_text(self.text, "utf-8")
        return [{"python": sys.executable, "node": "node", "curl": "sh"}[self.language], str(file)]


def seed_program(docs: Path, page: str, language: str) -> SeedProgram:
    """The program of a page in a language.

    Raises:
        LookupError: the page is not in the folder, or has no such program.
    """
    pages = sorted((docs / "seeds").glob(f"{page}_*.txt"))
    if not pages:
        raise LookupError(f"no page {page} in {docs / 'seeds'}")
    found = re.search(PLACES[page, language], pages[0].read_text("utf-8"), re.DOTALL | re.MULTILINE)
    if found is None:
        raise LookupError(f"no {language} program on page {page}")
    text = found[1].strip() + "\n"
    for theirs, ours in KEYS:
        text = text.replace(theirs, ours)
    return SeedProgram(page=page, language=language, text=text)
