"""The tail of a log in a file: it is taken whole, to a whole beginning, or refused with a message."""

import os
import random
from pathlib import Path

import pytest
from simulator.storage.rig import killed_log, log_entry

from mockreel.errors import StateError
from mockreel.simulator.storage.logs.sqlite_log import SqliteLog

# A file is cut at every so many bytes; `nox -s deep` cuts at each.
CUTS = int(os.environ.get("MOCKREEL_CUTS", "499"))


def _lines(tail: bytes) -> list[bytes]:
    """Its lines: whose it is, and the entries."""
    return tail.rstrip(b"\0").splitlines(keepends=True)


def test_entries_that_are_not_committed_yet_are_there(tmp_path: Path) -> None:
    """For who reads the log while it is written, and after a kill; whether the database has them or not."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({})
    for number in range(700):
        log.append([log_entry(number)])
        if number % 90 == 0:
            assert [one for one, _ in log.entries(after=max(number - 5, 0))][-1] == number + 1
    whole = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    log.close()
    (tmp_path / "killed").mkdir()
    for name, content in whole.items():
        (tmp_path / "killed" / name).write_bytes(content)
    again = SqliteLog(tmp_path / "killed" / "run.db")
    again.append([log_entry(700)])
    assert [entry.at for _, entry in again.entries()] == [float(number) for number in range(701)]
    again.close()
    assert not (tmp_path / "killed" / "run.db-tail").exists()


def test_the_tail_is_cut_anywhere_and_gives_a_whole_beginning(tmp_path: Path) -> None:
    """What was half written is no entry, and what comes later is written over it."""
    whole = killed_log(tmp_path)
    lines = b"".join(_lines(whole["run.db-tail"]))
    for size in range(0, len(lines) + 1, 7):
        for name, content in whole.items():
            (tmp_path / name).write_bytes(content[:size] if name == "run.db-tail" else content)
        log = SqliteLog(tmp_path / "run.db")
        there = log.last
        assert there == max(0, lines[:size].count(b"\n") - 1)
        assert f"behind the {there} entries" in log.unended
        log.append([log_entry(there)])
        assert [entry.at for _, entry in log.entries()] == [float(number) for number in range(there + 1)]
        log.close()
        for file in tmp_path.iterdir():
            file.unlink()


def test_a_tail_that_is_damaged_before_its_last_entry_is_refused(tmp_path: Path) -> None:
    """At any byte: what is behind the damage is not dropped in silence."""
    whole = killed_log(tmp_path)
    lines = _lines(whole["run.db-tail"])
    before_last = sum(map(len, lines[:-1]))
    for place in range(0, before_last, 7):
        for name, content in whole.items():
            damaged = bytearray(content)
            if name == "run.db-tail":
                damaged[place] ^= 1
            (tmp_path / name).write_bytes(damaged)
        with pytest.raises(
            StateError, match=r"run\.db-tail (is damaged|goes on with entry|beside .* belongs to another run)"
        ):
            SqliteLog(tmp_path / "run.db")


def test_a_tail_of_random_bytes_is_refused(tmp_path: Path) -> None:
    """Behind its first line: nothing of it can be read, and that is no tail that nothing was written to."""
    whole = killed_log(tmp_path)
    for name, content in whole.items():
        title = content.splitlines(keepends=True)[0]
        random_tail = title + random.Random(1).randbytes(5000)
        (tmp_path / name).write_bytes(random_tail if name == "run.db-tail" else content)
    with pytest.raises(StateError, match=r"run\.db-tail is damaged"):
        SqliteLog(tmp_path / "run.db")


def test_a_tail_that_goes_on_behind_lost_entries_is_refused(tmp_path: Path) -> None:
    whole = killed_log(tmp_path)
    for name, content in whole.items():
        (tmp_path / name).write_bytes(content)
    title, *lines = _lines(whole["run.db-tail"])
    (tmp_path / "run.db-tail").write_bytes(b"".join([title, *lines[3:]]))
    with pytest.raises(StateError, match=r"has lost entries: it has 0, and run\.db-tail goes on with entry 4\. Take"):
        SqliteLog(tmp_path / "run.db")


def test_a_tail_is_taken_by_a_server_that_waits_for_the_disk(tmp_path: Path) -> None:
    """It commits what one has left that did not."""
    for name, content in killed_log(tmp_path).items():
        (tmp_path / name).write_bytes(content)
    log = SqliteLog(tmp_path / "run.db", sync=True)
    done = log.append([log_entry(30)])
    assert done is not None
    done.result()
    assert [number for number, _ in log.entries()] == [*range(1, 32)]
    log.close()


@pytest.mark.parametrize("harm", ["cut", "deleted", "replaced"])
def test_a_tail_that_is_harmed_while_it_is_written_is_made_anew(harm: str, tmp_path: Path) -> None:
    """Nothing is lost: the database gets what it had. One that was cut is noticed with the next entry."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({})
    log.append([log_entry(number) for number in range(3)])
    tail = tmp_path / "run.db-tail"
    if harm == "cut":
        os.truncate(tail, 0)
    else:
        tail.unlink()
        if harm == "replaced":
            tail.touch()
    for number in range(3, 5 if harm == "cut" else 100):
        log.append([log_entry(number)])
    last = log.last
    (tmp_path / "killed").mkdir()
    for file in [one for one in tmp_path.iterdir() if one.is_file()]:
        (tmp_path / "killed" / file.name).write_bytes(file.read_bytes())
    log.close()
    for place in (tmp_path / "killed", tmp_path):
        again = SqliteLog(place / "run.db")
        assert [entry.at for _, entry in again.entries()] == [float(number) for number in range(last)]
        again.close()
