"""The published clients: each is installed in an environment of its own, and its program is run with it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from clients.outcome import Outcome, outcomes_of_steps
from mockreel.contract.data.data_files import read_list

HERE = Path(__file__).parent
MOCKREEL = [sys.executable, "-m", "mockreel"]


def published_clients() -> list[dict[str, Any]]:
    """The rows of `published_clients.yaml`."""
    return read_list(HERE / "published_clients.yaml")


def client_outcomes(ready: Mapping[str, Any], folder: Path) -> Iterable[Outcome]:
    """Run every client against the server of `ready`, with environments in `folder`."""
    for row in published_clients():
        what = f"{row['pin']} ({row['index']})"
        if "without" in row:
            yield Outcome(what=what, ended="not run", why=row["without"])
        elif row["index"] == "npm":
            yield Outcome(what=what, ended="not run", why=_npm(row["pin"]))
        else:
            yield from _python(row, what, ready[row["provider"]], folder / row["name"])


def _npm(pin: str) -> str:
    """Why an npm client was not run: so far no index that was checked has one, so no program is written."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not here"
    requested = subprocess.run([npm, "view", pin, "version"], capture_output=True, text=True, check=False)
    if requested.returncode or not requested.stdout.strip():
        return "the npm index that is set up here does not have it"
    return "it can be installed, but no program is written for it"


def _python(row: Mapping[str, Any], what: str, server: Mapping[str, str], folder: Path) -> Iterable[Outcome]:
    python = folder / "bin/python"
    for words in (["-m", "venv", str(folder)], ["-m", "pip", "install", "-q", row["pin"]]):
        runner = python if words[1] == "pip" else sys.executable
        made = subprocess.run([str(runner), *words], capture_output=True, text=True, check=False)
        if made.returncode:
            yield Outcome(what=what, ended="not run", why=f"it cannot be installed: {made.stderr.strip()[-200:]}")
            return
    words = [str(python), str(HERE / "programs" / row["program"])]
    if row.get("through") == "run":
        words = [*MOCKREEL, "run", "--speed", "20", "--provider", row["provider"], "--", *words]
    else:
        words += [server["url"], server["key"]]
    environment = {"PATH": str(python.parent), "HOME": str(folder), "RH_API_KEY": server["key"]}
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600, env=environment)
    yield from outcomes_of_steps(what, ran.stdout or ran.stderr, row.get("known", {}))


def read_ready(file: Path) -> Mapping[str, Any]:
    """What `serve --ready-file` wrote."""
    ready: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return ready
