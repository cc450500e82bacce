"""Verdicts in a file, one a line, so that a run that was broken off goes on where it was; and those of a page."""

import json
import re
from dataclasses import asdict
from pathlib import Path

from conformance.mutants.mutant import Mutant
from conformance.mutants.table import MISSED, read_table
from conformance.mutants.trial import UNTRIED, Verdict


class Results:
    """What is known of rows; without a file nothing is, and nothing is kept. A page has what was known before."""

    def __init__(self, file: Path | None, page: Path | None = None) -> None:
        self._table = read_table(page.read_text("utf-8")) if page is not None else {}
        self._file = file
        self._known: dict[tuple[str, str], Verdict] = {}
        for line in file.read_text("utf-8").splitlines() if file is not None and file.is_file() else ():
            provider, where, verdict = json.loads(line)
            self._known[provider, where] = Verdict(verdict["state"], tuple(verdict["checks"]), verdict["reason"])

    def known(self, row: Mutant) -> Verdict | None:
        return self._known.get((row.provider, row.where))

    def listed(self, row: Mutant) -> Verdict | None:
        """What the page says of a row."""
        cell = self._table.get(row.provider, {}).get(row.name, "")
        if cell == MISSED:
            return Verdict("missed")
        return Verdict("noticed", tuple(re.findall(r"`([^`]+)`", cell))) if cell.startswith("`") else None

    def is_open(self, row: Mutant) -> bool:
        """Whether the page names no check for a row, or lacks it."""
        cell = self._table.get(row.provider, {}).get(row.name, MISSED)
        return cell in (MISSED, UNTRIED.reason)

    def keep(self, row: Mutant, verdict: Verdict) -> None:
        self._known[row.provider, row.where] = verdict
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([row.provider, row.where, asdict(verdict)], ensure_ascii=False) + "\n")
