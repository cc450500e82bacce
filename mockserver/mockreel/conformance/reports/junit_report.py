"""A report as JUnit XML: one suite for each provider, one test case for each check."""

import re
from xml.etree import ElementTree as ET

from mockreel.conformance.check import Outcome
from mockreel.conformance.reports.report import Report, lines

# What XML 1.0 cannot hold; a response may hold anything.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(report: Report) -> str:
    """The report as a document of test suites."""
    root = ET.Element("testsuites", name=report.command, time=f"{report.seconds:.3f}")
    for provider in dict.fromkeys(outcome.provider for outcome in report.outcomes):
        own = [outcome for outcome in report.outcomes if outcome.provider == provider]
        suite = ET.SubElement(root, "testsuite", {"name": provider, "tests": str(len(own)), **_counts(own)})
        for outcome in own:
            _case(suite, outcome)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _counts(outcomes: list[Outcome]) -> dict[str, str]:
    verdicts: list[str] = [outcome.verdict for outcome in outcomes]
    names = {"failures": "falls short", "errors": "broke", "skipped": "not checked"}
    return {name: str(verdicts.count(verdict)) for name, verdict in names.items()}


def _case(suite: ET.Element, outcome: Outcome) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=f"mockreel.{outcome.provider}", name=outcome.check, time=f"{outcome.seconds:.3f}"
    )
    found = [line for finding in outcome.findings for line in lines(finding)]
    text = _clean("\n".join([*found, *([f"repeat it: {outcome.again}"] if outcome.again else [])]))
    match outcome.verdict:
        case "falls short":
            ET.SubElement(case, "failure", message=outcome.says).text = text
        case "broke":
            ET.SubElement(case, "error", message=_clean(outcome.error))
        case "not checked":
            ET.SubElement(case, "skipped", message=_clean("; ".join(outcome.reasons)))
        case "doubtful":
            ET.SubElement(case, "system-out").text = text
        case _:
            pass


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
