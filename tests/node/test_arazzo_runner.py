"""Arazzo documents in a tool that others published: linted, and executed against the mock server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lacking import need_npm

from mockreel import MockServer, serving

# The runner, pinned; it is installed by npm where there is one.
RUNNER = "@redocly/cli@2.77.0"
PROVIDERS = ("aimlapi", "runflow", "runninghub")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runner; skipped where there is no npm, or no registry."""
    folder = tmp_path_factory.mktemp("runner")
    need_npm(folder, "no foreign runner executes the Arazzo documents")
    installed = _run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", RUNNER], folder)
    assert installed.returncode == 0, installed.stderr
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with serving(speed=20) as found:
        yield found


def _run(words: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    quiet = {"NO_PROXY": "127.0.0.1", "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    own = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **quiet, "PATH": own, "NO_COLOR": "1"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_foreign_runner_takes_the_document_and_the_server(provider: str, runner: Path, server: MockServer) -> None:
    """Every workflow: the lint, each step's criteria, and each response against the OpenAPI document."""
    for name, command in (("arazzo", ["arazzo", provider, "--every", "1"]), ("openapi", ["openapi", provider])):
        made = _run([sys.executable, "-m", "mockreel", *command], runner)
        (runner / f"{provider}.{name}.json").write_text(made.stdout)
    file, address = f"{provider}.arazzo.json", server.addresses[provider]
    linted = _run(["npx", "redocly", "lint", file], runner)
    words = ["--server", f"{provider}={address.url}", "--input", f"key={address.key}"]
    words += ["--input", "callback_url=http://127.0.0.1:9/hook"]
    done = _run(["npx", "redocly", "respect", file, *words], runner)

    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Workflows: [1-9]\d* passed, [1-9]\d* total", done.stdout)
