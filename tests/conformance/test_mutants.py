"""A contract that is false in one row is told from the true one: a sample of what `nox -s mutants` tries."""

from typing import Any

import pytest
from conformance.mutants import Mutant, mutants, noticed, reason_for

SAMPLE = {
    "runflow": [
        "operations.json /paths//v1/runs/statuses/get/x-mockreel",
        "lifecycle.yaml /states/succeeded",
        "errors.yaml /rows/idempotency-conflict",
        "callbacks.yaml /events/failed",
        "conversation.yaml /jobs/run/promises/agrees/output",
        "models.json /runflow/product-isolation/price",
    ],
    "aimlapi": ["errors.yaml /rows/rate-limited", "generation.json /x-mockreel", "errors.yaml /failures/default"],
    "runninghub": ["errors.yaml /failures/nsfw", "lifecycle.yaml /states/failed", "task.json /x-mockreel"],
}
ROWS = [pytest.param(name, place, id=f"{name} {place}") for name, places in SAMPLE.items() for place in places]


@pytest.mark.parametrize(("provider", "place"), ROWS)
def test_a_false_row_is_noticed(provider: str, place: str) -> None:
    """Whoever plays it, or judges by it, is told from who does not."""
    row = next(one for one in mutants(provider) if one.where == place)

    assert noticed(row)


@pytest.mark.parametrize("provider", list(SAMPLE))
def test_a_row_that_no_check_could_notice_has_a_reason(provider: str) -> None:
    """Rows about our own client, recorder and demo, and those of other readings, say why."""
    rows = list(mutants(provider))
    reasons = {reason_for(one) for one in rows}

    assert len(reasons) > 1
    assert [one for one in rows if one.sort in ("error responses", "operations") and reason_for(one)] == []


def test_a_mutant_changes_its_row_and_nothing_else() -> None:
    """One leaf of the document is another, everything else is as it was."""
    row = Mutant("runflow", "webhooks", "contracts/runflow/callbacks.yaml", ("events", "failed"), "documented")
    document: dict[str, Any] = {"events": {"failed": {"word": "run.failed", "on": ["failed"]}, "other": {"word": "x"}}}

    assert row.false(document) == {
        "events": {"failed": {"word": "run.failedx", "on": ["failed"]}, "other": {"word": "x"}}
    }
    assert document["events"]["failed"]["word"] == "run.failed"
