"""Which browser the tests of the page take: one that is there, none is downloaded."""

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
# What a skipped test says.
LACKING = "no browser was found: set MOCKREEL_BROWSER, or install Chromium (apt-get install chromium)"


def find_browser(own: str) -> str | None:
    """The path of a browser: what the environment names, what is installed, or Playwright's own.

    Args:
        own: where Playwright's own would be.
    """
    named = os.environ.get("MOCKREEL_BROWSER")
    if named:
        return named
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    return installed or (own if Path(own).is_file() else None)
