"""Programs that know nothing of the mock server, in the form of the documented examples, and the documented ones."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest
from clients.seed_programs import SeedProgram, seed_program
from proxy.intercept.conftest import PROGRAMS, Play

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not here, so no program for it was run")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here, so no program for it was run")


@pytest.mark.parametrize(
    ("library", "output", "requested"),
    [
        ("requests", "submitted 201 queued", "create_run 201"),
        ("polling", "submitted completed True", "submit_generation 200"),
        ("httpx", "submitted 201 201", "create_run 201 2 times"),
        ("urllib", "submitted 200 True", "submit_task 200"),
        ("aiohttp", "submitted 201 201", "create_run 201 2 times"),
    ],
)
def test_python_comes_here(play: Play, library: str, output: str, requested: str) -> None:
    """Whatever library it uses."""
    needed = {"polling": "requests"}.get(library, library)
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed, so no program that uses it was run")

    played = play(str(PROGRAMS / f"with_{library}.py"))

    assert output in played.output
    assert requested in played.lines
    assert played.ran.code == 0


def test_a_web_socket_comes_here(play: Play) -> None:
    """At the provider's own address, which the response has."""
    pytest.importorskip("requests", reason="requests is not installed, so the program that uses it was not run")

    played = play(str(PROGRAMS / "with_websockets.py"))

    assert "at wss://www.runninghub.cn/ws/" in played.output
    assert "followed 5 True" in played.output
    assert played.ran.code == 0


@needs_node
@pytest.mark.parametrize(
    ("program", "output"), [("with_fetch.mjs", "submitted 201 queued"), ("with_https.cjs", "submitted 200 200 own")]
)
def test_node_comes_here(play: Play, program: str, output: str) -> None:
    """Though its `fetch` reads no proxy variables; its own calls on this machine are left alone."""
    played = play("node", str(PROGRAMS / program), bare=True)

    assert output in played.output
    assert played.ran.code == 0


@needs_curl
def test_curl_comes_here(play: Play) -> None:
    """For two providers in one run."""
    played = play("sh", str(PROGRAMS / "with_curl.sh"), bare=True, environment={"RUNFLOW_API_KEY": "rf_live_program"})

    assert "submitted 201 200" in played.output
    assert "Estimated cost avoided: at least 0.18 USD" in played.lines


def _program(page: str, language: str) -> SeedProgram:
    """A program of a seed page, where the pages are and the language is."""
    if "MOCKREEL_DOCS" not in os.environ:
        pytest.skip("MOCKREEL_DOCS does not name the providers' docs, so their own examples were not run")
    if shutil.which(language) is None and language != "python":
        pytest.skip(f"{language} is not here, so the page's example for it was not run")
    return seed_program(Path(os.environ["MOCKREEL_DOCS"]), page, language)


@pytest.mark.parametrize("page", ["000", "001"])
@pytest.mark.parametrize("language", ["python", "node", "curl"])
def test_the_documented_examples_run_as_they_stand(play: Play, page: str, language: str, tmp_path: Path) -> None:
    """Each is copied from its page, with another key."""
    program = _program(page, language)

    played = play(*program.written(tmp_path), bare=True, environment={"RUNFLOW_API_KEY": "rf_live_page"})

    assert "create_run 201" in played.lines
    assert "queued" in played.output
    assert played.ran.code == 0


def test_the_documented_example_of_the_older_route_runs(play: Play, tmp_path: Path) -> None:
    """It waits for the clip, and prints its URL."""
    played = play(*_program("004", "node").written(tmp_path), bare=True)

    assert "run_model 200" in played.lines
    assert "https://api.runflow.io/" in played.output


def test_the_documented_shell_sample_with_a_json_body_runs(play: Play, tmp_path: Path) -> None:
    """The line of the third page, with its header twice as there."""
    played = play(*_program("003", "curl").written(tmp_path), bare=True)

    assert "submit_task 200" in played.lines
    assert '"taskId"' in played.output
