"""Edits of documents at every depth, with the truth known by how they were made: nothing that breaks is missed.

Without the providers' documents the schemas that are held are edited instead. `nox -s drift_edits` takes many more.
"""

import json
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
from drift.edited_docs import Bench, Case, documents, openapi_cases, page_cases, registry_cases, worst
from drift.edits import Edit, edits
from support.lacking import lacking

from mockreel._data import data_root
from mockreel.drift.finding import NOTHING, Finding
from mockreel.drift.schema_drift import Direction, Subject, schema_findings
from mockreel.drift.witness.schema_message import Message

MOST_UNKNOWN = 0.03
EDITS = int(os.environ.get("MOCKREEL_EDITS", "40"))
Table = Mapping[tuple[str, str], Counter[str]]


def test_edits_of_the_schemas_that_are_held_are_judged_rightly() -> None:
    """Requests and responses, every kind of edit that fits a place."""
    table: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    wrong: list[str] = []
    draw = random.Random(3)
    schemas = list(_held())
    for _ in range(EDITS * 2):
        file, schema = draw.choice(schemas)
        direction: Direction = draw.choice(("requests", "replies"))
        edit = draw.choice(list(edits(schema)))
        if not _is_certain(edit):
            continue
        found = list(schema_findings(Message(schema), Message(edit.schema), direction, Subject(file, file)))
        case = Case(f"{file}{edit.at}: {edit.kind}", edit.truth, direction, "", lambda _: None, (schema, edit.schema))
        _count(case, found, table, wrong)
    _assert(table, wrong)


def test_edits_of_the_real_documents_are_judged_rightly(tmp_path: Path) -> None:
    """All three providers' forms, through everything that reads and compares them."""
    docs = documents()
    if docs is None:
        lacking("docs", "MOCKREEL_DOCS is not set: the providers' real documents were not edited")
    bench = Bench(docs, tmp_path)
    table: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    wrong: list[str] = []
    others = [*registry_cases(docs), *page_cases(docs)]
    cases = [
        *openapi_cases(docs, seed=4, most=EDITS // 2),
        *random.Random(5).sample(others, min(EDITS // 2, len(others))),
    ]
    for case in cases:
        _count(case, bench.findings(case), table, wrong)
    _assert(table, wrong)


def _held() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((data_root() / "schemas").rglob("*.json")):
        schema = json.loads(path.read_bytes())
        plain = {key: value for key, value in schema.items() if not key.startswith(("$", "x-"))}
        if "$ref" not in json.dumps(plain) and "properties" in plain:
            yield path.relative_to(data_root()).as_posix(), plain


def _is_certain(edit: Edit) -> bool:
    """Whether the truth follows from the edit: a branch may be covered by another, a format has its own length."""
    node: Any = edit.schema
    for step in edit.at.split("|")[1:]:
        node = node[int(step)] if isinstance(node, list) else node[step]
    fixed = node.get("format") in ("uuid", "date", "date-time", "ipv4") and "er" in edit.kind
    return not fixed and "|anyOf|" not in edit.at and "|oneOf|" not in edit.at


def _count(case: Case, found: list[Finding], table: dict[tuple[str, str], Counter[str]], wrong: list[str]) -> None:
    verdict = worst(found)
    table[case.direction, case.harm][verdict] += 1
    right = {
        "harmful": verdict.startswith("breaking") or verdict == "unknown",
        "harmless": verdict in ("compatible", "docs only", "none"),
        "same": verdict in ("docs only", "none"),
        # Of a model that several files describe, another may still have the field.
        "gone": verdict in ("unknown", "breaking for replies") or (case.group.count(".json") > 1 and verdict == "none"),
    }
    if not right[case.harm]:
        wrong.append(f"{case.title} ({case.truth}): {verdict}")
    if case.schemas is not None:
        wrong += [f"{case.title}: {problem}" for problem in _false_witnesses(case, found)]


def _false_witnesses(case: Case, found: list[Finding]) -> Iterator[str]:
    """Witnesses that a second validator does not confirm: one side must accept them and the other reject them."""
    assert case.schemas is not None
    sender, receiver = case.schemas if case.direction == "requests" else case.schemas[::-1]
    formats = jsonschema.Draft202012Validator.FORMAT_CHECKER
    takes, refuses = (jsonschema.Draft202012Validator(one, format_checker=formats) for one in (sender, receiver))
    for finding in found:
        proves = finding.verdict.startswith("breaking") and not finding.id.endswith("/default")
        shown = proves and finding.witness is not NOTHING
        if shown and (not takes.is_valid(finding.witness) or refuses.is_valid(finding.witness)):
            yield f"the witness {str(finding.witness)[:200]} of {finding.id} proves nothing"


def _assert(table: Table, wrong: list[str]) -> None:
    """`pytest -s` shows the table."""
    for key, counts in sorted(table.items()):
        sys.stdout.write(f"{' '.join(key):<20} {dict(counts)}\n")
    harmful = [counts for (_, harm), counts in table.items() if harm == "harmful"]
    unknown = sum(counts["unknown"] for counts in harmful) / max(1, sum(sum(counts.values()) for counts in harmful))
    sys.stdout.write(f"unknown: {unknown:.4f} of what breaks\n")

    assert wrong == []
    assert harmful
    assert unknown <= MOST_UNKNOWN
