"""Runflow's ComfyUI workflows and evaluations, and the models of its own pages and programs."""

from typing import Any

import pytest
from providers.runflow.requests import Ask, Run, undocumented

from mockreel.simulator.simulator import Simulator

WORKFLOW = {"slug": "ad-creative", "name": "Ad creative", "workflow_json": {"1": {"class_type": "LoadImage"}}}
IMAGE = "https://example.com/a.png"


def test_a_workflow_is_created_listed_changed_and_deleted(simulator: Simulator, ask: Ask) -> None:
    """As the vendor's ComfyUI nodes do it."""
    caller, contract = ask("runflow"), simulator.provider("runflow").contract
    made = caller("POST", "/v1/comfyui-workflows", WORKFLOW)
    path = f"/v1/comfyui-workflows/{made.json['id']}"

    assert made.status == 201
    assert undocumented(contract, "create_comfyui_workflow", made.json, status=201) == []
    listed = caller("GET", "/v1/comfyui-workflows?q=slug.eq:'ad-creative'&limit=1").json
    assert [row["id"] for row in listed["items"]] == [made.json["id"]]
    assert caller("PATCH", path, {"name": "Other"}).json["name"] == "Other"
    assert caller("GET", "/v1/comfyui-workflows/acme/ad-creative").json["name"] == "Other"
    assert caller("DELETE", path).status == 204
    assert caller("GET", path).status == 404


def test_a_run_of_a_workflow_is_polled_as_any_other(simulator: Simulator, ask: Ask, run: Run) -> None:
    """The response has `run_id`, which the vendor's dashboard reads, and names with spaces are inputs."""
    caller = ask("runflow")
    made = caller("POST", "/v1/comfyui-workflows", WORKFLOW).json
    begun = caller("POST", "/v1/comfyui-workflows/acme/ad-creative/runs", {"input": {"Product image": IMAGE}})
    run(simulator.advance(20))
    ended = caller("GET", f"/v1/runs/{begun.json['run_id']}").json

    assert (begun.status, begun.json["run_id"]) == (201, begun.json["id"])
    assert (
        undocumented(simulator.provider("runflow").contract, "create_comfyui_workflow_run", begun.json, status=201)
        == []
    )
    assert (ended["status_code"], ended["comfyui_workflow_id"]) == ("succeeded", made["id"])
    assert ended["output"]["outputs"][0]["type"] == "image"


def test_runs_of_a_workflow_are_summed_up_under_its_slug(ask: Ask) -> None:
    """And once it is deleted under its id: a flow always has a name."""
    caller, stats = ask("runflow"), "/v1/runs-stats?start=2026-01-01T00:00:00Z&end=2026-12-31T00:00:00Z"
    made = caller("POST", "/v1/comfyui-workflows", WORKFLOW).json
    caller("POST", "/v1/comfyui-workflows/acme/ad-creative/runs", {"input": {"Product image": IMAGE}})

    assert [row["flow_slug"] for row in caller("GET", stats).json["by_flow"]] == ["ad-creative"]
    caller("DELETE", f"/v1/comfyui-workflows/{made['id']}")
    assert [row["flow_slug"] for row in caller("GET", stats).json["by_flow"]] == [made["id"]]


@pytest.mark.parametrize("change", ["create", "rename"])
def test_a_slug_is_one_workflow_of_an_organization(ask: Ask, change: str) -> None:
    """409 for a second one, and nothing changes; what is deleted, another organization's, and its own are free."""
    caller = ask("runflow")
    first = caller("POST", "/v1/comfyui-workflows", WORKFLOW).json
    other = caller("POST", "/v1/comfyui-workflows", {**WORKFLOW, "slug": "other"}).json

    def give(slug: str) -> Any:
        if change == "create":
            return caller("POST", "/v1/comfyui-workflows", {**WORKFLOW, "slug": slug, "name": "Second"})
        return caller("PATCH", f"/v1/comfyui-workflows/{other['id']}", {"slug": slug, "name": "Second"})

    refused = give("ad-creative")
    assert (refused.status, refused.json["code"]) == (409, "CONFLICT")
    assert "'ad-creative'" in refused.json["message"]
    names = [row["name"] for row in caller("GET", "/v1/comfyui-workflows").json["items"]]
    assert names == ["Ad creative", "Ad creative"]

    assert caller("PATCH", f"/v1/comfyui-workflows/{first['id']}", {"slug": "ad-creative"}).status == 200
    assert ask("runflow", "rfk_somebody_else")("POST", "/v1/comfyui-workflows", WORKFLOW).status == 201
    caller("DELETE", f"/v1/comfyui-workflows/{first['id']}")
    assert give("ad-creative").status in {200, 201}


def test_another_accounts_workflow_cannot_be_run(ask: Ask) -> None:
    ask("runflow")("POST", "/v1/comfyui-workflows", WORKFLOW)
    other = ask("runflow", "rfk_somebody_else")

    assert other("POST", "/v1/comfyui-workflows/acme/ad-creative/runs", {"input": {}}).status == 404


def test_a_workflow_that_the_vendor_shares_is_run_by_everybody(simulator: Simulator, ask: Ask) -> None:
    """The vendor's program for ads runs it, and creates none; one that nobody shares is refused."""
    caller, contract = ask("runflow"), simulator.provider("runflow").contract
    for name in contract.wire["shared_workflows"]:
        runs = [caller("POST", f"/v1/comfyui-workflows/{name}/runs", {"input": {"logo": IMAGE}}) for _ in range(2)]
        assert [run.status for run in runs] == [201, 201]
        assert len({run.json["comfyui_workflow_id"] for run in runs}) == 1
        slug = name.partition("/")[2]
        assert caller("POST", f"/v1/comfyui-workflows/somebody/{slug}/runs", {"input": {}}).status == 404
    assert contract.wire["shared_workflows"]


def test_an_evaluation_goes_from_pending_to_completed(simulator: Simulator, ask: Ask, run: Run) -> None:
    caller, contract = ask("runflow"), simulator.provider("runflow").contract
    begun = caller("POST", "/v1/evaluations", {"generated_image_url": IMAGE, "task_type": "ad"})
    path = f"/v1/evaluations/{begun.json['id']}"

    assert (begun.status, begun.json["status_code"], begun.json["job_class_code"]) == (202, "pending", "standard")
    run(simulator.advance(5))
    ended = caller("GET", path).json
    assert (ended["status_code"], ended["overall_passed"]) == ("completed", True)
    assert undocumented(contract, "get_evaluation", ended) == []
    assert caller("PATCH", f"{path}/feedback", {"is_positive": False}).json["feedback_is_positive"] is False


@pytest.mark.parametrize(
    ("model", "fields_and_shape"),
    [
        ("runflow/tag-removal", ({"image_url": IMAGE}, "image_urls")),
        ("runflow/background-removal", ({"image_url": IMAGE}, "image_urls")),
        ("runflow/skin-fix", ({"image_url": IMAGE}, "outputs")),
        ("runflow/object-removal/prompt", ({"image_url": IMAGE, "prompt": "the cup"}, "outputs")),
        ("openai/gpt-image-2/edit", ({"image_urls": [IMAGE], "prompt": "a cup"}, "outputs")),
    ],
)
def test_the_output_is_shaped_as_the_models_page_has_it(
    simulator: Simulator, ask: Ask, run: Run, model: str, fields_and_shape: tuple[dict[str, object], str]
) -> None:
    caller, (fields, shape) = ask("runflow"), fields_and_shape
    begun = caller("POST", f"/v1/models/{model}/runs", {"input": fields}).json
    run(simulator.advance(20))

    assert caller("GET", f"/v1/runs/{begun['id']}").json["output"][shape]


def test_smart_resize_answers_as_it_was_seen(simulator: Simulator, ask: Ask, run: Run) -> None:
    caller = ask("runflow")
    fields = {"image_url": IMAGE, "aspect_ratio": "16:9", "resolution": "2K"}
    begun = caller("POST", "/v1/models/runflow/smart-resize/runs", {"input": fields}).json
    run(simulator.advance(20))

    read = caller("GET", f"/v1/runs/{begun['id']}").json
    output = dict(read["output"])
    (made,) = output.pop("outputs")
    assert (made["url"].endswith(".webp"), set(made), made["type"]) == (True, {"url", "type"}, "image")
    assert output == {"nsfw_detected": None, "seed": None, "timing": None}
    assert undocumented(simulator.provider("runflow").contract, "get_run", read) == []


def test_a_media_url_is_rejected_as_the_vendor_quotes_it(ask: Ask) -> None:
    """By the name of the error."""
    wish = {"Prefer": "scenario=refuse; code=media-url-refused"}
    answer = ask("runflow")("POST", "/v1/models/runflow/skin-fix/runs", {"input": {"image_url": IMAGE}}, headers=wish)

    assert (answer.status, answer.json["message"]) == (422, "media URL must use HTTP(S) or data URI, got 'runflow'")


def test_a_redelivery_needs_its_own_scope_and_so_does_a_deletion(simulator: Simulator) -> None:
    contract = simulator.provider("runflow").contract

    assert contract.operation("redeliver_run_callback").scope == "runs:execute"
    assert contract.operation("redeliver_batch_callback").scope == "runs:execute"
    assert contract.operation("delete_asset").scope == "assets:delete"


@pytest.mark.parametrize(("seconds", "share"), [(0.1, 0.0), (1.2, 0.5), (60, 1.0)])
def test_a_cancelled_run_costs_the_work_until_then(
    simulator: Simulator, ask: Ask, run: Run, seconds: float, share: float
) -> None:
    """Nothing before it runs, and the whole price where it had ended before."""
    admin = ask("runflow", "rf_svc_one")
    fields = {"prompt": "a boat", "duration": "4s", "resolution": "720p"}
    begun = admin("POST", "/v1/models/google/veo3.1/lite/runs", {"input": fields}).json
    run(simulator.advance(seconds))
    admin("POST", f"/v1/admin/runs/{begun['id']}/cancellation")
    cost = float(admin("GET", f"/v1/runs/{begun['id']}").json["cost"] or 0)

    assert cost == pytest.approx(0.12 * share, abs=0.0 if share in (0.0, 1.0) else 0.06)
