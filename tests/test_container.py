"""The container file: what can be checked of it without building it."""

import contextlib
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import httpx2
import pytest
import yaml
from support.lacking import SECONDS, lacking
from tools.pages import page

from mockreel.cli.use.serve_command import command

CHECKOUT = Path(__file__).parents[1]
FILE = "docs/container/Containerfile"
COMPOSE = "docs/container/compose.yaml"
GUIDE = "docs/guides/docker-compose.md"
SHARED, SHARED_GUIDE = "docs/container/shared/compose.yaml", "docs/guides/share-a-run.md"
TOKEN = "a-token-of-24-signs-only"


def _instructions() -> list[tuple[str, str]]:
    """Every instruction with what follows it."""
    lines = (CHECKOUT / FILE).read_text("utf-8").replace("\\\n", " ").splitlines()
    split = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(word, rest.strip()) for word, _, rest in split]


def _last_stage() -> list[tuple[str, str]]:
    found = _instructions()
    (*_, last) = (at for at, (word, _) in enumerate(found) if word == "FROM")
    return found[last:]


def _entry() -> list[str]:
    (text,) = (rest for word, rest in _last_stage() if word == "ENTRYPOINT")
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
    needed |= {".github/actions/requirements.txt"}

    assert [name for name in _copied() if not (CHECKOUT / name).exists()] == []
    assert set(_copied()) == {*needed, ".gitignore"}


def test_it_is_small_and_runs_as_nobody() -> None:
    """The build stays behind; the user is a number, which an orchestrator can check, and not root's."""
    words = dict(_last_stage())

    assert re.search(r":[\d.]+-slim(-\w+)?@sha256:", words["FROM"])
    assert words["COPY"].startswith("--from=build ")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", words["USER"])
    assert [rest for word, rest in _last_stage() if word == "RUN"] == []


def test_its_ports_are_those_of_the_command() -> None:
    """Control's, and one for each packaged provider."""
    (first,) = (int(str(option.default)) for option in command.params if option.name == "port")
    folders = [path for path in (CHECKOUT / "contracts").iterdir() if path.is_dir()]
    (exposed,) = (rest.split() for word, rest in _last_stage() if word == "EXPOSE")

    assert [int(port) for port in exposed] == list(range(first, first + 1 + len(folders)))


def test_its_command_is_the_installed_one_with_options_that_it_has() -> None:
    """From the folder that the build has filled; it makes keys and a token at the first start."""
    program, name, *options = _entry()
    scripts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    built = "".join(rest for word, rest in _instructions() if word == "RUN")

    assert Path(program).name in scripts
    assert f"python -m venv {Path(program).parents[1]}" in built
    assert f"{Path(program).parent}/pip install" in built
    assert name == command.name
    known = {option for one in command.params if isinstance(one, click.Option) for option in one.opts}
    assert {option for option in options if option.startswith("--")} <= known
    assert {"--host", "--credentials"} <= set(options)


def test_what_it_writes_lies_in_its_volume_which_is_its_users() -> None:
    """The credentials, and nothing else."""
    words = _last_stage()
    (volume,) = (rest for word, rest in words if word == "VOLUME")
    (user,) = (rest for word, rest in words if word == "USER")
    entry = _entry()

    assert Path(entry[entry.index("--credentials") + 1]).parent == Path(volume)
    assert f"--from=build --chown={user} {volume} {volume}" in [rest for word, rest in words if word == "COPY"]


def _health() -> list[str]:
    (text,) = (rest.partition(" CMD ")[2] for word, rest in _last_stage() if word == "HEALTHCHECK")
    words: list[str] = json.loads(text)
    return words


def _environment(**given: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "NO_PROXY": "*", **given}


@contextlib.contextmanager
def _started(program: Path, folder: Path, *options: str, **variables: str) -> Iterator[dict[str, Any]]:
    """The entry command of a program on free ports, with the volume as a folder here; gives its ready file."""
    words = [word.replace("/data/", f"{folder}/") for word in _entry()[1:]]
    ready = folder / "ready.json"
    process = subprocess.Popen(
        [program, *words, "--port", "0", "--ready-file", ready, "--quiet", *options],
        env=_environment(**variables),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        health = [str(program), *_health()[1:], "--ready-file", str(ready), "--timeout", "60"]
        done = subprocess.run(health, env=_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        _, output = process.communicate(timeout=60)
        assert process.returncode == 0, output


def test_the_first_start_needs_no_argument(tmp_path: Path) -> None:
    """It makes keys and a token, which the next start has, too; a key of somebody else's is refused."""
    program = Path(sys.executable).with_name("mockreel")
    with _started(program, tmp_path) as first:
        headers = {"authorization": f"Bearer {first['runflow']['key']}"}
        url = f"{first['runflow']['url']}/v1/runs"
        assert httpx2.get(url, headers=headers, trust_env=False).status_code == 200
        assert httpx2.get(url, headers={"authorization": "Bearer any"}, trust_env=False).status_code == 401
    with _started(program, tmp_path) as second:
        assert second["runflow"]["key"] == first["runflow"]["key"]


def test_keys_and_token_of_the_environment_are_enough(tmp_path: Path) -> None:
    """Then nothing is written."""
    program = Path(sys.executable).with_name("mockreel")
    variables = {"MOCKREEL_KEYS": "rf_live_one rf_live_two", "MOCKREEL_TOKEN": TOKEN}
    with _started(program, tmp_path, **variables) as found:
        url = f"{found['runflow']['url']}/v1/runs"
        answers = [
            httpx2.get(url, headers={"authorization": f"Bearer {key}"}, trust_env=False).status_code
            for key in ("rf_live_one", "rf_live_two", "rf_live_three")
        ]
    assert answers == [200, 200, 401]
    assert list(tmp_path.iterdir()) == []


def test_the_steps_of_the_build_work_in_a_clean_folder(tmp_path: Path) -> None:
    """By hand, as there is no engine here: what is copied, installed as the file says, starts and stops."""
    source, venv, data = tmp_path / "src", tmp_path / "venv", tmp_path / "data"
    source.mkdir()
    for name in _copied():
        at = CHECKOUT / name
        if at.is_dir():
            shutil.copytree(at, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(at, source / at.name)
    (steps,) = (rest for word, rest in _instructions() if word == "RUN")
    steps = steps.replace("/venv", str(venv)).replace("/data", str(data))
    script = ["sh", "-eu", "-c", steps.replace("python -m", f"{sys.executable} -m")]
    # What is installed is started once here, so nothing is gained by compiling all of it.
    quick = {**os.environ, "PIP_NO_COMPILE": "1"}
    built = subprocess.run(script, cwd=source, env=quick, capture_output=True, text=True, timeout=600, check=False)
    if built.returncode and not _reaches_an_index(venv, tmp_path):
        lacking("index", "pip reaches no package index: the build's steps are not run")
    assert built.returncode == 0, built.stdout + built.stderr

    with _started(venv / "bin" / "mockreel", data) as found:
        assert httpx2.get(f"{found['runflow']['url']}/v1/health", trust_env=False).status_code == 200


def _reaches_an_index(venv: Path, folder: Path) -> bool:
    """Whether the pip of an environment can download a package."""
    probe = [
        "timeout",
        str(SECONDS),
        str(venv / "bin" / "pip"),
        "download",
        "-q",
        "--no-deps",
        "-d",
        "probe",
        "sniffio",
    ]
    return subprocess.run(probe, cwd=folder, capture_output=True, check=False).returncode == 0


def test_the_page_shows_the_two_commands(tmp_path: Path) -> None:
    """The build with the file's own path; the run with the ports, the keys and the token that the file requires."""
    shown = [block for block in page(GUIDE).blocks if "podman" in block.text and block.language == "sh"]
    text = "".join(block.text for block in shown).replace("\\\n", " ")
    build, run = (shlex.split(line) for line in text.splitlines() if line.startswith("podman"))

    assert build[:2] == ["podman", "build"]
    assert build[build.index("-f") + 1] == FILE
    assert run[-1] == build[build.index("-t") + 1]
    assert "-p" in run
    (volume,) = (rest for word, rest in _last_stage() if word == "VOLUME")
    assert run[run.index("-v") + 1].split(":")[1] == volume
    assert f"podman build -f {FILE} -t mockreel ." in (CHECKOUT / FILE).read_text("utf-8")
    assert all("engine" in block.marks["not tested"] for block in shown)


def _service() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((CHECKOUT / COMPOSE).read_text("utf-8"))["services"]
    found: dict[str, Any] = services["mockreel"]
    return found


@pytest.mark.parametrize(("file", "guide"), [(COMPOSE, GUIDE), (SHARED, SHARED_GUIDE)])
def test_the_guide_shows_the_compose_file_as_it_is(file: str, guide: str) -> None:
    """Word for word, so that nobody copies an older one."""
    text = (CHECKOUT / file).read_text("utf-8")
    assert text[text.index("services:") :] in [block.text for block in page(guide).blocks]


def test_the_servers_of_a_shared_run_share_the_requests_at_every_port() -> None:
    """The proxy knows both services, and publishes what they serve; their options are those of the command."""
    services = yaml.safe_load((CHECKOUT / SHARED).read_text("utf-8"))["services"]
    proxy = (CHECKOUT / SHARED).with_name("nginx.conf").read_text("utf-8")
    known = {option for one in command.params if isinstance(one, click.Option) for option in one.opts}

    assert services["one"] == services["two"]
    assert {word for word in services["one"]["command"] if word.startswith("--")} <= known
    assert f"redis://{next(iter(services))}:" in " ".join(services["one"]["command"])
    for port in range(8700, 8704):
        assert f"server one:{port}; server two:{port};" in proxy
        assert f"listen {port};" in proxy
    assert services["mockreel"]["ports"] == ["127.0.0.1:8700-8703:8700-8703"]


def test_the_compose_service_is_built_from_the_file_and_gives_it_what_it_asks_for() -> None:
    """The container file, keys, a token, and options that the command has."""
    service = _service()
    context = (CHECKOUT / COMPOSE).parent / service["build"]["context"]
    known = {option for one in command.params if isinstance(one, click.Option) for option in one.opts}

    assert context.resolve() == CHECKOUT
    assert service["build"]["dockerfile"] == FILE
    assert set(service["environment"]) == {"MOCKREEL_KEYS", "MOCKREEL_TOKEN"}
    assert {word for word in service["command"] if word.startswith("--")} <= known
    assert service["healthcheck"]["test"] == ["CMD", *_health()]


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_the_app_and_the_test_of_the_compose_file_work_with_each_other(tmp_path: Path) -> None:
    """As processes here: the commands, the variables and the options of their services, under loopback addresses."""
    services = yaml.safe_load((CHECKOUT / COMPOSE).read_text("utf-8"))["services"]
    program, port = Path(sys.executable).with_name("mockreel"), _free()
    variables = {**services["mockreel"]["environment"], "MOCKREEL_TOKEN": TOKEN}
    options = services["mockreel"]["command"]
    with _started(program, tmp_path, *options, **variables) as mock:
        names = {
            "http://mockreel:8701": mock["runflow"]["url"],
            "http://mockreel:8700": mock["control"]["url"],
            "http://app:8000": f"http://127.0.0.1:{port}",
        }
        app = _service_here(services["app"], names, PORT=str(port), HOST="127.0.0.1")
        try:
            _until_it_answers(f"http://127.0.0.1:{port}/videos")
            test = _service_here(services["test"], names, MOCKREEL_TOKEN=TOKEN)
            output, _ = test.communicate(timeout=60)
        finally:
            app.terminate()
            app.communicate(timeout=60)

    assert test.returncode == 0, output
    assert "passed: http://127.0.0.1:" in output


def _service_here(service: dict[str, Any], names: dict[str, str], **further: str) -> "subprocess.Popen[str]":
    """A service as a process: its command and its variables, the names of the others as their addresses."""
    folder = str((CHECKOUT / COMPOSE).parent / "example")
    _, program = service["command"]
    variables = {name: names.get(value, value) for name, value in service["environment"].items()}
    return subprocess.Popen(
        [sys.executable, program.replace("/app", folder, 1)],
        env=_environment(**{**variables, **further}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _until_it_answers(url: str) -> None:
    transport = httpx2.HTTPTransport(retries=5)  # each waits longer than the one before
    with httpx2.Client(transport=transport) as client:
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("name", ["test_with_testcontainers.py", "testcontainers.test.mjs"])
def test_the_recipes_for_testcontainers_name_what_the_image_has(name: str) -> None:
    """Its ports, its variables and options; Docker is not here, so they are only read."""
    text = (CHECKOUT / COMPOSE).parent.joinpath("example", name).read_text("utf-8")
    (exposed,) = (rest.split() for word, rest in _last_stage() if word == "EXPOSE")
    known = {option for one in command.params if isinstance(one, click.Option) for option in one.opts}

    if name.endswith(".py"):
        compile(text, name, "exec")
    assert set(re.findall(r"\b87\d\d\b", text)) <= set(exposed)
    assert set(re.findall(r"MOCKREEL_\w+", text)) == {"MOCKREEL_KEYS", "MOCKREEL_TOKEN"}
    assert set(re.findall(r"--[a-z-]+", text)) - {"--timeout"} <= known


def test_the_compose_service_is_published_on_this_machine_under_its_own_ports() -> None:
    """URLs of results name the ports; the page is for this machine only."""
    (published,) = _service()["ports"]
    (exposed,) = (rest.split() for word, rest in _last_stage() if word == "EXPOSE")

    assert published == f"127.0.0.1:{exposed[0]}-{exposed[-1]}:{exposed[0]}-{exposed[-1]}"


@pytest.mark.parametrize("word", ["ADD", "ARG", "ENV"])
def test_nothing_secret_could_stay_in_an_image(word: str) -> None:
    """No variable with a default, nothing fetched from elsewhere."""
    assert word not in dict(_instructions())
