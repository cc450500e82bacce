"""A report about a URL, in every form: no key, no secret and no login in anything that is said."""

from dataclasses import replace

import pytest
from engine.redaction.planted_secrets import KINDS, generated, readings, written

from mockreel.conformance.check import Finding, Outcome
from mockreel.conformance.reports import FORMS
from mockreel.conformance.reports.report import Report
from mockreel.conformance.reports.report_redactor import ReportRedactor
from mockreel.contract import Evidence
from mockreel.contract.evidence.facts import Fact
from mockreel.simulator.simulator import load_contracts

CONTRACT = load_contracts(["runflow"])["runflow"]
FACT = Fact("It is so.", "errors.yaml /rows/x", Evidence("documented", ("a",)), ("a page",))
SAID = "400 create_run was refused"
URL = "https://example.com"


def _redacted(said: str, url: str, *secrets: str) -> Report:
    """A report that says something wherever it can say anything."""
    redactor = ReportRedactor(CONTRACT, url, lambda: secrets)
    finding = Finding("a.check", "runflow", said, FACT, said, said, f"curl {url}/v1 {said}", doubt=False)
    outcome = Outcome("a.check", "It is.", "runflow", 1, (finding,), (said,), said, 0.0, again=f"check {url} {said}")
    broke, skipped = replace(outcome, findings=()), replace(outcome, findings=(), error="")
    outcomes = tuple(map(redactor.outcome, (outcome, broke, skipped)))
    return redactor.report(Report(url, "1", 0, outcomes, (said,), trouble=f"{url}: {said}"))


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_report_has_a_key(form: str) -> None:
    """Of each kind, in each encoding in which a server may repeat it."""
    leaks = []
    for kind, secret in generated(41, len(KINDS)):
        for said in written(secret):
            text = readings(FORMS[form](_redacted(f"{SAID}: {said}", URL, secret)))
            leaks += [(kind, said) for one in written(secret) if one in text]

    assert leaks == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("login", ["me:swordfish", "swordfish", "me:Zx9pass0word-Q%2F1", ":swordfish"])
def test_no_form_of_a_report_has_the_login_of_its_url(form: str, login: str) -> None:
    """Nor where a curl command or the command to repeat it has the URL."""
    text = readings(FORMS[form](_redacted(SAID, f"https://{login}@example.com/a/")))

    assert login.rpartition(":")[2] not in text


def test_a_report_without_secrets_stays_as_it_is() -> None:
    """Also with words for keys."""
    report = _redacted(f"{SAID}, a test of the key", URL, "test", "key")

    assert report.outcomes[0].error == report.notes[0] == f"{SAID}, a test of the key"
    assert (report.target, report.outcomes[0].again) == (URL, f"check {URL} {report.notes[0]}")
