"""The container file: what can be checked of it without building it."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from tools.pages import page

from mockreel.cli.use.serve import command

CHECKOUT = Path(__file__).parents[1]
FILE = "docs/container/Containerfile"
COMPOSE = "docs/container/compose.yaml"
GUIDE = "docs/guides/docker-compose.md"


def _instructions() -> list[tuple[str, str]]:
    """Every instruction with what follows it."""
    lines = (CHECKOUT / FILE).read_text("utf-8").replace("\\\n", " ").splitlines()
    split = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(word, rest.strip()) for word, _, rest in split]


def _last_server() -> list[tuple[str, str]]:
    found = _instructions()
    (*_, last) = (at for at, (word, _) in enumerate(found) if word == "FROM")
    return found[last:]


def _entry() -> list[str]:
    (text,) = (rest for word, rest in _last_server() if word == "ENTRYPOINT")
    entry: list[str] = json.loads(text)
    return entry


def _copied() -> list[str]:
    """What is copied from the checkout."""
    words = (shlex.split(rest) for word, rest in _instructions() if word == "COPY" and not rest.startswith("--from"))
    return [source for copied in words for source in copied[:-1]]


def test_what_is_copied_is_there_and_is_all_that_the_wheel_needs() -> None:
    """The files that pyproject.toml names, and the folders that the wheel is made of."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    needed = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"], *wheel}

    assert [name for name in _copied() if not (CHECKOUT / name).exists()] == []
    assert set(_copied()) == {*needed, ".gitignore"}


def test_it_is_small_and_runs_as_nobody() -> None:
    """The build stays behind; the user is a number, which an orchestrator can check, and not root's."""
    words = dict(_last_server())

    assert words["FROM"].endswith("-slim")
    assert words["COPY"].startswith("--from=build ")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", words["USER"])
    assert [rest for word, rest in _last_server() if word == "RUN"] == []


def test_its_ports_are_those_of_the_command() -> None:
    """Control's, and one for each packaged provider."""
    (first,) = (int(str(option.default)) for option in command.params if option.name == "port")
    folders = [path for path in (CHECKOUT / "contracts").iterdir() if path.is_dir()]
    (exposed,) = (rest.split() for word, rest in _last_server() if word == "EXPOSE")

    assert [int(port) for port in exposed] == list(range(first, first + 1 + len(folders)))


def test_its_command_is_the_installed_one_with_options_that_it_has() -> None:
    """From the folder that the build has filled; it lists the keys, as it is off loopback."""
    program, name, *options = _entry()
    scripts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    built = "".join(rest for word, rest in _instructions() if word == "RUN")

    assert Path(program).name in scripts
    assert f"python -m venv {Path(program).parents[1]}" in built
    assert f"{Path(program).parent}/pip install" in built
    assert name == command.name
    known = {option for one in command.params if isinstance(one, click.Option) for option in one.opts}
    assert {option for option in options if option.startswith("--")} <= known
    assert {"--host", "--keys"} <= set(options)


def _run(tmp_path: Path, *further: str, token: str | None) -> subprocess.CompletedProcess[str]:
    """The entry command on this machine, with a list of keys where the container would find one."""
    keys = tmp_path / "keys.yaml"
    keys.write_text("- {key: anywhere, account: shared}\n")
    words = [str(keys) if word == "/keys.yaml" else word for word in _entry()[1:]]
    environment = {} if token is None else {"MOCKREEL_TOKEN": token}
    return subprocess.run(
        [sys.executable, "-m", "mockreel", *words, *further],
        env={"PATH": "", "PYTHONPATH": ":".join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_token_it_says_what_is_missing(tmp_path: Path) -> None:
    """And does not start."""
    ended = _run(tmp_path, token=None)

    assert ended.returncode == 2
    assert "Off loopback, set a control token" in ended.stderr


def test_with_a_token_it_gets_as_far_as_its_ports(tmp_path: Path) -> None:
    """All that is left is to listen; here it is kept from that by a port that is none."""
    ended = _run(tmp_path, "--port", "65535", token="a-secret-of-24-signs-only")

    assert ended.returncode == 2
    assert "ports in a row are needed" in ended.stderr


def test_the_page_shows_the_two_commands(tmp_path: Path) -> None:
    """The build with the file's own path; the run with the ports, the keys and the token that the file asks for."""
    shown = [block for block in page(GUIDE).blocks if "podman" in block.text]
    text = "".join(block.text for block in shown).replace("\\\n", " ")
    build, run = (shlex.split(line) for line in text.splitlines() if line.startswith("podman"))

    assert build[:2] == ["podman", "build"]
    assert build[build.index("-f") + 1] == FILE
    assert run[-1] == build[build.index("-t") + 1]
    assert "-p" in run
    assert run[run.index("-v") + 1].split(":")[1] == "/keys.yaml"
    assert run[run.index("-e") + 1].startswith("MOCKREEL_TOKEN")
    assert f"podman build -f {FILE} -t mockreel ." in (CHECKOUT / FILE).read_text("utf-8")
    assert all("engine" in block.marks["not tested"] for block in shown)


def _service() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((CHECKOUT / COMPOSE).read_text("utf-8"))["services"]
    found: dict[str, Any] = services["mockreel"]
    return found


def test_the_guide_shows_the_compose_file_as_it_is() -> None:
    """Word for word, so that nobody copies an older one."""
    assert (CHECKOUT / COMPOSE).read_text("utf-8") in [block.text for block in page(GUIDE).blocks]


def test_the_compose_service_is_built_from_the_file_and_gives_it_what_it_asks_for() -> None:
    """The container file, the list of keys, a token that must be chosen, and options that the command has."""
    service = _service()
    context = (CHECKOUT / COMPOSE).parent / service["build"]["context"]
    known = {option for one in command.params if isinstance(one, click.Option) for option in one.opts}

    assert context.resolve() == CHECKOUT
    assert service["build"]["dockerfile"] == FILE
    assert [volume.split(":")[1] for volume in service["volumes"]] == ["/keys.yaml"]
    assert service["environment"]["MOCKREEL_TOKEN"].startswith("${MOCKREEL_TOKEN:?")
    assert {word for word in service["command"] if word.startswith("--")} <= known


def test_the_compose_service_is_published_on_this_machine_under_its_own_ports() -> None:
    """URLs of results name the ports; the page is for anybody who sits here."""
    (published,) = _service()["ports"]
    (exposed,) = (rest.split() for word, rest in _last_server() if word == "EXPOSE")

    assert published == f"127.0.0.1:{exposed[0]}-{exposed[-1]}:{exposed[0]}-{exposed[-1]}"


@pytest.mark.parametrize("word", ["ADD", "ARG", "ENV"])
def test_nothing_secret_could_stay_in_an_image(word: str) -> None:
    """No variable with a default, nothing fetched from elsewhere."""
    assert word not in dict(_instructions())
