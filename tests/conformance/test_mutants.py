"""A contract that is false in one row is told from the true one: a sample of what `nox -s mutants` tries; its table."""

from pathlib import Path
from typing import Any

import pytest
from conformance.mutants import Mutant, Verdict, mutants, reason_for, try_mutant
from conformance.mutants.falsehoods import falsehoods
from conformance.mutants.other_options import other_options
from conformance.mutants.results import Results
from conformance.mutants.table import MISSED, answer, page_with_tables, read_table, shares
from conformance.mutants.trial import UNTRIED

SAMPLE = {
    "runflow": [
        "operations.json /paths//v1/runs/statuses/get/x-mockreel",
        "operations.json /x-mockreel/wire/callback_status",
        "lifecycle.yaml /states/succeeded",
        "errors.yaml /rows/idempotency-conflict",
        "callbacks.yaml /events/failed",
        "pricing.yaml /money/given_back",
        "conversation.yaml /account",
        "models.json /runflow/product-isolation/price",
    ],
    "aimlapi": ["errors.yaml /rows/rate-limited", "generation.json /x-mockreel", "errors.yaml /failures/default"],
    "runninghub": ["errors.yaml /failures/nsfw", "lifecycle.yaml /states/failed", "task.json /x-mockreel"],
}
ROWS = [pytest.param(name, place, id=f"{name} {place}") for name, places in SAMPLE.items() for place in places]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "facts.md"
EVENTS = ("events", "failed")


def row_at(provider: str, place: str) -> Mutant:
    return next(one for one in mutants(provider) if one.where == place)


@pytest.mark.parametrize(("provider", "place"), ROWS)
def test_a_false_row_is_noticed(provider: str, place: str) -> None:
    """Whoever plays it, or judges by it, is told from who does not."""
    assert try_mutant(row_at(provider, place)).state == "noticed"


@pytest.mark.parametrize("provider", list(SAMPLE))
def test_the_table_has_every_row_as_the_contract_has_it(provider: str) -> None:
    """A row more or less, or one that has a reason now, and the table must be written again: `nox -s mutants`."""
    cells, rows = read_table(PAGE.read_text("utf-8"))[provider], list(mutants(provider))
    reasons = {row.name: reason for row in rows if (reason := reason_for(row))}

    assert sorted(cells) == sorted(row.name for row in rows)
    others = ("`", MISSED, UNTRIED.reason)
    assert {name: cell for name, cell in cells.items() if name in reasons or not cell.startswith(others)} == reasons


@pytest.mark.parametrize(("provider", "kind"), [
    ("runflow", "operations"), ("runflow", "messages"), ("aimlapi", "models"), ("aimlapi", "error responses"),
    ("runninghub", "prices"), ("runninghub", "wire facts"),
])  # fmt: skip
def test_the_table_names_the_check_that_notices(provider: str, kind: str) -> None:
    """A row in the middle of each kind is tried again, and the same check notices."""
    cells = read_table(PAGE.read_text("utf-8"))[provider]
    rows = [row for row in mutants(provider) if row.kind == kind and cells[row.name].startswith("`")]
    row = rows[len(rows) // 2]

    assert answer(try_mutant(row)) == cells[row.name]


@pytest.mark.parametrize("provider", list(SAMPLE))
def test_a_row_that_no_check_could_notice_has_a_reason(provider: str) -> None:
    """Rows about our own client, recorder and demo, and those of other readings, say why."""
    rows = list(mutants(provider))
    reasons = {reason_for(one) for one in rows}

    assert len(reasons) > 1
    assert [one for one in rows if one.kind in ("error responses", "operations") and reason_for(one)] == []


def test_a_falsehood_changes_its_row_and_nothing_else() -> None:
    """One leaf of the document is another, everything else is as it was; at last the row itself is gone."""
    document: dict[str, Any] = {"events": {"failed": {"word": "run.failed", "on": ["failed"]}, "other": {"word": "x"}}}
    first, *_, last = falsehoods(document, "webhooks", EVENTS, codes=True)

    assert first == {"events": {"failed": {"word": "run.failedx", "on": ["failed"]}, "other": {"word": "x"}}}
    assert last == {"events": {"other": {"word": "x"}}}
    assert document["events"]["failed"]["word"] == "run.failed"


def test_a_word_moves_from_one_list_to_the_list_beside_it() -> None:
    """Where each state stands in one of two rows, both are changed together."""
    document = {"money": {"taken": {"on": ["done"]}, "given_back": {"on": ["failed"]}}}
    every = list(falsehoods(document, "rules about money", ("money", "taken"), codes=True))

    assert {"money": {"taken": {"on": []}, "given_back": {"on": ["failed", "done"]}}} in every
    assert {"money": {"taken": {"on": ["done", "failed"]}, "given_back": {"on": []}}} in every


def test_another_option_of_a_reading_makes_the_rows_false_that_it_changes() -> None:
    """An overlay of the whole section counts as far as it is about the row."""
    row = row_at("runflow", "operations.json /x-mockreel/wire/envelope")
    values = [
        changed["x-mockreel"]["wire"]["envelope"]["value"]
        for changed in other_options("runflow", row.file, row.read(), row.steps)
    ]

    assert values == ["nested"]


def test_a_simulator_that_breaks_over_a_false_row_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it answers then is not counted: the row is one that cannot be played."""
    row = row_at("runflow", "operations.json /x-mockreel/wire/batch_items")
    broken = row.read()
    broken["x-mockreel"]["wire"]["batch_items"]["value"] = {}
    monkeypatch.setattr(Mutant, "false", lambda _: iter([broken]))

    assert try_mutant(row).state in ("missed", "cannot be played")


def test_a_run_that_was_broken_off_goes_on(tmp_path: Path) -> None:
    """A verdict is kept as it comes, and known to the next run."""
    row, file = row_at("runflow", "lifecycle.yaml /states/succeeded"), tmp_path / "results.jsonl"
    Results(file).keep(row, Verdict("noticed", ("lifecycle.known",)))

    assert Results(file).known(row) == Verdict("noticed", ("lifecycle.known",))
    assert Results(None).known(row) is None


def test_a_row_that_cannot_be_played_counts_as_not_noticed() -> None:
    """Only a reason takes a row out of the share; a table that was written is read as it was meant."""
    rows = [one for one in mutants("runflow") if one.evidence == "documented"][:4]
    states = ("noticed", "missed", "cannot be played")
    verdicts = [Verdict(state) for state in states] + [Verdict("reason", reason="why")]  # type: ignore[arg-type]
    found = list(zip(rows, [Verdict("noticed", ("one.check",)), *verdicts[1:]], strict=True))
    page = page_with_tables("before\n<!-- facts: begin -->\nold\n<!-- facts: end -->\nafter\n", found)

    assert shares(found)[1] == pytest.approx(1 / 3)
    assert list(read_table(page)["runflow"].values()) == ["`one.check`", MISSED, MISSED, "why"]
    assert page.startswith("before\n")
    assert page.endswith("\nafter\n")
    assert "old" not in page
