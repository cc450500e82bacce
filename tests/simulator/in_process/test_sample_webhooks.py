"""Every callback of every provider can be sent, as the mock server sends it."""

import orjson
import pytest
from support.caller import FOURTH

from mockreel.contract import load_contract, providers
from mockreel.errors import OptionError
from mockreel.simulator.in_process.sample_webhooks import happening, happenings

NAMES = providers()


@pytest.mark.parametrize("name", NAMES)
def test_every_event_of_a_contract_happens_as_documented(name: str) -> None:
    """For each operation with a callback: the schema is met, and no event is missing."""
    contract = load_contract(name)
    found = list(happenings(contract))

    assert {event.word for event in contract.callbacks.events.values()} <= {one.word for one in found}
    assert [
        one.callback.wrong(orjson.loads(one.body)) for one in found if one.callback.wrong(orjson.loads(one.body))
    ] == []
    asking = {operation.id for operation in contract.operations if operation.raw.get("callbacks")}
    # A workflow of ComfyUI must have been made before it can run.
    assert {one.operation for one in found} == asking - {"create_comfyui_workflow_run"}


def test_an_own_provider_has_its_events_too() -> None:
    """From its data folder."""
    contract = load_contract("encore", root=FOURTH)

    assert {one.word for one in happenings(contract, root=FOURTH)} == {"job.done", "job.broken", "job.dropped"}


@pytest.mark.parametrize("event", ["completed", "run.completed", "RUN.COMPLETED"])
def test_an_event_is_found_by_either_name(event: str) -> None:
    """Its word on the wire, or ours."""
    found = happening(load_contract("runflow"), event)

    assert found.word == orjson.loads(found.body)["event"] == "run.completed"
    assert "runflow-signature" not in {name.lower() for name, _ in found.headers}


def test_an_event_of_several_ends_is_found_by_its_state_and_operation() -> None:
    """The payload is that of the job's end, in the form of the API that began it."""
    contract = load_contract("runninghub")
    failed = happening(contract, "TASK_END", state="failed")
    old = happening(contract, "TASK_END", state="failed", operation="start_app")

    assert orjson.loads(failed.body)["eventData"]["status"] == "FAILED"
    assert isinstance(orjson.loads(old.body)["eventData"], str)


def test_a_reading_changes_what_is_sent() -> None:
    """As it changes the responses."""
    contract = load_contract("runflow", readings={"cancel-spelling": "cancelled"})

    assert orjson.loads(happening(contract, "run.cancelled").body)["status"] == "cancelled"


@pytest.mark.parametrize(
    ("provider", "event", "narrower", "message"),
    [
        ("runflow", "run.nothing", {}, "event: 'run.nothing' is not valid. Valid: batch.cancelled, .*run.completed"),
        ("runflow", "run.failed", {"state": "succeeded"}, "state: 'succeeded' is not valid. Valid: failed"),
        ("runflow", "run.failed", {"operation": "create_batch"}, "operation: 'create_batch' .*Valid: create_run"),
        ("aimlapi", "completed", {}, "AI/ML API documents no callback"),
    ],
)
def test_an_unknown_event_is_rejected_with_the_known_ones(
    provider: str, event: str, narrower: dict[str, str], message: str
) -> None:
    """Rather than sending something that the provider never would."""
    with pytest.raises(OptionError, match=message):
        happening(load_contract(provider), event, **narrower)  # type: ignore[arg-type]
