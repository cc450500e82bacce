"""The folders of recorded runs: one for each test, kept only if the test fails."""

import re
import shutil
from pathlib import Path

from mockreel.simulator.storage.logs.run_bundle import LOG

# A longer name is cut: file systems have limits.
LONGEST = 150


def folder_of(within: str, test: str) -> Path:
    """The folder of a test, named after it."""
    return Path(within) / re.sub(r"[^\w.=-]+", "-", test).strip("-")[:LONGEST]


def forget(folder: Path) -> None:
    """Remove a folder if it is a recorded run."""
    if (folder / LOG).is_file():
        shutil.rmtree(folder)
