"""A provider's OpenAPI document as it is simulated: whole, self-contained, and good for a generator of types."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from support.lacking import need_npm

from mockreel import load_contract, serving
from mockreel.cli import main
from mockreel.contract.openapi_documents import Documents

PROVIDERS = ("runflow", "aimlapi", "runninghub")
# What generates the types, and what checks a client with them; the newest of these lines.
TOOLS = ("openapi-typescript@7", "typescript@5")
CLIENT = """
import type { paths } from "./types";
type Create = paths["/v1/models/google/veo3.1/lite/runs"]["post"];
type Body = Create["requestBody"]["content"]["application/json"];
export const good: Body = { input: { prompt: "a paper boat", duration: "4s" } };
// @ts-expect-error  a duration that the model does not take
export const bad: Body = { input: { prompt: "a paper boat", duration: "5 minutes" } };
type Run = paths["/v1/runs/{run_id}"]["get"]["responses"][200]["content"]["application/json"];
export const state = (run: Run): unknown => run.status_code;
"""


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for item in node for found in references(item)] if isinstance(node, list) else []


def target(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step.replace("~1", "/").replace("~0", "~")]
    return document


@pytest.fixture(scope="module", params=PROVIDERS)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return Documents(load_contract(request.param)).full_document()


def test_every_reference_leads_to_something_in_it(document: dict[str, Any]) -> None:
    found = references(document)
    assert found
    assert all(reference.startswith("#/") for reference in found)
    for reference in set(found):
        target(document, reference)


def test_its_operations_have_ids_that_no_other_has(document: dict[str, Any]) -> None:
    ids = [item["operationId"] for path in document["paths"].values() for item in path.values()]
    assert len(ids) == len(set(ids)) > 20


def test_a_model_is_a_path_of_its_own_with_its_own_input() -> None:
    document = Documents(load_contract("runflow")).full_document()
    item = document["paths"]["/v1/models/google/veo3.1/lite/runs"]["post"]
    schema = {**item["requestBody"]["content"]["application/json"]["schema"], "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema)
    assert validator.is_valid({"input": {"prompt": "a boat", "duration": "4s"}})
    assert not validator.is_valid({"input": {"prompt": "a boat", "duration": "5 minutes"}})


def test_one_model_leaves_the_others_out(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["openapi", "runninghub", "--model", "rhart-video-v3.1-fast/text-to-video"])
    if ended.value.code:
        pytest.fail(capsys.readouterr().err)
    paths = json.loads(capsys.readouterr().out)["paths"]
    assert [path for path in paths if "text-to-video" in path] == ["/openapi/v2/rhart-video-v3.1-fast/text-to-video"]


def test_an_unknown_model_is_rejected_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["openapi", "runflow", "--model", "google/veo3.1/light"])
    assert ended.value.code == 2
    assert "google/veo3.1/lite" in capsys.readouterr().err


def test_a_reading_is_in_it() -> None:
    plain, sdk = (Documents(load_contract("runflow", readings=r)).full_document() for r in ({}, {"sdk-shapes": "sdk"}))
    name = "file-run"
    assert "finished_at" not in plain["components"]["schemas"][name]["properties"]
    assert "finished_at" in sdk["components"]["schemas"][name]["properties"]


def test_the_control_port_gives_it_with_the_address_and_the_reading_of_now() -> None:
    with serving("runflow") as server:
        base = f"{server.control.url}/_mockreel"
        choice = {"provider": "runflow", "id": "sdk-shapes", "option": "sdk"}
        assert httpx.post(f"{base}/readings", json=choice).is_success
        found = httpx.get(f"{base}/openapi/runflow", params={"model": "google/veo3.1/lite"}).json()
        assert found["servers"] == [{"url": server.runflow.url}]
        assert "finished_at" in found["components"]["schemas"]["file-run"]["properties"]
        assert [p for p in found["paths"] if p.endswith("/runs") and "models" in p] == [
            "/v1/models/google/veo3.1/lite/runs"
        ]


def test_a_page_shows_the_operations_readable() -> None:
    with serving("runflow") as server:
        page = httpx.get(f"{server.control.url}/_mockreel/page/api", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert "/v1/comfyui-workflows/{owner}/{slug}/runs" in page.text
        assert 'href="/_mockreel/openapi/runflow"' in page.text


def test_the_types_that_it_gives_check_a_client(tmp_path: Path) -> None:
    """openapi-typescript makes types of it, and tsc checks a client with them: one good body, one bad."""
    npm = need_npm(tmp_path, "no types were generated, and no client was checked")
    document = Documents(load_contract("runflow")).full_document()
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    (tmp_path / "client.ts").write_text(CLIENT)
    install = [npm, "install", "--no-audit", "--no-fund", "--silent", *TOOLS]
    got = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert got.returncode == 0, f"npm could not install {' and '.join(TOOLS)}: {got.stderr[-2000:]}"
    tools = tmp_path / "node_modules" / ".bin"
    for words in (
        [str(tools / "openapi-typescript"), "openapi.json", "-o", "types.ts"],
        [str(tools / "tsc"), "--strict", "--noEmit", "--skipLibCheck", "client.ts"],
    ):
        ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert ran.returncode == 0, f"{words[0]}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}"
