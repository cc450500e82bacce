"""`run --strict`: a program is held to the client rules; exit code, text and reports say how it did."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from mockreel.cli import group
from mockreel.simulator.client_rules.rule_list import IDS

pytest.importorskip("trustme", reason="the extra [run] is not installed, so no program was run")

CALL = """
import json, sys, urllib.request
headers = {"authorization": "Bearer rf_live_k", "content-type": "application/json", **HEADERS}
asked = urllib.request.Request("https://api.runflow.io/v1/models/google/veo3.1/lite/runs",
    json.dumps({"input": {"prompt": "a paper boat", **FIELDS}}).encode(), headers)
urllib.request.urlopen(asked)
sys.exit(CODE)
"""


def program(*, fields: str = "{}", headers: str = "{}", code: int = 0) -> str:
    return CALL.replace("FIELDS", fields).replace("HEADERS", headers).replace("CODE", str(code))


def ran(*options: str, text: str) -> Result:
    return CliRunner().invoke(group, ["run", *options, "--", sys.executable, "-c", text])


WRONG = program(fields='{"durration": "4s"}')


def test_a_program_that_broke_a_rule_ends_with_1_and_the_reason() -> None:
    """The request, the fact, and how to allow it; without --strict it ends as it did."""
    strict = ran("--strict", text=WRONG)

    assert strict.exit_code == 1
    assert "/input/durration, which is not a field; did you mean 'duration'? [unknown-field]" in strict.stderr
    assert "--allow unknown-field" in strict.stderr
    assert ran(text=WRONG).exit_code == 0


def test_violations_are_listed_for_machines() -> None:
    """Each with its rule, the fact and its sources, and the request that it was seen in, beside the text."""
    lines = [json.loads(line) for line in ran("--strict", "--json", text=WRONG).stderr.splitlines()]
    (reported,) = [line for line in lines if line["kind"] == "violations"]
    (violation,) = reported["violations"]

    assert violation["rule"] == "unknown-field"
    assert violation["evidence"] in ("documented", "published")
    assert violation["sources"]
    assert violation["where"]
    request = violation["request"]
    assert request.pop("job")
    assert request == {
        "method": "POST",
        "path": "/v1/models/google/veo3.1/lite/runs",
        "query": "",
        "operation": "create_run",
        "status": 201,
    }
    assert reported["lines"]


@pytest.mark.parametrize(
    ("options", "text", "code"),
    [
        (["--strict"], program(fields='{"duration": "4s"}'), 0),
        (["--strict", "--allow", "unknown-field"], WRONG, 0),
        (["--strict", "--rules", "unknown-model"], WRONG, 0),
        (["--strict", "--rules", "all"], WRONG, 1),
        (["--strict"], program(fields='{"durration": "4s"}', headers='{"prefer": "expect-violation"}'), 0),
        (["--strict"], program(fields='{"durration": "4s"}', code=3), 3),
        (["--strict"], "print('nothing was called')", 3),
        ([], "print('nothing was called')", 0),
    ],
)
def test_the_exit_code_is_the_programs_own_unless_it_broke_a_rule(options: list[str], text: str, code: int) -> None:
    """A rule that is allowed, not looked for, or meant to be broken counts for nothing; no request is no success."""
    assert ran(*options, text=text).exit_code == code


def test_a_report_has_every_rule(tmp_path: Path) -> None:
    """As JUnit and as JSON; what nothing was about is skipped."""
    junit, found = tmp_path / "rules.xml", tmp_path / "rules.json"
    ran("--strict", "--report", f"junit={junit}", "--report", f"json={found}", text=WRONG)

    cases = {case.get("name"): case for case in ET.parse(junit).iter("testcase")}
    assert ET.parse(junit).getroot().get("name") == "mockreel run --strict"
    failed = [name for name, case in cases.items() if case.find("failure") is not None]
    assert failed == ["client.unknown-field"]
    assert cases["client.accepted-bad-signature"].find("skipped") is not None
    checks = json.loads(found.read_text())["checks"]
    assert {check["id"] for check in checks} == {f"client.{name}" for name in IDS if name != "polled-after-end"}


def test_a_missing_extra_is_reported_before_anything_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what installs it; no address of a server that ends at once, and no report."""
    monkeypatch.setitem(sys.modules, "trustme", None)
    result = ran("--strict", text=WRONG)

    assert "pip install trustme" in str(result.exception)
    assert result.output == ""


def test_the_rules_are_listed() -> None:
    """Each with a sentence; nothing is run."""
    listed = CliRunner().invoke(group, ["run", "--list-rules"])

    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()][1:] == [*IDS]


@pytest.mark.parametrize(("location", "place"), [([], ("client.py", 1)), (["--location", "go.mod:3"], ("go.mod", 3))])
def test_a_finding_stands_at_a_file_of_the_users(
    location: list[str], place: tuple[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program, or the file that `--location` names; never the contract, which is not in their repository."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "client.py").write_text(WRONG)
    (tmp_path / "go.mod").write_text("")
    words = ["run", "--strict", "--report", "gitlab=found.json", *location, "--", sys.executable, "client.py"]
    CliRunner().invoke(group, words)

    (issue,) = json.loads((tmp_path / "found.json").read_text())
    assert (issue["location"]["path"], issue["location"]["lines"]["begin"]) == place


@pytest.mark.parametrize(
    "options",
    [
        ["--allow", "unknown-field"],
        ["--location", "pyproject.toml"],
        ["--strict", "--rules", "none"],
        ["--strict", "--report", "xml=a"],
    ],
)
def test_what_means_nothing_is_an_error_before_anything_runs(options: list[str]) -> None:
    """A rule or a form that does not exist, and options without --strict."""
    result = ran(*options, text="open('ran', 'w')")

    assert result.exit_code != 0
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--rules", "nope"], "--rules"),
        (["--rules", "all", "--allow", "unknown-field"], "--rules and --allow"),
        (["--report", "junit=a.xml"], "--report"),
    ],
)
def test_an_option_without_strict_is_told_what_it_lacks(options: list[str], named: str) -> None:
    """Its value may be valid, so that the message does not call it wrong."""
    assert f"{named} without --strict would do nothing: add --strict." in ran(*options, text="").output
