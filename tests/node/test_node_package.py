"""The npm package: typed by the control API's document, tested with npm, and used as the guide says."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.lacking import need_npm
from tools.console import compare, dialogue
from tools.pages import Block, page

import mockreel
from mockreel.server.admin import document

CHECKOUT = Path(__file__).parents[2]
PACKAGE = CHECKOUT / "docs" / "node"
GUIDE = "docs/guides/vitest.md"
HERE = "tests/node/test_node_package.py"
MOST_SECONDS = 300
# The guide's first command. It takes longest, so the fixture runs it for all tests.
INSTALL = "npm --prefix path/to/mockreel/docs/node ci\n"


def _run(words: list[str], folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words,
        cwd=folder,
        env={**_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )


def _environment() -> Mapping[str, str]:
    """Commands of this installation first; npm is quiet, writes no colours, and no proxy stands before loopback."""
    own = Path(sys.executable).parent
    quiet = {"npm_config_audit": "false", "npm_config_fund": "false"}
    return {
        **os.environ,
        **quiet,
        "PATH": f"{own}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        "NO_PROXY": "127.0.0.1",
        "npm_config_update_notifier": "false",
    }


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package in a folder of its own, with what it is built with; skipped where there is no npm, or no registry."""
    folder = tmp_path_factory.mktemp("node")
    need_npm(folder, "the npm package is not tested")
    target = folder / "mockreel" / "docs" / "node"
    shutil.copytree(PACKAGE, target, ignore=shutil.ignore_patterns("node_modules", "dist"))
    installed = _shell(INSTALL, folder, checkout=folder / "mockreel")
    assert installed.returncode == 0, installed.stderr
    return target


def test_its_types_are_generated_from_the_control_apis_document(copy: Path) -> None:
    """A change of the document wants: npx openapi-typescript control.json -o src/control-api.ts."""
    (copy / "control.json").write_text(json.dumps(document()))
    made = _run(["node_modules/.bin/openapi-typescript", "control.json", "-o", "made.ts"], copy)

    assert made.returncode == 0, made.stderr
    assert (copy / "made.ts").read_text("utf-8") == (PACKAGE / "src" / "control-api.ts").read_text("utf-8")


def test_its_own_tests_pass(copy: Path) -> None:
    """With a server of this installation."""
    done = _run(["npm", "test"], copy)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guide_works_in_an_empty_project(copy: Path, tmp_path: Path) -> None:
    """The package is packed and installed, then the app's test passes: every block of the page, in its order."""
    shown = page(GUIDE).blocks
    (install, *_) = (block.text for block in shown if block.marks.get("elsewhere") == HERE)
    (tmp_path / "package.json").write_text("{}")
    for block in shown:
        if "file" in block.marks:
            (tmp_path / block.marks["file"]).write_text(block.text)
        elif block.marks.get("elsewhere") == HERE:
            _play(block, tmp_path, checkout=copy.parents[1])

    assert install.startswith(INSTALL)
    assert {block.marks["file"] for block in shown if "file" in block.marks} == {"app.mjs", "app.test.mjs"}
    assert not list((tmp_path / "node_modules" / "mockreel").glob("src"))


def _shell(command: str, folder: Path, *, checkout: Path) -> "subprocess.CompletedProcess[str]":
    return _run(["sh", "-eu", "-c", command.replace("path/to/mockreel", str(checkout))], folder)


def _play(block: Block, folder: Path, *, checkout: Path) -> None:
    commands = dialogue(block) if block.language == "console" else [(block.text, None)]
    for command, expected in commands:
        done = _shell(command.removeprefix(INSTALL), folder, checkout=checkout)
        assert done.returncode == 0, done.stdout + done.stderr
        if expected is not None:
            compare(block, expected, done.stdout)


def test_its_version_is_the_servers() -> None:
    """They are released together; and it installs nothing but what is pinned."""
    described = json.loads((PACKAGE / "package.json").read_text("utf-8"))
    pinned = {**described["dependencies"], **described["devDependencies"]}

    assert described["version"] == mockreel.__version__
    assert f"mockreel-{mockreel.__version__}.tgz" in page(GUIDE).text
    assert [name for name, version in pinned.items() if not version[0].isdigit()] == []
