"""The findings of a SARIF document as CI services show them: GitHub's annotations, GitLab's Code Quality report."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from mockreel.conformance.place import Place

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice", "none": "notice"}
# GitLab requires a path: the top of the checkout.
_TOP = Place(".")
_SEVERITIES = {"error": "major", "warning": "minor", "note": "info", "none": "info"}


def annotations(sarif: str) -> str:
    """One workflow command for each finding: printed in a step, GitHub shows it with the job and the merge request."""
    return "".join(f"{_annotation(result)}\n" for result in _results(sarif))


def code_quality(sarif: str) -> str:
    """A Code Quality report, which GitLab compares between two branches by the fingerprints."""
    return orjson.dumps(list(_issues(_results(sarif))), option=orjson.OPT_INDENT_2).decode() + "\n"


def _results(sarif: str) -> Iterable[Mapping[str, Any]]:
    return (result for run in orjson.loads(sarif)["runs"] for result in run["results"])


def _annotation(result: Mapping[str, Any]) -> str:
    place = _place(result)
    at = "" if place is None else f"file={_property(place.file)},line={place.line},"
    message = _data(result["message"]["text"])
    return f"::{_COMMANDS[result['level']]} {at}title={_property(result['ruleId'])}::{message}"


def _data(text: str) -> str:
    """A text as the value of a workflow command: what would end it, or start another one, is escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _issues(results: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    seen: dict[str, int] = {}
    for result in results:
        rule, place, text = result["ruleId"], _place(result) or _TOP, result["message"]["text"]
        name = "\n".join((rule, place.file, text.partition("\n")[0]))
        seen[name] = seen.get(name, 0) + 1  # GitLab requires unique fingerprints
        yield {
            "description": text,
            "check_name": rule,
            "fingerprint": hashlib.sha256(f"{name}\n{seen[name]}".encode()).hexdigest(),
            "severity": _SEVERITIES[result["level"]],
            "location": {"path": place.file, "lines": {"begin": place.line}},
        }


def _place(result: Mapping[str, Any]) -> Place | None:
    for location in result["locations"]:
        at = location["physicalLocation"]
        return Place(unquote(at["artifactLocation"]["uri"]), at["region"]["startLine"])
    return None
