"""`mockreel check` as a user meets it: exit codes, reports, what is missing."""

import builtins
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from conformance.saboteurs import GALLERY
from conformance.saboteurs.saboteur import honest_contract

from mockreel import __version__
from mockreel.cli.gate.check_command import command
from mockreel.conformance import reading_matrix
from mockreel.conformance.check_context import CheckContext
from mockreel.conformance.check_options import CheckOptions
from mockreel.conformance.check_runner import run
from mockreel.conformance.generated import generated_requests
from mockreel.conformance.generated.generated_requests import require
from mockreel.conformance.reading_matrix import check_readings, combinations
from mockreel.conformance.reports import FORMS, write
from mockreel.conformance.reports.report import Report, repeat_command
from mockreel.conformance.suite import Plan, check_mock
from mockreel.errors import MissingPackage, OptionError
from mockreel.simulator.in_process.mock_target import MockTarget


def check(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


@pytest.fixture(scope="module")
def failing() -> Report:
    """A report with a finding."""
    saboteur = next(one for one in GALLERY if one.id == "glass-walls")
    honest = honest_contract(saboteur.provider)
    target = MockTarget(honest, answering=saboteur.answering())
    outcomes = tuple(run(CheckContext(honest, target, CheckOptions(quick=True))))
    target.close()
    return Report("mock", __version__, 7, outcomes, ("something was left out",), 1.5)


def test_the_mock_server_holds_quickly() -> None:
    """`--quick` exits with 0 and says in one line how many checks hold."""
    result = check("mock", "--provider", "runflow", "--quick")

    assert result.exit_code == 0, result.output
    assert re.search(r"^mock: [0-9]+ holds, 0 falls short, 0 doubtful, 0 not checked$", result.output, re.MULTILINE)
    assert max(map(len, result.output.splitlines())) <= 80


def test_generated_requests_hold_and_say_what_was_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """All phases of Schemathesis run within a budget, from a seed."""
    monkeypatch.setattr(generated_requests, "RATE", 1)
    result = check(
        "mock",
        "--provider",
        "runflow",
        "--budget",
        "200",
        "--seed",
        "3",
        "--check",
        "generated",
        "-v",
    )

    assert result.exit_code == 0, result.output
    for phase in ("examples", "coverage", "stateful", "fuzzing"):
        assert f"generated.{phase}" in result.output
    assert "note  runflow:" in result.output
    assert "seed 3" in result.output


def test_one_model_and_one_check_can_be_picked() -> None:
    """`--model` and `--check` narrow the run."""
    result = check("mock", "--provider", "runflow", "--model", "google/veo3.1/lite", "--check", "body.refused", "-v")

    assert result.exit_code == 0, result.output
    assert [line.split()[2] for line in result.output.splitlines()[:-1] if line.startswith("ok")] == [
        "body.refused",
        "reply.documented",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["mock", "--model", "no/such"], "--model"),
        (["mock", "--check", "no.such"], "--check"),
        (["mock", "--report", "pdf=x"], "--report"),
        (["mock", "--provider", "nobody"], "provider"),
        (["mock", "--max-spend", "a lot"], "not an amount of money"),
    ],
)
def test_unknown_names_are_errors_before_anything_runs(arguments: list[str], expected: str) -> None:
    """An unknown model, check, report, provider or amount: the message names it."""
    result = check(*arguments)

    assert result.exit_code != 0
    assert expected in result.output + str(result.exception)


def test_every_form_of_report_contains_the_finding(failing: Report, tmp_path: Path) -> None:
    """What was expected, what came, the fact, its source and the line that asks again stand in every form."""
    finding = failing.findings[0]
    for form in FORMS:
        write(failing, form, tmp_path / form)
        text = (tmp_path / form).read_text()
        assert finding.check in text
        assert finding.fact.says.split("'")[0] in text
        assert "docs.runflow.io" in text


def test_reports_are_what_they_say(failing: Report) -> None:
    """JUnit XML counts failures, SARIF has a result for each finding, JSON has the exit code."""
    suites = ET.fromstring(FORMS["junit"](failing))
    sarif = json.loads(FORMS["sarif"](failing))
    document = json.loads(FORMS["json"](failing))

    assert [suite.get("failures") for suite in suites] == [str(len({finding.check for finding in failing.findings}))]
    assert suites.find(".//testcase/failure") is not None
    assert sarif["version"] == "2.1.0"
    assert [one["ruleId"] for one in sarif["runs"][0]["results"]] == [finding.check for finding in failing.findings]
    assert document["exit_code"] == failing.exit_code == 1
    assert FORMS["markdown"](failing).startswith("# mockreel check\n")


def test_no_key_stands_in_a_report(failing: Report) -> None:
    """The keys of the run are in no form of report."""
    target = MockTarget(honest_contract("runflow"))
    keys = target.keys.secrets()
    target.close()
    text = "\n".join(form(failing) for form in FORMS.values())

    assert keys
    assert not [key for key in keys if key in text]


def test_a_missing_schemathesis_is_reported_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the error names the pip line and the way without it."""
    real = builtins.__import__

    def importing(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "schemathesis":
            raise ModuleNotFoundError(name)
        return real(name, *arguments, **options)

    monkeypatch.delitem(sys.modules, "schemathesis", raising=False)
    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(MissingPackage, match=r"pip install '\.\[check\]'.*--only-ours"):
        require()


def test_the_checks_are_listed() -> None:
    """`--list` tells every check with its sentence."""
    result = check("--list")

    assert result.exit_code == 0
    assert "lifecycle.forward" in result.output
    assert "generated.stateful" in result.output


def test_the_same_seed_gives_the_same_report() -> None:
    """Two runs of our own checks from one seed tell the same, to the case."""
    first, second = (check("mock", "--provider", "runninghub", "--quick", "--seed", "5") for _ in range(2))

    assert first.output.splitlines()[:-1] == second.output.splitlines()[:-1]


# A sample of those that change what can be asked at all; `nox -s deep` takes every one.
READINGS = (
    "runninghub:status-words=cancelled",
    "runninghub:account-key=camel",
    "runninghub:first-status=running",
    "runninghub:net-wss-url=while-running",
    "runflow:balance-shape=cents",
    "runflow:batch-body=items",
    "runflow:create-reply=finished",
    "runflow:filter-syntax=dotted",
    "runflow:validation-detail=detail",
    "runflow:webhook-patch=url-secret-subscriptions",
    "aimlapi:charge-time=submit",
    "aimlapi:error-envelope=c",
    "aimlapi:extra-fields=rejected",
    "aimlapi:model-id=bare",
)


@pytest.mark.parametrize("reading", READINGS)
def test_another_reading_holds_too(reading: str) -> None:
    """The mock server under another reading is what the contract under that reading says, and all of it is asked."""
    provider, _, _ = reading.partition(":")
    result = check("mock", "--provider", provider, "--quick", "--only-ours", "--reading", reading)

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("provider", ["aimlapi", "runflow", "runninghub"])
def test_all_other_readings_together_hold_too(provider: str) -> None:
    every = {name: readings for _, name, readings in combinations(Plan(providers=(provider,)))}
    chosen = [option for one in every["all others together"].items() for option in ("--reading", "=".join(one))]

    result = check("mock", "--provider", provider, "--quick", "--only-ours", *chosen)

    assert result.exit_code == 0, result.output


def test_every_reading_is_one_run() -> None:
    """`--readings all`: the defaults, each other option alone, all others together; what breaks is told by its name."""
    names = [name for _, name, _ in combinations(Plan(providers=("runninghub",)))]
    report = check_readings(Plan(providers=("runninghub",), quick=True, checks=("refusal.no-key",)))

    assert names[0] == "defaults"
    assert names[-1] == "all others together"
    assert "v2-http-status=http" in names
    assert report.exit_code == 0
    assert [outcome.says for outcome in report.outcomes] == [
        f"Under {name} all of our own checks pass." for name in names
    ]


def test_a_reading_under_which_something_breaks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome of a check that falls short says under which reading."""
    real = check_mock

    def breaking(plan: Plan) -> Report:
        report = real(plan)
        if "runninghub:no-error" not in plan.readings or len(plan.readings) > 1:
            return report
        return replace(report, outcomes=tuple(replace(one, error="it broke") for one in report.outcomes))

    monkeypatch.setattr(reading_matrix, "check_mock", breaking)
    report = check_readings(Plan(providers=("runninghub",), quick=True, checks=("refusal.unknown-path",)))

    assert {one.provider for one in report.outcomes if one.error} == {"runninghub no-error=nothing"}
    assert "Under no-error=nothing a check fails." in [one.says for one in report.outcomes]


def test_readings_are_for_the_mock() -> None:
    """A URL has but one way to speak."""
    result = check("http://127.0.0.1:1", "--provider", "runflow", "--readings", "all")

    assert isinstance(result.exception, OptionError)


@pytest.mark.parametrize("provider", ["runflow", "aimlapi", "runninghub"])
@pytest.mark.parametrize("seed", [1, 2, 11])
def test_the_mock_holds_under_any_seed(provider: str, seed: int) -> None:
    """Whichever models a seed draws, everything is asked and holds."""
    report = check_mock(Plan(providers=(provider,), seed=seed, quick=True))

    assert [(one.check, one.verdict, one.reasons) for one in report.outcomes if one.verdict != "holds"] == []
    assert report.exit_code == 0


def test_a_failure_prints_the_command_that_repeats_it(failing: Report) -> None:
    """The same check with the same seed, and for generated requests the same operation."""
    plan = Plan(providers=("runflow",), seed=7, quick=True)
    (outcome,) = [one for one in failing.outcomes if one.findings]

    assert repeat_command(plan, "http://mock.test", "runflow", outcome) == (
        "mockreel check mock --provider runflow --seed 7 --check account.apart --quick"
    )
    drawn = replace(outcome, check="generated.fuzzing")
    assert "--check generated.fuzzing:create_run" in repeat_command(plan, "http://mock.test", "runflow", drawn)
