"""`mockreel drift`: reports, exit codes and usage errors."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockreel.cli import group
from mockreel.errors import OptionError

Pages = tuple[Path, Path]


def run(*args: object) -> tuple[int, str]:
    """The exit code and what was printed."""
    result = CliRunner().invoke(group, ["drift", *map(str, args)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_a_breaking_finding_fails_and_shows_its_witness(pages: Pages) -> None:
    """Exit code 1; each finding with before, after and what proves it."""
    code, reported = run("--provider", "runflow", "--pages", *pages)

    assert code == 1
    assert 'after    "/input"' in reported
    assert "witness" in reported
    assert reported.endswith("2 breaking for requests, 1 breaking for replies, 1 price, 2 compatible, 1 docs only.\n")


@pytest.mark.parametrize(("verdict", "code"), [("price", 1), ("unknown", 0), ("nothing", 0), ("anything", 1)])
def test_fail_on_decides_the_exit_code(pages: Pages, verdict: str, code: int) -> None:
    """One verdict that is there, one that is not, none and all."""
    assert run("--provider", "runflow", "--pages", *pages, "--fail-on", verdict)[0] == code


def test_no_drift_is_reported_and_passes(held: Path) -> None:
    """The same data: exit code 0."""
    assert run("--data", held, "--with", held) == (0, f"Compared the data with the data in {held}. No drift.\n")


def test_the_reports_say_the_same(pages: Pages, tmp_path: Path) -> None:
    """JSON, Markdown, SARIF and text from one run, each with every finding."""
    forms = ("json", "markdown", "sarif", "text")
    requested = [arg for form in forms for arg in ("--report", f"{form}={tmp_path / form}")]
    _, reported = run("--provider", "runflow", "--pages", *pages, "-v", *requested)

    as_json = json.loads((tmp_path / "json").read_text("utf-8"))
    as_sarif = json.loads((tmp_path / "sarif").read_text("utf-8"))["runs"][0]
    ids = [finding["id"] for finding in as_json["findings"]]
    assert as_json["counts"]["price"] == 1
    assert [found["properties"]["id"] for found in as_sarif["results"]] == ids
    assert {found["ruleId"] for found in as_sarif["results"]} <= {
        rule["id"] for rule in as_sarif["tool"]["driver"]["rules"]
    }
    assert all(f"**{id_}**" in (tmp_path / "markdown").read_text("utf-8") for id_ in ids)
    assert (tmp_path / "text").read_text("utf-8").splitlines()[:-1] == reported.splitlines()[:-1]
    assert "after" not in as_json["findings"][-1]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "Valid: --docs DIR, --with DIR, --pages OLDER NEWER, --against CASSETTE, --self. Give one."),
        (("--self", "--provider", "nobody"), "provider: 'nobody' is not valid"),
        (("--self", "--report", "pdf=x"), "--report: 'pdf' is not valid. Valid: text, json, markdown, sarif"),
    ],
)
def test_what_cannot_be_compared_is_reported(args: tuple[str, ...], message: str) -> None:
    """The message has the valid values."""
    with pytest.raises(OptionError, match=message.replace("(", r"\(").replace(".", r"\.")):
        run(*args)


def test_pages_need_their_provider(pages: Pages) -> None:
    """A page does not name its provider."""
    with pytest.raises(OptionError, match="Choose the provider of the pages"):
        run("--pages", *pages)


def test_what_could_not_be_read_fails_unless_it_is_allowed(acme: Path, tmp_path: Path) -> None:
    """A gate that has checked nothing reports it; the option that allows it is named."""
    (tmp_path / "docs" / "wide.txt").write_text("nothing here", encoding="utf-8")
    requested = ("--data", acme, "--docs", tmp_path / "docs")

    assert run(*requested)[0] == 1
    assert run(*requested, "--allow-unchecked")[0] == 0
    assert run(*requested, "--fail-on", "price")[0] == 0
    assert "UNCHECKED  acme/docs/wide.txt" in run(*requested)[1]


def test_an_unknown_verdict_fails_unless_allowed(acme: Path, tmp_path: Path) -> None:
    """An input field that is no longer documented may be rejected or ignored."""
    page = tmp_path / "docs" / "wide.txt"
    page.write_text(page.read_text("utf-8").replace("sizestringoptional720p, 1080pHow large it is.\n", ""), "utf-8")
    requested = ("--data", acme, "--docs", tmp_path / "docs")

    assert run(*requested)[0] == 1
    assert run(*requested, "--allow-unknown")[0] == 0


def test_what_breaks_nothing_is_counted_first_and_shown_on_demand(pages: Pages) -> None:
    """Totals by provider come first, then findings that need action; -v shows all."""
    short, long = (run("--provider", "runflow", "--pages", *pages, *more)[1] for more in ((), ("-v",)))

    totals = "runflow: 2 breaking for requests, 1 breaking for replies, 1 price, 2 compatible, 1 docs only"
    assert short.splitlines()[0] == long.splitlines()[0] == totals
    assert "COMPATIBLE" not in short
    assert "Left out, as they break nothing: 3. -v shows them." in short
    assert long.count("\nCOMPATIBLE  ") == 2


@pytest.mark.parametrize("verdict", ["anything", "docs only"])
def test_what_fails_is_always_shown(pages: Pages, verdict: str) -> None:
    """Also where it is one of those that break nothing."""
    assert "DOCS ONLY  " in run("--provider", "runflow", "--pages", *pages, "--fail-on", verdict)[1]


def test_contradictions_within_the_packaged_data_fit_a_terminal() -> None:
    """The README's command: hundreds that break nothing."""
    code, reported = run("--self", "--fail-on", "nothing")

    assert code == 0
    assert len(reported.splitlines()) < 24


@pytest.mark.parametrize("more", [("--provider", "runflow"), ("--provider", "runflow", "--provider", "aimlapi")])
def test_the_last_sentence_says_what_was_compared_and_how_it_ended(more: tuple[str, ...]) -> None:
    """Also where nothing that breaks was found."""
    _, reported = run("--self", "--fail-on", "nothing", *more)

    last = " ".join(reported.split("\n\n")[-1].split())
    assert re.search(
        rf"Compared the documentation of {', '.join(more[1::2])} with itself\. (\d+ findings?:|No drift)", last
    )
