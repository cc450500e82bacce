"""Arazzo documents: what they name is in the OpenAPI document that they are about."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from mockreel.cli.use.arazzo_command import command
from mockreel.contract import load_contract
from mockreel.contract.openapi_documents import Documents

PROVIDERS = ("aimlapi", "runflow", "runninghub")


def _document(provider: str, *options: str) -> dict[str, Any]:
    done = CliRunner().invoke(command, [provider, *options])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


@pytest.fixture(scope="module", params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def document(provider: str) -> dict[str, Any]:
    return _document(provider)


def test_every_step_is_an_operation_of_the_openapi_document(provider: str, document: dict[str, Any]) -> None:
    """Under the ids that `mockreel openapi` prints."""
    paths = Documents(load_contract(provider)).full_document()["paths"]
    known = {item["operationId"] for methods in paths.values() for item in methods.values()}
    used = {step["operationId"] for workflow in document["workflows"] for step in workflow["steps"][:2]}

    assert used
    assert used <= known


def test_a_poll_succeeds_and_goes_on_with_the_providers_own_words(provider: str, document: dict[str, Any]) -> None:
    """Of its lifecycle."""
    states = load_contract(provider).lifecycle.states.values()
    done, pending = ({one.word for one in states if one.kind == kind} for kind in ("succeeded", "pending"))
    for workflow in document["workflows"]:
        (_, poll, _) = workflow["steps"]
        assert _words(poll["successCriteria"][1]["condition"]) == done
        assert _words(poll["onFailure"][0]["criteria"][0]["condition"]) == pending


def _words(condition: str) -> set[str]:
    return {part.split("'")[1] for part in condition.split(" || ")}


def test_the_webhooks_address_is_an_input_of_a_workflow_of_its_own() -> None:
    """Where the provider documents webhooks; nothing of the script's own placeholders is left."""
    workflows = {one["workflowId"]: one for one in _document("runninghub")["workflows"]}
    plain, webhook = (
        next(one for name, one in workflows.items() if name.endswith("webhook") is word) for word in (False, True)
    )

    assert "webhookUrl" not in plain["steps"][0]["requestBody"]["payload"]
    assert webhook["steps"][0]["requestBody"]["payload"]["webhookUrl"] == "$inputs.callback_url"
    assert "callback_url" in webhook["inputs"]["required"]
    assert not [name for name in PROVIDERS if "$callback" in json.dumps(_document(name))]


def test_the_last_step_downloads_the_result(document: dict[str, Any]) -> None:
    """From the address that the poll gave, as an extension: it is no operation of the provider's."""
    for workflow in document["workflows"]:
        download = workflow["steps"][-1]
        assert download["x-operation"] == {"url": "$steps.poll.outputs.url", "method": "GET"}
        assert "url" in workflow["steps"][1]["outputs"]
        assert "key" not in json.dumps(download)


def test_without_the_download_it_is_what_the_specification_knows(provider: str) -> None:
    """Every step is an operation, and none is a download."""
    for workflow in _document(provider, "--no-download")["workflows"]:
        assert [step["stepId"] for step in workflow["steps"]] == ["submit", "poll"]
        assert all("operationId" in step for step in workflow["steps"])
        assert "download" not in workflow["summary"]


def test_a_webhook_is_described_with_where_its_id_and_state_stand(provider: str, document: dict[str, Any]) -> None:
    """As the conversation has it; a workflow without a webhook says nothing of one."""
    reported = [talk.webhook for talk in load_contract(provider).conversation.jobs.values() if talk.webhook is not None]
    known = {(f"$request.body#{one.id}", one.state and f"$request.body#{one.state}") for one in reported}
    for workflow in document["workflows"]:
        webhook = workflow.get("x-webhook")
        assert (webhook is not None) == ("callback_url" in workflow["inputs"]["properties"])
        if webhook:
            assert webhook["url"] == "$inputs.callback_url"
            assert (webhook["id"], webhook.get("state")) in known
            assert "no step" in workflow["description"]


def test_the_pause_between_polls_is_the_contracts_unless_given() -> None:
    """As the reference client pauses."""
    ((first, *_), (given, *_)) = (_document("aimlapi", *words)["workflows"] for words in ((), ("--every", "0.5")))

    assert first["steps"][1]["onFailure"][0]["retryAfter"] == 15
    assert given["steps"][1]["onFailure"][0]["retryAfter"] == 0.5
