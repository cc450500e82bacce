"""The project's name, everywhere; and no hint installs it from an index, as nothing was ever published."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
# In two pieces, so that this file does not hold what it looks for.
FORMER = "under" + "study"
INSTALLERS = r"(?:pip3?|pipx|uv|uvx|poetry|pdm|conda|npm|npx|pnpm|yarn|bunx?)"
# An installer, its words and options, and our bare name: neither a path, nor a file, nor a spec that says where from.
NAME = r"mockreel(?:\[[\w,-]*\])?"
FROM_INDEX = re.compile(
    rf"\b{INSTALLERS}(?:[ \t]+(?:-{{1,2}}[\w-]+|\w+))*[ \t]+(?:'{NAME}'|\"{NAME}\"|{NAME}(?=[\s`;&|)]|$))", re.MULTILINE
)


def _texts() -> Iterator[tuple[str, str]]:
    """Every text file that git knows, or that stands in the folder where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(path.relative_to(CHECKOUT)) for path in CHECKOUT.rglob("*") if path.is_file()]
    for name in filter(None, listed):
        data = (CHECKOUT / name).read_bytes() if (CHECKOUT / name).is_file() else b"\0"
        if b"\0" not in data and Path(name).name != Path(__file__).name:
            yield name, data.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return dict(_texts())


def test_the_former_name_stands_in_one_line_of_the_changelog(texts: dict[str, str]) -> None:
    """It belongs to somebody else."""
    found = [
        f"{name}: {line.strip()}"
        for name, text in texts.items()
        if FORMER in text.lower()
        for line in text.splitlines()
        if FORMER in line.lower()
    ]
    assert [line.partition(":")[0] for line in found] == ["CHANGELOG.md"], found
    assert not [name for name in texts if FORMER in name.lower()]


def test_nothing_installs_our_name_from_an_index(texts: dict[str, str]) -> None:
    """Until there is a release, a hint names the checkout or a wheel."""
    assert [f"{name}: {hit.group()}" for name, text in texts.items() for hit in FROM_INDEX.finditer(text)] == []


@pytest.mark.parametrize(
    "hint",
    [
        "pip install mockreel",
        "pip install -U 'mockreel[check]'",
        "uvx mockreel",
        "npm i -D mockreel",
        "uv pip install mockreel",
    ],
)
def test_such_a_hint_would_be_found(hint: str) -> None:
    assert FROM_INDEX.search(f"Try `{hint}`.")


@pytest.mark.parametrize(
    "hint",
    [
        "pip install .",
        "pip install 'mockreel @ git+https://example.com/x'",
        "pipx run --spec . mockreel",
        "pip install dist/mockreel-1.whl",
    ],
)
def test_a_hint_that_names_the_checkout_is_none(hint: str) -> None:
    assert not FROM_INDEX.search(f"Try `{hint}`.")


# What the glossary has another word for, and what a provider calls so stays: the stage at which a run failed.
RETIRED = re.compile(
    r"(?i)\b(agenda|breach(?:es)?|cues?|doors|heard|manners|oracle|patience|purse|scrub\w*|stand-in|tape|tariff|unspent"
    r"|begun anew|open house)\b"
)
OURS = re.compile(
    r"(?:mockserver/.*\.(?:py|html|css|js)|schemas/.*\.json|docs/.*\.md|README\.md|CONTRIBUTING\.md|noxfile\.py)\Z"
)


def test_no_retired_word_is_used(texts: dict[str, str]) -> None:
    """One word for one thing: `docs/reference/glossary.md` has it."""
    found = [
        f"{name}: {line.strip()}"
        for name, text in texts.items()
        if OURS.match(name)
        for line in text.splitlines()
        if RETIRED.search(line)
    ]
    assert found == []
