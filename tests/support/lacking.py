"""What a test does where something that it needs is not here: it says so and is skipped, or fails where it has to run.

MOCKREEL_MUST_RUN names what is there for certain (`npm index browser docs redis`); `.ci/run` sets it to what answers.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

MUST_RUN = "MOCKREEL_MUST_RUN"
# So long a registry has to say that it is there.
SECONDS = 60


def lacking(what: str, why: str) -> NoReturn:
    """Skip the test, and say why; where `what` is named as being there, fail it."""
    if what in os.environ.get(MUST_RUN, "").split():
        pytest.fail(f"{MUST_RUN} names {what}, so this has to run, and cannot: {why}", pytrace=False)
    pytest.skip(why)


def need_npm(folder: Path, untested: str) -> str:
    """The path of npm, which reaches a registry.

    Args:
        untested: what is not tested without it, as the end of a sentence.
    """
    npm = shutil.which("npm")
    if npm is None:
        lacking("npm", f"npm is not installed: {untested}")
    try:
        done = subprocess.run([npm, "ping"], cwd=folder, capture_output=True, timeout=SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        done = 1
    if done:
        lacking("npm", f"npm reaches no registry: {untested}")
    return npm
