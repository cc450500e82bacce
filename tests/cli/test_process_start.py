"""When the process of a command began."""

import time
from pathlib import Path

import pytest

from mockreel.cli.process_start import process_start


def test_a_process_began_before_it_is_asked() -> None:
    """Where the system tells, the moment is in the past, and the same each time."""
    first, again = process_start().moment, process_start().moment

    assert first <= time.monotonic()
    assert again >= first - 0.05


@pytest.mark.parametrize("text", [None, "", "1 (name) S 2 3", "1 (name) S " + "x " * 20])
def test_where_the_system_does_not_tell_it_is_now(tmp_path: Path, text: str | None) -> None:
    """No such file, or another form: the budget begins now."""
    stat = tmp_path / "stat"
    if text is not None:
        stat.write_text(text)
    before = time.monotonic()

    assert before <= process_start(str(stat)).moment <= time.monotonic()
