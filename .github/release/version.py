"""See that a tag is the version that the package, the npm package and the changelog have; print the version.

python .github/release/version.py v1.2.3
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def stated(root: Path) -> dict[str, str]:
    """The version by the file that says it; empty where a file says none."""
    package = (root / "mockserver/mockreel/__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', package, re.MULTILINE)
    changelog = re.search(r"^## \[(\d[^\]]*)\]", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    return {
        "mockserver/mockreel/__init__.py": found[1] if found else "",
        "docs/node/package.json": json.loads((root / "docs/node/package.json").read_text("utf-8"))["version"],
        "CHANGELOG.md": changelog[1] if changelog else "",
    }


def check(tag: str, root: Path) -> str:
    """The version that a tag names.

    Raises:
        SystemExit: a file has another one.
    """
    version = tag.removeprefix("refs/tags/").removeprefix("v")
    wrong = [f"{file} has {found or 'none'}" for file, found in stated(root).items() if found != version]
    if wrong:
        sys.exit(f"The tag {tag} names {version}, but {'; '.join(wrong)}. Change these, commit, and move the tag.")
    return version


if __name__ == "__main__":
    print(check(sys.argv[1], ROOT))  # noqa: T201
