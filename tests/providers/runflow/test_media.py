"""Runflow's files: the upload in three steps, assets, and media in an input."""

import base64
from typing import Any

import pytest
from providers.runflow.requests import Ask, Run, code, create, read, undocumented
from support.caller import Caller

from mockreel.contract import Contract
from mockreel.simulator.simulator import Simulator

FILE = b"RIFF....WEBP"
NANO = "/v1/models/google/nano-banana-pro/edit"


def announce(caller: Caller, **more: Any) -> Any:
    body = {"filename": "bottle.webp", "mime_type": "image/webp", "size_bytes": len(FILE), **more}
    reply = caller("POST", "/v1/asset-uploads", body)
    assert reply.status == 201, reply.json
    return reply.json


def put(caller: Caller, session: Any, *, mime: str = "image/webp") -> int:
    path = session["upload_url"].removeprefix("http://mock.test")
    return caller("PUT", path, raw=FILE, headers={"content-type": mime}, key=None).status


def test_an_upload_has_three_steps(simulator: Simulator, ask: Ask, contract: Contract) -> None:
    """Announce, send without a key, confirm; then the asset can be read and fetched."""
    caller = ask("runflow")
    session = announce(caller)
    assert undocumented(contract, "create_asset_upload", session, status=201) == []
    assert put(caller, session) == 200
    asset = caller("POST", f"/v1/asset-uploads/{session['asset_id']}/confirmations", {"folder_id": None})
    again = caller("GET", f"/v1/assets/{session['asset_id']}?embed=created_by_user").json
    fetched = caller("GET", asset.json["url"].removeprefix("http://mock.test"), key=None)

    assert asset.status == 201
    assert (asset.json["name"], asset.json["size_bytes"], asset.json["asset_type"]) == ("bottle.webp", 12, "image")
    assert undocumented(contract, "confirm_upload", asset.json, status=201) == []
    assert again["created_by_user"]["id"] == asset.json["created_by"]
    assert (fetched.response.body, fetched.headers["content-type"]) == (FILE, "image/webp")


def test_a_step_too_early_is_rejected(simulator: Simulator, ask: Ask) -> None:
    """No confirmation before the bytes, no asset before the confirmation."""
    caller = ask("runflow")
    session = announce(caller)

    assert caller("POST", f"/v1/asset-uploads/{session['asset_id']}/confirmations").status == 404
    assert code(caller("GET", f"/v1/assets/{session['asset_id']}")) == (404, "NOT_FOUND")


def test_the_upload_address_expires_and_requires_the_declared_type(simulator: Simulator, ask: Ask, run: Run) -> None:
    """403 from the storage host, which sends no JSON."""
    caller = ask("runflow")
    session = announce(caller)

    assert put(caller, session, mime="image/png") == 403
    run(simulator.advance(3600))
    assert put(caller, session) == 403
    unknown = caller("PUT", "/asset-uploads/none", raw=b"x", headers={"content-type": "image/webp"}, key=None)
    assert (unknown.status, unknown.headers["content-type"]) == (403, "application/xml")


@pytest.mark.parametrize(
    "wrong", [{"size_bytes": 52428801}, {"size_bytes": 0}, {"mime_type": "text/html"}, {"filename": ""}]
)
def test_what_cannot_be_uploaded_is_rejected_at_once(simulator: Simulator, ask: Ask, wrong: dict[str, Any]) -> None:
    """Too large, empty, a type that is not on the list."""
    caller = ask("runflow")
    body = {"filename": "a.webp", "mime_type": "image/webp", "size_bytes": 1, **wrong}

    assert code(caller("POST", "/v1/asset-uploads", body)) == (422, "VALIDATION_ERROR")
    listed = [row["mime_type"] for row in caller("GET", "/v1/assets/types").json["items"]]
    assert "image/webp" in listed
    assert "text/html" not in listed


def test_an_asset_is_deleted(simulator: Simulator, ask: Ask) -> None:
    """By its owner only."""
    caller = ask("runflow", "rf_live_one")
    session = announce(caller)
    put(caller, session)
    caller("POST", f"/v1/asset-uploads/{session['asset_id']}/confirmations")
    path = f"/v1/assets/{session['asset_id']}"

    assert code(ask("runflow", "rf_live_two")("DELETE", path)) == (404, "NOT_FOUND")
    assert caller("DELETE", path).status == 204
    assert code(caller("GET", path)) == (404, "NOT_FOUND")


def test_media_in_an_input_are_stored_and_shown_by_address(simulator: Simulator, ask: Ask, run: Run) -> None:
    """A data URI is never returned; its content can be fetched at the URL in the record."""
    caller = ask("runflow")
    uri = "data:image/webp;base64," + base64.b64encode(FILE).decode()
    made = create(caller, model=NANO, input={"prompt": "data: is not a URI", "image_urls": [uri]})
    [url] = read(caller, made)["input"]["image_urls"]

    assert made["input"]["prompt"] == "data: is not a URI"
    assert caller("GET", url.removeprefix("http://mock.test"), key=None).response.body == FILE
    assert b"base64" not in simulator.provider("runflow").jobs.get(made["id"]).request  # type: ignore[union-attr]


def test_references_to_assets_are_looked_up(simulator: Simulator, ask: Ask) -> None:
    """A confirmed asset of one's own can be used; any other is refused with its reference."""
    caller = ask("runflow")
    session = announce(caller)
    put(caller, session)
    reference = f"runflow://assets/{session['asset_id']}"
    body = {"input": {"prompt": "a", "image_urls": [reference]}}
    too_early = caller("POST", f"{NANO}/runs", body)
    caller("POST", f"/v1/asset-uploads/{session['asset_id']}/confirmations")

    assert code(too_early) == (422, "VALIDATION_ERROR")
    assert reference in too_early.json["message"]
    assert caller("POST", f"{NANO}/runs", body).status == 201
    assert ask("runflow", "rf_live_two")("POST", f"{NANO}/runs", body).status == 422


def test_a_data_uri_that_cannot_be_decoded_is_a_violation(simulator: Simulator, ask: Ask) -> None:
    """With its place in the input."""
    body = {"input": {"prompt": "a", "image_urls": ["data:image/webp;base64,=a="]}}
    reply = ask("runflow")("POST", f"{NANO}/runs", body)

    assert code(reply) == (422, "VALIDATION_ERROR")
    assert reply.json["errors"][0]["loc"] == ["body", "input", "image_urls", 0]


def test_media_can_come_back_inline(simulator: Simulator, ask: Ask, run: Run) -> None:
    """If the input requests it."""
    caller = ask("runflow")
    made = create(caller, model="/v1/models/google/nano-banana-pro", input={"prompt": "a", "sync_mode": True})
    run(simulator.advance(20))

    assert read(caller, made)["output"]["outputs"][0]["url"].startswith("data:")


@pytest.mark.parametrize(
    ("model", "seed", "shown"), [("google/veo3.1/lite", 7, 7), ("bytedance/seedance/2.0/text-to-video", "abc", None)]
)
def test_an_output_repeats_a_whole_seed_only(  # noqa: PLR0917
    simulator: Simulator, ask: Ask, run: Run, model: str, seed: Any, shown: int | None
) -> None:
    """A model may take a text for a seed; the output's schema knows whole numbers only."""
    caller = ask("runflow")
    record = create(caller, model=f"/v1/models/{model}", input={"prompt": "A kite.", "seed": seed})
    run(simulator.advance(20))
    found = read(caller, record)

    assert found["output"]["seed"] == shown
    assert undocumented(simulator.provider("runflow").contract, "get_run", found) == []
