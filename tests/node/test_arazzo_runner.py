"""Arazzo documents in a tool that others published: linted, and executed against the mock server."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.lacking import need_npm
from support.local_http import webhook_receiver

from mockreel import MockServer, serving
from mockreel.cli import group
from mockreel.contract.pointers import value

# The runner, pinned; it is installed by npm where there is one.
RUNNER = "@redocly/cli@2.77.0"
REDOCLY = "node_modules/.bin/redocly"
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
    """Every workflow: the lint, each step's criteria, and each response against the OpenAPI document.

    The result is downloaded, and the webhook that the document describes arrives with the id at its place.
    """
    for name, command in (("arazzo", ["arazzo", provider, "--every", "1"]), ("openapi", ["openapi", provider])):
        made = CliRunner().invoke(group, command)
        assert made.exit_code == 0, made.output
        (runner / f"{provider}.{name}.json").write_text(made.stdout)
    file, address = f"{provider}.arazzo.json", server.addresses[provider]
    linted = _run([REDOCLY, "lint", file], runner)
    words = ["--server", f"{provider}={address.url}", "--input", f"key={address.key}"]
    with webhook_receiver() as received:
        words += ["--input", f"callback_url={received.url}"]
        done = _run([REDOCLY, "respect", file, *words], runner)
    described = [one["x-webhook"] for one in json.loads((runner / file).read_text())["workflows"] if "x-webhook" in one]

    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("step download") == len(json.loads((runner / file).read_text())["workflows"])
    if described:
        assert received.wait(1, timeout=30)
        body = json.loads(received.bodies[0])
        assert isinstance(value(body, described[0]["id"].partition("#")[2]), str)
    assert bool(described) == (provider != "aimlapi")
    assert re.search(r"Workflows: [1-9]\d* passed, [1-9]\d* total", done.stdout)
