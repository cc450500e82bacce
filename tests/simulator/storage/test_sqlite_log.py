"""The log in a file: an unusable file is rejected with a message, and nothing is read partly."""

import errno
import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

import orjson
import pytest
from simulator.storage.rig import kept, killed_log, log_entry, opened, state

from mockreel.errors import StateError
from mockreel.simulator.storage.logs import sqlite_log
from mockreel.simulator.storage.logs.log_tail import LogTail
from mockreel.simulator.storage.logs.sqlite_log import SqliteLog

# A file is cut at every so many bytes; `nox -s deep` cuts at each.
CUTS = int(os.environ.get("MOCKREEL_CUTS", "499"))

# Real seconds until a disk counts as one that hangs.
WAIT_SECONDS = 30.0


def test_a_file_that_is_in_use_is_rejected(tmp_path: Path) -> None:
    """And can be opened once it is not."""
    first = SqliteLog(tmp_path / "run.db")
    first.begin({})
    with pytest.raises(StateError, match=r"is in use by another process\. End that server"):
        SqliteLog(tmp_path / "run.db")
    first.close()
    SqliteLog(tmp_path / "run.db").close()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty, so it holds no run"), (b"no database at all, but a text" * 50, "is no run of mockreel")],
)
def test_a_file_that_is_not_a_run_is_rejected(content: bytes, says: str, tmp_path: Path) -> None:
    """It stays as it was."""
    path = tmp_path / "run.db"
    path.write_bytes(content)
    with pytest.raises(StateError, match=says):
        SqliteLog(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_rejected(tmp_path: Path) -> None:
    """Its tables are not touched."""
    with sqlite3.connect(tmp_path / "run.db") as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(StateError, match="is a SQLite database of another program"):
        SqliteLog(tmp_path / "run.db")


def test_a_log_of_another_form_is_rejected(tmp_path: Path) -> None:
    """The message says which form it has, and which is read."""
    SqliteLog(tmp_path / "run.db").close()
    with sqlite3.connect(tmp_path / "run.db") as other:
        other.execute("PRAGMA user_version = 7")
    other.close()
    with pytest.raises(StateError, match=r"has form 7 of the log; this version reads form 4\. Serve it with"):
        SqliteLog(tmp_path / "run.db")


def test_a_missing_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be opened"):
        SqliteLog(tmp_path / "none" / "run.db")


@pytest.mark.parametrize("name", [".", "/dev/null"])
def test_what_is_no_file_is_rejected(name: str, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="is no file"):
        SqliteLog(tmp_path / name)


def test_a_file_that_cannot_be_opened_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one of another user: SQLite says so in an error of its own."""
    SqliteLog(tmp_path / "run.db").close()

    def refuse(*_: object, **__: object) -> sqlite3.Connection:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    with pytest.raises(StateError, match=r"run\.db cannot be opened"):
        SqliteLog(tmp_path / "run.db")


@pytest.mark.usefixtures("committed_at_once")
def test_an_entry_that_is_missing_is_noticed(tmp_path: Path) -> None:
    """Entries are numbered without a gap."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({})
    for number in range(5):
        log.append([log_entry(number)])
    log.close()
    with sqlite3.connect(tmp_path / "run.db") as other:
        other.execute("DELETE FROM entries WHERE last = 3")
    other.close()
    with pytest.raises(StateError, match="of 5 entries 1 are missing"):
        SqliteLog(tmp_path / "run.db")


def test_a_line_that_is_missing_is_noticed(tmp_path: Path) -> None:
    """Of those that were committed together."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({})
    log.append([log_entry(number) for number in range(5)])
    log.close()
    with sqlite3.connect(tmp_path / "run.db") as other:
        other.execute("UPDATE entries SET lines = substr(lines, 1, instr(lines, char(10)) - 1)")
    other.close()
    log = SqliteLog(tmp_path / "run.db")
    with pytest.raises(StateError, match="1 entries are there of 5 up to 5"):
        list(log.entries())
    log.close()


@pytest.fixture
def committed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is appended is in the database at once, and not in the tail first."""
    monkeypatch.setattr(sqlite_log, "_MOST_ROWS", 1)


def test_entries_are_appended_all_or_none_where_the_disk_is_full(tmp_path: Path) -> None:
    """What could be written is there; the message says that it is the disk; later entries have no gap."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({})
    log.append([log_entry(0)])
    log.limit_pages(8)
    with pytest.raises(StateError, match=r"cannot be written \(database or disk is full\)\. Make room"):
        log.append([log_entry(number) for number in range(2000)])
    assert log.last == 1
    log.limit_pages(100_000)
    log.append([log_entry(1)])
    assert [number for number, _ in log.entries()] == [1, 2]
    log.close()


@pytest.mark.parametrize("sync", [False, True])
def test_entries_are_visible_to_the_next_reader_of_the_file(sync: bool, tmp_path: Path) -> None:
    """With and without waiting for the disk."""
    log = SqliteLog(tmp_path / "run.db", sync=sync)
    log.begin({"x": 1})
    for number in range(10):
        done = log.append([log_entry(number)])
        if done is not None:
            done.result()
    log.close()
    again = SqliteLog(tmp_path / "run.db")
    assert again.head == {"x": 1}
    assert [entry.at for _, entry in again.entries()] == [float(number) for number in range(10)]
    assert [number for number, _ in again.entries(after=7)] == [8, 9, 10]
    again.close()


@pytest.mark.parametrize("provider", ["run.db", "run.db-wal", "run.db-tail"])
def test_a_file_that_is_cut_gives_a_sentence_or_a_whole_beginning(provider: str, tmp_path: Path) -> None:
    """Cut anywhere: never another exception, and never entries that are not the first ones of the log."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({"form": 1})
    for number in range(30):
        log.append([log_entry(number)])
    whole = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    log.close()
    if provider == "run.db":
        whole = {"run.db": (tmp_path / "run.db").read_bytes()}
    refused = 0
    for size in range(0, len(whole[provider]), CUTS):
        folder = tmp_path / str(size)
        folder.mkdir()
        for name, content in whole.items():
            (folder / name).write_bytes(content[:size] if name == provider else content)
        try:
            cut = SqliteLog(folder / "run.db")
        except StateError:
            refused += 1
            continue
        assert [entry.at for _, entry in cut.entries()] == [float(number) for number in range(cut.last)]
        cut.close()
    assert refused or provider != "run.db"  # a log without its end is a log


def test_a_full_disk_rejects_submits_and_loses_no_answered_request(tmp_path: Path) -> None:
    """A submit that cannot be stored gets 503; reads work; with free space everything works again."""
    with kept(opened("sqlite", tmp_path)) as one:
        first = one.submit()
        log = one.run.log
        assert isinstance(log, SqliteLog)
        log.limit_pages(8)
        body = {"input": {"prompt": "x" * 30_000, "duration": "6s", "resolution": "720p"}}
        answers = [one.ask("runflow", "POST", "/v1/models/google/veo3.1/lite/runs", body) for _ in range(12)]
        taken = [orjson.loads(answer.body)["id"] for answer in answers if answer.status == 201]  # in the room there was
        response = answers[-1]
        assert response.status == 503
        assert b"cannot be written (database or disk is full). Make room" in response.body
        assert one.ask("runflow", "GET", f"/v1/runs/{first}").status == 200
        log.limit_pages(100_000)
        second = one.submit()
        before = state(one.simulator)
    with kept(opened("sqlite", tmp_path)) as one:
        assert {job.id for job in one.simulator.provider("runflow").jobs} >= {first, second, *taken}
        assert state(one.simulator) == before


def test_a_log_that_was_ended_says_nothing(tmp_path: Path) -> None:
    """It was opened before, and written to again."""
    for number in range(3):
        log = SqliteLog(tmp_path / "run.db")
        assert log.unended == ""
        if not number:
            log.begin({})
        log.append([log_entry(number)])
        log.close()
    assert not (tmp_path / "run.db-wal").exists()


def test_a_log_whose_server_was_killed_is_told_as_such(tmp_path: Path) -> None:
    """With how many entries there are; and it is one that was not ended until somebody has ended it."""
    for name, content in killed_log(tmp_path).items():
        (tmp_path / name).write_bytes(content)
    for _ in range(2):  # the second one by a server that did not write
        log = SqliteLog(tmp_path / "run.db")
        assert "was not ended" in log.unended
        assert "It goes on behind the 30 entries that are there" in log.unended
        log.close()
    log = SqliteLog(tmp_path / "run.db")
    log.append([log_entry(30)])
    log.close()
    again = SqliteLog(tmp_path / "run.db")
    assert (again.unended, again.last) == ("", 31)
    again.close()


def test_a_copy_without_its_newest_entries_is_refused(tmp_path: Path) -> None:
    """The WAL of a server that still writes, or was killed, is part of the run; an empty one goes on without it."""
    (tmp_path / "run.db").write_bytes(killed_log(tmp_path, entries=900, moved=300)["run.db"])
    with pytest.raises(StateError, match=r"was not ended, and run\.db-wal is missing, which has its newest entries"):
        SqliteLog(tmp_path / "run.db")
    (tmp_path / "run.db-wal").touch()
    with pytest.raises(StateError, match=r"was not ended, and run\.db-tail is missing, which has its newest entries"):
        SqliteLog(tmp_path / "run.db")
    (tmp_path / "run.db-tail").touch()
    log = SqliteLog(tmp_path / "run.db")
    assert log.last == 300
    assert "was not ended" in log.unended
    log.close()


def test_a_copy_without_anything_of_its_run_begins_no_new_one(tmp_path: Path) -> None:
    """All that there was is in the WAL, which is empty."""
    (tmp_path / "run.db").write_bytes(killed_log(tmp_path)["run.db"])
    (tmp_path / "run.db-wal").touch()
    (tmp_path / "run.db-tail").touch()
    with pytest.raises(
        StateError, match=r"holds no run: its server was ended while it began it, or what run\.db-wal had"
    ):
        SqliteLog(tmp_path / "run.db")


@pytest.mark.parametrize("part", [0.05, 0.5, 0.8, 0.9, 0.95, 0.99])
def test_a_database_that_is_cut_is_refused(part: float, tmp_path: Path) -> None:
    """One that was ended: its entries are in the database itself."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({})
    for number in range(500):
        log.append([log_entry(number)])
    log.close()
    raw = (tmp_path / "run.db").read_bytes()
    (tmp_path / "run.db").write_bytes(raw[: int(len(raw) * part)])
    with pytest.raises(StateError, match="damaged"):
        SqliteLog(tmp_path / "run.db")


@pytest.mark.usefixtures("committed_at_once")
def test_a_log_that_lost_entries_behind_its_end_is_refused(tmp_path: Path) -> None:
    """Though those that are there have no gap."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({})
    for number in range(5):
        log.append([log_entry(number)])
    log.close()
    with sqlite3.connect(tmp_path / "run.db") as other:
        other.execute("DELETE FROM entries WHERE last > 3")
    other.close()
    with pytest.raises(StateError, match=r"its end has 5 entries, and 3 are there\. Take a copy"):
        SqliteLog(tmp_path / "run.db")


def test_a_log_that_waits_for_the_disk_goes_on_once_there_is_room(tmp_path: Path) -> None:
    """What could not be committed is tried again with what comes next, and nothing is missing in between."""
    log = SqliteLog(tmp_path / "run.db", sync=True)
    log.begin({})
    log.limit_pages(8)
    refused = log.append([log_entry(number) for number in range(2000)])
    assert refused is not None
    with pytest.raises(StateError, match="full"):
        refused.result(WAIT_SECONDS)
    with pytest.raises(StateError, match="full"):
        log.append([log_entry(0)])
    log.limit_pages(100_000)
    until = time.monotonic() + WAIT_SECONDS
    while log.last == 2000 and time.monotonic() < until:
        with suppress(StateError):
            stored = log.append([log_entry(2000)])
            assert stored is not None
            stored.result(WAIT_SECONDS)
    log.close()
    log = SqliteLog(tmp_path / "run.db")
    assert [number for number, _ in log.entries()] == [*range(1, 2002)]
    assert log.unended == ""
    log.close()


@pytest.mark.parametrize("moved", [0, 100], ids=["new", "moved"])
@pytest.mark.parametrize("side", ["run.db-wal", "run.db-tail"])
def test_a_file_of_another_run_beside_it_is_refused(side: str, moved: int, tmp_path: Path) -> None:
    """Though it is whole, and of as many entries. Nothing is changed: with its own one the run goes on."""
    whole = killed_log(tmp_path, entries=700, moved=moved)
    foreign = killed_log(tmp_path, entries=700, moved=moved)
    for name, content in whole.items():
        (tmp_path / name).write_bytes(foreign[name] if name == side else content)
    with pytest.raises(StateError, match=rf"{side} beside .*run\.db belongs to another run\. Put that of this run"):
        SqliteLog(tmp_path / "run.db")
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {**whole, side: foreign[side]}
    (tmp_path / side).write_bytes(whole[side])
    log = SqliteLog(tmp_path / "run.db")
    assert log.last == 700
    log.close()


@pytest.mark.parametrize(
    ("harm", "says"),
    [("cut", "was cut"), ("deleted", "is not there any more"), ("replaced", "is another file now")],
)
@pytest.mark.parametrize("sync", [False, True], ids=["process", "sync"])
def test_a_file_that_is_harmed_while_it_is_served_is_noticed(harm: str, says: str, sync: bool, tmp_path: Path) -> None:
    """At the next commit."""
    path = tmp_path / "run.db"
    log = SqliteLog(path, sync=sync)
    log.begin({})
    if harm == "cut":
        os.truncate(path, 1000)
    else:
        path.rename(tmp_path / "elsewhere")
        if harm == "replaced":
            path.write_bytes(b"theirs")

    def write() -> None:
        done = log.append([log_entry(number) for number in range(log.last, log.last + 100)])
        if done is not None:
            done.result()

    with pytest.raises(StateError, match=rf"run\.db {says}, while it is served: nothing can be kept there"):
        write()
    log.close()


@pytest.mark.parametrize("left", ["run.db-wal", "run.db-tail"])
def test_what_is_left_of_another_file_is_not_taken(left: str, tmp_path: Path) -> None:
    """A run whose database was deleted, or is not here."""
    (tmp_path / left).write_bytes(b"x")
    with pytest.raises(StateError, match=rf"is missing, and {left} is there, which belongs to it\. Put it back, or"):
        SqliteLog(tmp_path / "run.db")
    assert [*tmp_path.iterdir()] == [tmp_path / left]


def test_what_it_writes_is_its_owners_alone(tmp_path: Path) -> None:
    """It has request bodies."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({})
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    log.close()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM ended",
        "UPDATE ended SET entries = 'many'",
        "UPDATE ended SET entries = 4",
        "UPDATE head SET value = x'7b'",
        "UPDATE head SET value = 5",
        "DELETE FROM head",
        "DROP TABLE ended",
    ],
)
def test_a_database_that_was_changed_by_another_program_is_refused(change: str, tmp_path: Path) -> None:
    """With a sentence, whatever was changed."""
    log = SqliteLog(tmp_path / "run.db")
    log.begin({})
    log.append([log_entry(number) for number in range(5)])
    log.close()
    with sqlite3.connect(tmp_path / "run.db") as other:
        other.execute(change)
    other.close()
    with pytest.raises(StateError, match=r"run\.db (is damaged|cannot be read or written)"):
        SqliteLog(tmp_path / "run.db")


def test_a_disk_without_room_for_the_tail_begins_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and nothing is left of it."""

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(LogTail, "open", full)
    with pytest.raises(StateError, match=r"run\.db cannot be written \(No space left on device\)"):
        SqliteLog(tmp_path / "run.db")
    assert [*tmp_path.iterdir()] == []
