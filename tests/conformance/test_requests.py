"""What the checks send: well-formed requests are well-formed, links lead on, and a new provider needs data only."""

from typing import Any

import pytest
from click.testing import CliRunner
from conformance.saboteurs.saboteur import honest_contract
from support.caller import FOURTH

from mockreel.cli.gate.check_command import command
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.model_selection import ModelSelection
from mockreel.contract import pointers
from mockreel.contract.exchanges.request_builder import Requests, placed
from mockreel.contract.exchanges.request_check import RequestChecker
from mockreel.contract.openapi_documents import Documents
from mockreel.simulator.in_process.memory_receiver import Receiver
from mockreel.simulator.in_process.mock_target import MockTarget

PROVIDERS = ["runflow", "aimlapi", "runninghub"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_good_requests_are_good(provider: str) -> None:
    """The contract's own validators find nothing wrong with a good request of any operation and shape of model."""
    contract = honest_contract(provider)
    requests, request_checker, model_selection = Requests(contract), RequestChecker(contract), ModelSelection(contract)
    wrong = []
    for operation in contract.operations:
        for model in model_selection.at(operation) if operation.body != "form" else ():
            verdict = request_checker.judge(requests.good(operation, model))
            wrong += [(operation.id, model.id if model else None, verdict)] if verdict.row else []

    assert wrong == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_submit_leads_to_its_poll(provider: str) -> None:
    """Each operation that conversation.yaml names exists, and a link leads from each submit to its poll."""
    contract = honest_contract(provider)
    target = MockTarget(contract)
    context = CheckContext(contract, target)
    led = [
        context.job_traces.begin(talk, submit, context.model_selection.leads(submit)[0]).poll is not None
        for talk, submit in context.submits()
    ]
    target.close()

    assert led
    assert all(led)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_documents_for_the_generator_are_self_contained(provider: str) -> None:
    """Every reference in a generated document leads into the document, and no link to an operation it lacks."""
    contract = honest_contract(provider)
    model_selection = ModelSelection(contract)
    document = Documents(contract).document([(one, model_selection.at(one)[0]) for one in contract.operations])

    for reference in references(document):
        node: Any = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [one for item in node for one in references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [one for value in node.values() for one in references(value)]


def test_models_of_one_shape_are_one_model() -> None:
    """Each operation gets one model for each shape; how many were left out is known, and `--model` picks its own."""
    contract = honest_contract("runninghub")
    submit = contract.operation("submit_task")
    all_shapes, named = ModelSelection(contract), ModelSelection(contract, names=[next(iter(contract.models))])

    assert 1 < len(all_shapes.at(submit)) < len(contract.names_at["submit_task"])
    assert all_shapes.skipped_pairs > 0
    assert [model.id for model in named.at(submit) if model] == [next(iter(contract.models))]


@pytest.mark.parametrize(
    ("place", "expected"),
    [("", {"a": 1, "b": 2}), ("/input", {"a": 1, "input": {"b": 2}}), ("/in/put", {"a": 1, "in": {"put": {"b": 2}}})],
)
def test_a_value_is_placed_at_its_pointer(place: str, expected: Any) -> None:
    """A model's input stands at its pointer; at the root its fields are the body's."""
    assert placed({"a": 1}, place, {"b": 2}) == expected


def test_a_star_stands_for_any_index() -> None:
    """Pointers with a star find everything in a list, and nothing where there is none."""
    document = {"outputs": [{"url": "a"}, {"url": "b"}, {}]}

    assert pointers.values(document, "/outputs/*/url") == ["a", "b"]
    assert pointers.values(document, "/outputs/1/url") == ["b"]
    assert pointers.values(document, "/nothing/*/url") == []


def test_a_receiver_answers_in_order_and_then_as_last() -> None:
    """Each URL has answers of its own; the last is repeated; an unknown one gets a 404."""
    receiver = Receiver("http://127.0.0.1:1", lambda: 0.0)
    url, other = receiver.expect(500, 200), receiver.expect()

    assert [receiver.receive(url, {}, b"") for _ in range(3)] == [500, 200, 200]
    assert receiver.receive(other, {}, b"") == 200
    assert receiver.receive("http://127.0.0.1:1/elsewhere", {}, b"") == 404
    assert len(receiver.of(url)) == 3


def test_a_new_provider_is_checked_by_its_data() -> None:
    """The made-up fourth provider is checked through `--data`, with no line of Python about it."""
    arguments = ["mock", "--data", str(FOURTH), "--provider", "encore", "--only-ours", "-v"]
    result = CliRunner().invoke(command, arguments)

    assert result.exit_code == 0, result.output
    for check in ("lifecycle.forward", "callback.spacing", "account.apart"):
        assert f"ok    encore       {check}" in result.output
