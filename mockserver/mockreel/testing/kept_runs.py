"""Where the runs of tests are recorded: a folder for each test, which only a test that fails leaves behind."""

import re
import shutil
from pathlib import Path

from mockreel.simulator.storage.logs.run_bundle import LOG

# A longer name is cut: file systems have bounds.
LONGEST = 150


def folder_of(within: str, test: str) -> Path:
    """The folder of a test, named after it."""
    return Path(within) / re.sub(r"[^\w.=-]+", "-", test).strip("-")[:LONGEST]


def forget(folder: Path) -> None:
    """Remove a recorded run; what is none stays."""
    if (folder / LOG).is_file():
        shutil.rmtree(folder)
