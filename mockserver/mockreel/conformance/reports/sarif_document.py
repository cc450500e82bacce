"""SARIF 2.1.0, the form in which code scanning takes findings: the document around those of any command."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import quote

import orjson

from mockreel import __version__
from mockreel.conformance.place import Place

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
Level = Literal["error", "warning", "note", "none"]


def result(rule: str, level: Level, text: str, place: Place | None, properties: Mapping[str, Any]) -> dict[str, Any]:
    """One finding, at a line of a file, where one is known."""
    at = [] if place is None else [_location(place)]
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": text},
        "locations": at,
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(rule, place, text)},
        "properties": dict(properties),
    }


def _fingerprint(rule: str, place: Place | None, text: str) -> str:
    """The fingerprint of a finding among those of one rule at one line: GitHub reads only this name."""
    name = "\n".join((rule, place.file if place else "", text.partition("\n")[0]))
    return f"{sha256(name.encode()).hexdigest()[:16]}:1"


def _location(place: Place) -> dict[str, Any]:
    at = {"artifactLocation": {"uri": quote(place.file)}, "region": {"startLine": place.line}}
    return {"physicalLocation": at}


def document(rules: Mapping[str, str], results: Iterable[Mapping[str, Any]], *, exit_code: int) -> str:
    """One run: its rules with their descriptions, and its results."""
    described = [{"id": id_, "shortDescription": {"text": says}} for id_, says in rules.items()]
    run = {
        "tool": {"driver": {"name": "mockreel", "version": __version__, "rules": described}},
        "results": list(results),
        "invocations": [{"executionSuccessful": exit_code != 2, "exitCode": exit_code}],
    }
    whole = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode() + "\n"
