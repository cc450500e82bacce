"""A run in a folder, cut anywhere: a sentence, or the beginning of the run."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from simulator.storage.rig import START, fresh, kept, load, opened, traffic

from mockreel.engine.clock import Clock
from mockreel.errors import StateError
from mockreel.simulator.storage.logs.log_entry import Entry
from mockreel.simulator.storage.logs.run_bundle import LOG, Bundle
from mockreel.simulator.storage.playback import Playback, apply_log

# It is cut at every so many bytes; `nox -s deep` cuts at each.
CUTS = int(os.environ.get("MOCKREEL_CUTS", "997"))


def test_a_folder_whose_log_is_cut_gives_a_sentence_or_a_whole_beginning(tmp_path: Path) -> None:
    """Cut anywhere: the entries are the first ones of the log, and they can be applied."""
    with kept(opened("bundle", tmp_path)) as one:
        traffic(one, seed=4, steps=12)
        whole, salt = list(one.run.log.entries()), one.run.head.salt
    raw = (tmp_path / "bundle" / LOG).read_bytes()
    applied: set[int] = set()
    for size in range(0, len(raw), CUTS):
        folder = tmp_path / "cut"
        shutil.copytree(tmp_path / "bundle", folder)
        (folder / LOG).write_bytes(raw[:size])
        try:
            log = Bundle(folder, new=False)
            found = list(log.entries())
            assert found == whole[: len(found)]
            if len(found) not in applied:
                applied.add(len(found))
                simulator = fresh(Clock(start=START, held=True), salt)
                apply_log(Playback(simulator, log, load=load), log.entries())
                assert sum(len(one.jobs) for one in simulator.providers.values()) <= len(found)
        except StateError as problem:
            assert str(folder) in str(problem)  # noqa: PT017  (most cuts raise nothing)
        finally:
            shutil.rmtree(folder)
    assert len(applied) > 3


def test_a_folder_of_another_form_is_refused(tmp_path: Path) -> None:
    """The message names the one that it has, and nothing of it is read."""
    from mockreel.server.recorded_run import RecordedRun  # noqa: PLC0415

    with kept(opened("bundle", tmp_path)) as one:
        one.submit()
    path = tmp_path / "bundle" / LOG
    path.write_bytes(path.read_bytes().replace(b'"form":1', b'"form":9', 1))
    with pytest.raises(
        StateError,
        match=r"has form 9 of the entries; this version reads form 1\. Play it with",
    ):
        RecordedRun(tmp_path / "bundle")


@pytest.mark.parametrize("made", [True, False])
def test_a_full_disk_leaves_nothing_of_a_run_that_could_not_begin(made: bool, tmp_path: Path) -> None:
    """But a folder that was there before."""
    folder = tmp_path / "run"
    if not made:
        folder.mkdir()
    bundle = Bundle(folder, new=True)
    bundle.close()

    with Path("/dev/full").open("wb") as bundle._file, pytest.raises(StateError, match="No space left on device"):
        bundle.begin({})

    assert [*tmp_path.rglob("*")] == ([] if made else [folder])


def test_a_long_body_is_its_owners_alone(tmp_path: Path) -> None:
    """As the log is: it was sent by a client, perhaps with something private in it."""
    bundle = Bundle(tmp_path / "recorded", new=True)
    name = bundle.keep_file(b"x" * 20_000)
    bundle.close()
    assert stat.S_IMODE((tmp_path / "recorded" / "files" / name).stat().st_mode) == 0o600


@pytest.fixture
def played(tmp_path: Path) -> Path:
    """A short run in a folder, with responses to compare."""
    with kept(opened("bundle", tmp_path), responses=True) as one:
        one.submit()
        one.advance(3)
        one.ask("runflow", "GET", "/v1/runs")
    return tmp_path / "bundle"


def test_a_run_that_was_ended_has_all_its_entries(played: Path) -> None:
    """Its last line has how many there are, and is none of them."""
    log = Bundle(played, new=False)
    assert (log.unended, log.last) == ("", len(list(log.entries())))
    assert (played / LOG).read_bytes().endswith(b'\n{"entries":%d}\n' % log.last)


def test_a_run_that_lost_its_end_is_told_as_such_wherever_it_was_cut(played: Path) -> None:
    """At every byte: it is said that it was not ended, and how many entries were read; or why it cannot be read."""
    raw = (played / LOG).read_bytes()
    for size in range(len(raw)):
        (played / LOG).write_bytes(raw[:size])
        try:
            log = Bundle(played, new=False)
        except StateError as problem:
            assert "run.jsonl cannot be read" in str(problem)  # noqa: PT017  (most cuts raise nothing)
            assert size < raw.index(b"\n")
            continue
        found = list(log.entries())
        assert log.last == len(found) == max(raw[:size].count(b"\n") - 1, 0)
        assert log.unended.startswith(f"The run in {played} was not ended")
        assert f"{len(found)} entries were read" in log.unended


def test_a_run_that_lost_a_line_before_its_end_is_refused(played: Path) -> None:
    """The end says how many there were."""
    lines = (played / LOG).read_bytes().splitlines(keepends=True)
    (played / LOG).write_bytes(b"".join([*lines[:2], *lines[3:]]))
    with pytest.raises(StateError, match=r"is damaged: its end has 5 entries, and 4 are there\. Take a copy"):
        Bundle(played, new=False)


def test_a_run_has_nothing_behind_its_end(played: Path) -> None:
    with (played / LOG).open("ab") as file:
        file.write(b"[]\n")
    with pytest.raises(StateError, match="is damaged"):
        Bundle(played, new=False)


def test_a_run_with_entries_that_could_not_be_written_has_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would pass for a whole one."""
    bundle = Bundle(tmp_path / "full", new=True)
    bundle.begin({})

    def full(_: object) -> None:
        raise StateError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(bundle, "_write", full)
        with pytest.raises(StateError):
            bundle.append([Entry("clock", 0.0, {})])
    bundle.close()
    assert "was not ended" in Bundle(tmp_path / "full", new=False).unended
