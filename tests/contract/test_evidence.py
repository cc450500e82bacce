"""How many facts of each kind are held, and which rest on inference alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.caller import FOURTH

from mockreel._data import data_root
from mockreel.cli import group
from mockreel.contract import providers
from mockreel.contract.data.data_files import read_document
from mockreel.contract.evidence.evidence import INFERRED, KINDS, count, evidence_rows, titles
from mockreel.errors import OptionError


def test_every_row_of_a_file_is_counted() -> None:
    """As many as the text of the files has, each by its kind."""
    rows = [row for row in evidence_rows("encore", root=FOURTH) if row.sort in ("refusals", "failures of jobs")]
    text = (FOURTH / "contracts/encore/errors.yaml").read_text(encoding="utf-8")

    assert len(rows) == len(re.findall(r"evidence: ", text))
    assert count(rows)[INFERRED] == text.count("evidence: inferred")


def test_a_row_is_found_at_its_place() -> None:
    """The place of a row is a JSON pointer into its file."""
    row = next(row for row in evidence_rows("encore", root=FOURTH) if row.where == "errors.yaml /rows/internal-error")

    assert (row.sort, row.kind, row.row["code"]) == ("refusals", INFERRED, "fire")


@pytest.mark.parametrize("provider", providers())
def test_each_kind_adds_up(provider: str) -> None:
    """Every fact has one of the four kinds."""
    rows = evidence_rows(provider)
    counts = count(rows)

    assert sum(counts[kind] for kind in KINDS) == len(rows) > 0


@pytest.mark.parametrize("provider", providers())
def test_less_than_a_tenth_is_inferred(provider: str) -> None:
    """Of the facts about each provider."""
    rows = evidence_rows(provider)

    assert count(rows)[INFERRED] < len(rows) / 10


def test_a_device_of_the_mock_server_is_no_fact_about_a_provider() -> None:
    """The request that the recorder sends states nothing; the row that it expects does, and a word of a response."""
    places = {row.where for row in evidence_rows("runflow")}

    assert "conversation.yaml /recording/refusals/wrong-key" not in places
    assert "errors.yaml /rows/wrong-key" in places
    assert {"openapi.yaml wire /log", "openapi.yaml wire /price_words", "openapi.yaml wire /unnamed"} <= places


def test_a_row_that_a_reading_repeats_is_one_fact() -> None:
    """The reading writes the list of transitions again, without one of them."""
    places = [row.where for row in evidence_rows("runflow") if "transitions" in row.where]

    assert len(places) == 11
    assert [place for place in places if place.startswith("readings/")] == []


def test_the_command_prints_the_table_and_the_inferred() -> None:
    """A line for each provider; below it each fact that no source says."""
    reported = _run("evidence")

    for name, title in titles().items():
        rows = evidence_rows(name)
        assert re.search(rf"^{title} +{len(rows)} +{count(rows)['documented']} ", reported, re.MULTILINE)
        assert f"{title}: {count(rows)[INFERRED]} inferred fact" in reported


def test_the_command_gives_json_of_other_data(tmp_path: Path) -> None:
    """For other tools; of any data folder."""
    reported: dict[str, Any] = json.loads(_run("evidence", "--json", "--data", str(FOURTH)))

    assert list(reported) == ["encore"]
    assert {"sort": "refusals", "where": "errors.yaml /rows/internal-error"} in reported["encore"]["inferred"]


def test_an_unknown_provider_is_an_error_that_lists_the_known() -> None:
    """The message has the valid values."""
    with pytest.raises(OptionError, match=r"'nobody' is not valid\. Valid: runflow, aimlapi, runninghub"):
        _run("evidence", "--provider", "nobody")


def test_readme_shows_the_table_as_it_is() -> None:
    """A line for each provider with the numbers that the command prints."""
    readme = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")

    for name, title in titles().items():
        rows = evidence_rows(name)
        counts = count(rows)
        cells = [len(rows), *(counts[kind] for kind in ("documented", "in part", "published", "client", INFERRED))]
        assert f"| {title} | {' | '.join(map(str, cells))} |" in readme


def test_every_source_of_a_row_is_listed() -> None:
    """A fact names sources that `sources.yaml` has."""
    for provider in providers():
        known = read_document(data_root() / "schemas" / provider / "sources.yaml")["sources"]
        for row in evidence_rows(provider):
            sources = row.row["source"]
            assert set([sources] if isinstance(sources, str) else sources) <= set(known), (provider, row.where)


def _run(*args: str) -> str:
    result = CliRunner().invoke(group, list(args))
    if result.exception:
        raise result.exception
    return result.output
