"""Print the section of the changelog that is about a version, as the notes of its release.

python .github/release/notes.py 1.2.3
"""

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"


def notes(version: str, changelog: str) -> str:
    """The section without its heading.

    Raises:
        SystemExit: there is none, or it is empty.
    """
    found = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL)
    text = found[1].strip() if found else ""
    if not text:
        sys.exit(f"CHANGELOG.md says nothing of {version}: write a section `## [{version}] - DATE`.")
    return f"{text}\n"


if __name__ == "__main__":
    sys.stdout.write(notes(sys.argv[1], CHANGELOG.read_text("utf-8")))
