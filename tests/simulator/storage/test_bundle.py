"""A run in a folder, cut anywhere: a sentence, or the beginning of the run."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from simulator.storage.rig import START, fresh, kept, load, opened, traffic

from mockreel.engine.clock import Clock
from mockreel.errors import StateError
from mockreel.simulator.storage.local_run import apply_log
from mockreel.simulator.storage.logs.run_bundle import LOG, Bundle
from mockreel.simulator.storage.playback import Playback

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
