"""Results of one's own: a file, an address or JSON, from an option, a marker or a rule."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockreel import serving
from mockreel.client.admin import ControlClient
from mockreel.errors import OptionError

FILM = b"\0\0\0\x18ftypmp42 not a film that the pack has"
SUBMIT = "/v1/models/google/veo3.1/lite/runs"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    file = tmp_path / "own.mp4"
    file.write_bytes(FILM)
    return file


def _url(server: Any) -> str:
    """The URL of the first job's result, from the control API."""
    (row, *_) = httpx.get(f"{server.control.url}/_mockreel/jobs").json()["jobs"]
    return str(row["clip"]["url"])


def finished(server: Any, **input_: Any) -> Any:
    """The record of a run that has ended."""
    address = server.runflow
    headers = {"Authorization": f"Bearer {address.key}"}
    body = {"input": {"prompt": "a boat", **input_}}
    run = httpx.post(address.url + SUBMIT, json=body, headers=headers).json()
    server.advance(60)
    return httpx.get(f"{address.url}/v1/runs/{run['id']}", headers=headers).json()


def test_a_file_is_what_every_job_made(film: Path) -> None:
    with serving("runflow", held=True, result=film) as server:
        url = finished(server)["output"]["outputs"][0]["url"]
        reply = httpx.get(url)
        assert (reply.content, reply.headers["content-type"]) == (FILM, "video/mp4")


@pytest.mark.parametrize("provider", ["aimlapi", "runninghub"])
def test_the_other_providers_serve_it_too(provider: str, film: Path) -> None:
    with serving(provider, held=True, result=film) as server:
        simulated = server.simulator.provider(provider)
        model = next(model for model in simulated.contract.models.values() if model.output == "video")
        headers = {"Authorization": f"Bearer {getattr(server, provider).key}"}
        path = "/v2/video/generations" if provider == "aimlapi" else f"/openapi/v2/{model.id}"
        schema = simulated.contract.schemas.patched_document(model.schema)
        sample = {
            name: schema["properties"][name].get("enum", ["https://example.com/a.png"])[0]
            for name in schema.get("required", [])
        }
        httpx.post(getattr(server, provider).url + path, json=sample, headers=headers)
        server.advance(600)
        (job,) = simulated.jobs
        assert httpx.get(_url(server)).content == FILM, job


def test_an_address_is_given_as_it_is() -> None:
    url = "https://cdn.example.com/a.webm?sig=abc"
    with serving("runflow", held=True, result=url) as server:
        assert finished(server)["output"]["outputs"][0]["url"] == url


def test_json_is_the_whole_output_of_a_run() -> None:
    own = {"outputs": [], "nsfw_detected": True, "seed": None, "timing": None}
    with serving("runflow", held=True, result=json.dumps(own)) as server:
        assert finished(server)["output"] == own


def test_a_rule_gives_a_result_to_what_it_fits(film: Path) -> None:
    with serving("runflow", held=True) as server:
        with ControlClient(server.control.url) as control:
            control.add_rule(result={"outputs": [], "note": "blocked"}, prompt="knife")
        assert finished(server, prompt="a knife")["output"]["note"] == "blocked"
        assert finished(server)["output"]["outputs"]


def test_a_rule_goes_before_the_result_of_all_jobs() -> None:
    """Though the option was given first: it is what all others get."""
    with serving("runflow", held=True, result={"outputs": [], "note": "usual"}) as server:
        with ControlClient(server.control.url) as control:
            control.add_rule(result={"outputs": [], "note": "blocked"}, prompt="knife")
        assert finished(server, prompt="a knife")["output"]["note"] == "blocked"
        assert finished(server)["output"]["note"] == "usual"


def test_the_control_api_reads_no_file_of_this_machine(film: Path) -> None:
    with serving("runflow") as server:
        reply = httpx.post(f"{server.control.url}/_mockreel/rules", json={"result": str(film)})
        assert reply.status_code == 400
        assert "a URL, JSON" in reply.json()["detail"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("no-such.mp4", "cannot be read"),
        ("x.exe", "ends in"),
        ("{nope", "is none"),
        ("data:video/mp4;base64,??", "Base64"),
    ],
)
def test_a_result_that_cannot_be_used_is_rejected_at_the_start(given: Any, says: str) -> None:
    with pytest.raises(OptionError, match=says), serving("runflow", result=given):
        pass


def test_json_replaces_members_of_a_finished_generation() -> None:
    own = {"video": {"url": "https://cdn.example.com/b.mp4", "duration": 8.0}}
    with serving("aimlapi", held=True, result=own) as server:
        url, headers = server.aimlapi.url + "/v2/video/generations", {"Authorization": f"Bearer {server.aimlapi.key}"}
        body = {"model": "google/veo-3.1-lite-generate-001", "prompt": "a boat"}
        job = httpx.post(url, json=body, headers=headers).json()
        server.advance(60)
        done = httpx.get(url, params={"generation_id": job["id"]}, headers=headers).json()
    assert done == {"id": job["id"], "status": "completed", **own}


def test_json_is_the_list_of_a_tasks_results() -> None:
    own = [{"url": "https://cdn.example.com/c.png", "outputType": "png", "text": None}]
    with serving("runninghub", held=True, result=own) as server:
        url, key = server.runninghub.url, server.runninghub.key
        started = {"apiKey": key, "workflowId": "1904136902449209346"}
        task = httpx.post(f"{url}/task/openapi/create", json=started).json()["data"]["taskId"]
        server.advance(600)
        headers = {"Authorization": f"Bearer {key}"}
        queried = httpx.post(f"{url}/openapi/v2/query", json={"taskId": task}, headers=headers).json()
        output = httpx.post(f"{url}/task/openapi/outputs", json={"apiKey": key, "taskId": task}).json()
    assert queried["results"] == output["data"] == own


@pytest.mark.parametrize(("provider", "given", "expected"), [("runninghub", {}, "array"), ("aimlapi", [], "object")])
def test_json_of_another_type_than_the_providers_is_rejected(provider: str, given: Any, expected: str) -> None:
    with pytest.raises(OptionError, match=f"give a JSON {expected}"), serving(provider, result=given):
        pass


def test_a_provider_without_such_a_type_answers_as_before() -> None:
    """An object is a result of Runflow; a task of RunningHub, whose results are a list, keeps its file."""
    with serving("runflow", "runninghub", held=True, result={"outputs": []}) as server:
        started = {"apiKey": server.runninghub.key, "workflowId": "1904136902449209346"}
        httpx.post(f"{server.runninghub.url}/task/openapi/create", json=started)
        server.advance(600)
        assert _url(server).startswith(server.runninghub.url)
        assert finished(server)["output"] == {"outputs": []}


def test_a_result_survives_a_snapshot_on_the_same_server(film: Path) -> None:
    with serving("runflow", held=True, result=film) as server:
        finished(server)
        saved = httpx.get(f"{server.control.url}/_mockreel/snapshot").json()
        assert httpx.post(f"{server.control.url}/_mockreel/restore", json=saved).is_success
        assert httpx.get(_url(server)).content == FILM


@pytest.mark.mockreel(result="https://cdn.example.com/b.mp4", providers="runflow")
def test_a_test_sets_it_by_its_marker(mockreel: Any) -> None:
    assert finished(mockreel)["output"]["outputs"][0]["url"] == "https://cdn.example.com/b.mp4"
