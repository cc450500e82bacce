"""The suite is itself tested: every saboteur is caught, the honest mock server is not, the docs tell by which check."""

from pathlib import Path

import pytest
from conformance.saboteurs import GALLERY, Saboteur, run_checks
from conformance.saboteurs.saboteur import honest_checks
from conformance.saboteurs.table import attribution_of, attribution_sentence, known_rows, named_checks, row

from mockreel.conformance.checks import EVERY

# What share of the saboteurs is caught by a check of what they break, at least: by any, and by the first that fails.
BY_ANY, BY_FIRST = 0.97, 0.90
ANEW = "write the table anew: nox -s saboteurs -- --write docs/reference/check.md"
DOCS = Path(__file__).parents[2] / "docs" / "reference" / "check.md"


@pytest.mark.parametrize("saboteur", [pytest.param(one, id=one.id) for one in GALLERY])
def test_a_saboteur_is_caught_by_what_the_docs_say(saboteur: Saboteur) -> None:
    """A server that is broken in one way is caught, and by the checks that docs/reference/check.md names.

    These are run alone first, which is most of the time enough; `nox -s saboteurs` always runs the whole suite.
    """
    text = DOCS.read_text()
    names = named_checks(text, saboteur)
    alone = [check for check in EVERY if check.id in names]
    if names and not saboteur.generated and names == {*run_checks(saboteur, checks=alone).checks}:
        return
    found = run_checks(saboteur)

    assert found.checks
    assert row(found) in text, ANEW


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
def test_the_honest_mock_server_is_not_caught(provider: str) -> None:
    """What catches saboteurs leaves the honest mock server alone."""
    assert honest_checks(provider) == ()


def test_the_docs_name_no_saboteur_that_does_not_exist() -> None:
    """Every row of the table is a saboteur of the gallery."""
    table = DOCS.read_text().partition("<!-- saboteurs: begin -->")[2].partition("<!-- saboteurs: end -->")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ") and "`" in line]
    named = {line.split("|")[1].strip() for line in lines if line.count("|") == 5}

    assert named == {saboteur.id for saboteur in GALLERY}


def test_no_check_knows_a_saboteur() -> None:
    """The checks are not written to recognise a saboteur: none of their names stands in the package."""
    package = Path(__file__).parents[2] / "mockserver" / "mockreel" / "conformance"
    text = "\n".join(path.read_text() for path in package.rglob("*.py"))

    assert [saboteur.id for saboteur in GALLERY if "-" in saboteur.id and saboteur.id in text] == []


def test_the_right_check_catches_a_saboteur() -> None:
    """Who reads a failing check is led to what is broken: nearly always, and most of the time by the first of all."""
    text = DOCS.read_text()
    found = attribution_of(known_rows(text).values(), GALLERY)

    assert attribution_sentence(found) in text, (
        "write the table anew: nox -s saboteurs -- --write docs/reference/check.md"
    )
    assert found.by_any >= BY_ANY * found.known, found.by_others
    assert found.by_first >= BY_FIRST * found.known


# Asked of a URL only: where time passes by itself, and of whom is not what the models are (test_differential.py).
URL_ONLY = {
    "callback.tries-slow",
    "model.session",
    "model.refusals",
    "model.replies",
    "model.updates",
    "model.webhooks",
}


def test_every_check_of_ours_catches_somebody() -> None:
    """No check of ours is vacuous: each has caught a saboteur, or noticed that a row of a contract was false."""
    text = DOCS.read_text() + DOCS.with_name("facts.md").read_text()

    assert [check.id for check in EVERY if f"`{check.id}`" not in text and check.id not in URL_ONLY] == []
