"""A scan over generated secrets of sixty kinds in twelve places, and over texts that open nothing."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from cassettes.secret_corpus import KINDS, PLACES, Sample, harmless, secrets

from mockreel._data import data_root
from mockreel.cassettes.scan import secret_scan
from mockreel.cassettes.scan.secret_scan import Scanner

LEAST_RECALL = 0.98
MOST_ALARMS = 0.01
# The gate draws each once; `nox -s scan_corpus` asks for more.
ROUNDS = int(os.environ.get("MOCKREEL_CORPUS_ROUNDS", "1"))


@pytest.fixture(autouse=True)
def _without_second_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the scan finds by itself, whatever else is installed here."""
    monkeypatch.setattr(secret_scan, "second_detector", lambda: None)


def found(samples: Iterable[Sample], folder: Path) -> dict[str, bool]:
    """For each sample whether something was found in it."""
    scanner = Scanner(data_root())
    reported = {}
    for sample in samples:
        path = folder / sample.file
        path.write_text(sample.content, encoding="utf-8")
        reported[sample.title] = bool(scanner.file(path))
    return reported


def test_the_corpus_is_as_large_as_it_says() -> None:
    """Sixty kinds or more, twelve places."""
    assert len(KINDS) >= 60
    assert len(PLACES) == 12


def test_secrets_are_found_wherever_they_stand(tmp_path: Path) -> None:
    """Nearly all of them, packed or not, by their form or by their names."""
    reported = found(secrets(seed=11, rounds=ROUNDS), tmp_path)
    missed = [title for title, seen in reported.items() if not seen]
    sys.stdout.write(f"secrets: {len(reported)} samples, recall {1 - len(missed) / len(reported):.4f}\n")

    assert len(reported) == len(KINDS) * len(PLACES) * ROUNDS
    assert 1 - len(missed) / len(reported) >= LEAST_RECALL, missed


def test_what_opens_nothing_is_no_alarm(tmp_path: Path) -> None:
    """Hashes, ETags, trace ids, ids, counts of tokens, sentences about passwords, placeholders, pictures."""
    reported = found(harmless(seed=11, rounds=ROUNDS), tmp_path)
    alarms = [title for title, seen in reported.items() if seen]
    sys.stdout.write(f"harmless: {len(reported)} samples, alarms {len(alarms) / len(reported):.4f}\n")

    assert len(reported) >= 200
    assert len(alarms) / len(reported) <= MOST_ALARMS, alarms
