"""Programs that know nothing of the mock server, in the form of the documented examples, and the documented ones."""

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from proxy.intercept.conftest import PROGRAMS, Play

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not here, so no program for it was run")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here, so no program for it was run")


@pytest.mark.parametrize(
    ("library", "said", "asked"),
    [
        ("requests", "submitted 201 queued", "create_run 201"),
        ("polling", "submitted completed True", "submit_generation 200"),
        ("httpx", "submitted 201 201", "create_run 201 2 times"),
        ("urllib", "submitted 200 True", "submit_task 200"),
        ("aiohttp", "submitted 201 201", "create_run 201 2 times"),
    ],
)
def test_python_comes_here(play: Play, library: str, said: str, asked: str) -> None:
    """Whatever library it uses."""
    needed = {"polling": "requests"}.get(library, library)
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed, so no program that uses it was run")

    played = play(str(PROGRAMS / f"with_{library}.py"))

    assert said in played.said
    assert asked in played.lines
    assert played.ran.code == 0


@needs_node
@pytest.mark.parametrize(
    ("program", "said"), [("with_fetch.mjs", "submitted 201 queued"), ("with_https.cjs", "submitted 200 200 own")]
)
def test_node_comes_here(play: Play, program: str, said: str) -> None:
    """Though its `fetch` reads no proxy variables; its own calls on this machine are left alone."""
    played = play("node", str(PROGRAMS / program), bare=True)

    assert said in played.said
    assert played.ran.code == 0


@needs_curl
def test_curl_comes_here(play: Play) -> None:
    """For two providers in one run."""
    played = play("sh", str(PROGRAMS / "with_curl.sh"), bare=True, environment={"RUNFLOW_API_KEY": "rf_live_program"})

    assert "submitted 201 200" in played.said
    assert "Estimated cost avoided: at least 0.18 USD" in played.lines


def _page(start: str) -> str:
    if "MOCKREEL_DOCS" not in os.environ:
        pytest.skip("MOCKREEL_DOCS does not name the providers' docs, so their own examples were not run")
    found = sorted((Path(os.environ["MOCKREEL_DOCS"]) / "seeds").glob(f"{start}_*.txt"))
    assert found, f"no page {start}"
    return found[0].read_text("utf-8")


def _between(page: str, first: str, last: str) -> str:
    found = re.search(rf"^{re.escape(first)}\n(.*?)^{re.escape(last)}$", page, re.DOTALL | re.MULTILINE)
    assert found, f"nothing between {first} and {last}"
    return found[1].strip() + "\n"


@pytest.mark.parametrize("page", ["000", "001"])
@pytest.mark.parametrize(
    ("language", "heading", "following"),
    [("python", "Python", "Node.js"), ("node", "Node.js", "cURL"), ("curl", "cURL", "Request parameters")],
)
def test_the_documented_examples_run_as_they_stand(
    play: Play, page: str, language: str, heading: str, following: str, *, tmp_path: Path
) -> None:
    """Each is taken from its page, with another key."""
    text = _between(_page(page), heading, following).replace("Bearer RUNFLOW_API_KEY", "Bearer rf_live_page")
    if shutil.which(language) is None and language != "python":
        pytest.skip(f"{language} is not here, so the page's example for it was not run")
    program = tmp_path / ("page.mjs" if language == "node" else "page")
    program.write_text(text, "utf-8")

    words = {"python": [sys.executable], "node": ["node"], "curl": ["sh"]}[language]
    played = play(*words, str(program), bare=True, environment={"RUNFLOW_API_KEY": "rf_live_page"})

    assert "create_run 201" in played.lines
    assert "queued" in played.said
    assert played.ran.code == 0


@needs_node
def test_the_documented_example_of_the_older_route_runs(play: Play, tmp_path: Path) -> None:
    """It waits for the clip, and prints its URL."""
    found = re.search(r"```javascript (.*?) ```", _page("004"))
    assert found
    program = tmp_path / "page.mjs"
    program.write_text(found[1].replace("RUNFLOW_API_KEY", "rf_live_page"), "utf-8")

    played = play("node", str(program), bare=True)

    assert "run_model 200" in played.lines
    assert "https://api.runflow.io/" in played.said


@needs_curl
def test_the_documented_shell_sample_with_a_json_body_runs(play: Play, tmp_path: Path) -> None:
    """The line of the third page, with its header twice as it stands there."""
    found = re.search(r"^curl --location.*?^\}'$", _page("003"), re.DOTALL | re.MULTILINE)
    assert found
    program = tmp_path / "page.sh"
    program.write_text(found[0].replace("[Your API KEY]", "facade"), "utf-8")

    played = play("sh", str(program), bare=True)

    assert "submit_task 200" in played.lines
    assert '"taskId"' in played.said
