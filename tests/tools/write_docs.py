"""Write the generated parts of the docs: `python tests/tools/write_docs.py`, or `--check` to write nothing.

A part stands between `<!-- generated: NAME ARGUMENT -->` and `<!-- end -->`; NAME is one of `tools.tables.PARTS`.
"""

import argparse
import re
import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where `tools` is found when this runs as a script

from tools.llms import FILE, llms_text
from tools.pages import ROOT, Page, pages
from tools.tables import PARTS

_PART = re.compile(r"(<!-- generated: ([\w-]+)((?: [\w-]+)*) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Write the pages again, or list those that differ and end with 1."""
    parser = argparse.ArgumentParser(description="Write the generated parts of README.md and docs/.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; list what differs, and end with 1 if anything does"
    )
    check = parser.parse_args().check
    stale = [page for page in pages() if written(page) != page.text]
    for page in stale:
        click.echo(page.name)
        if not check:
            (ROOT / page.name).write_text(written(page), "utf-8")
    if not check:
        FILE.write_text(llms_text(), "utf-8")
    if check and (stale or FILE.read_text("utf-8") != llms_text()):
        sys.exit("The pages above are not as the data is. Write them: python tests/tools/write_docs.py")


def written(page: Page) -> str:
    """A page with its generated parts as the data has them now."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]](*found[3].split())}\n\n{found[4]}", page.text)


if __name__ == "__main__":
    main()
