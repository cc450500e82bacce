"""A file is there whole or not at all, and nobody else reads it."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from mockreel.errors import DataError
from mockreel.whole_file import SHARED, remove_file, write_new, write_whole, writing_whole


def test_it_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask lets others read; unless it is meant for them."""
    before = os.umask(0)
    try:
        write_whole(tmp_path / "mine", "a secret")
        write_whole(tmp_path / "ours", b"a clip", mode=SHARED)
    finally:
        os.umask(before)

    assert (tmp_path / "mine").read_text() == "a secret"
    assert [path.stat().st_mode & 0o777 for path in sorted(tmp_path.iterdir())] == [0o600, 0o644]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """At whatever moment it is full; a sentence says so, and nothing is left beside it."""
    path = tmp_path / "file"
    path.write_text("before")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "write":
        monkeypatch.setattr(os, "fdopen", lambda handle, *_: open("/dev/full", "wb", buffering=0))  # noqa: PTH123, SIM115
    elif step == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DataError, match=r"file: it cannot be written \(.+\)\. Nothing was left half-written\."):
        write_whole(path, "after")

    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_on_a_full_disk_is_reported_by_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by that of the part that was to become it."""
    monkeypatch.setattr(os, "fdopen", lambda handle, *_: open("/dev/full", "wb", buffering=0))  # noqa: PTH123, SIM115

    with pytest.raises(DataError, match=r"/new: it cannot be written \("):
        write_new(tmp_path / "new", "text")

    assert list(tmp_path.iterdir()) == []


def test_what_goes_wrong_while_it_is_written_leaves_nothing(tmp_path: Path) -> None:
    """Neither the file nor a part of it."""

    def write() -> None:
        with writing_whole(tmp_path / "file") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()

    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    """With the name of the file."""
    with pytest.raises(DataError, match=r"nowhere/file: it cannot be written \(No such file or directory\)"):
        write_whole(tmp_path / "nowhere" / "file", "x")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file that it names is written; a pipe is written to."""
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", "x")
    write_whole(Path("/dev/null"), "x")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "x"


def test_a_new_file_is_made_by_the_first_only(tmp_path: Path) -> None:
    """What is there stays, and nothing is left beside it."""
    assert write_new(tmp_path / "file", "first")
    assert not write_new(tmp_path / "file", "second")

    assert [path.read_text() for path in tmp_path.iterdir()] == ["first"]
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_what_is_open_already_is_written_to_at_its_place(tmp_path: Path) -> None:
    """`/dev/fd/N`, or `/dev/stdout`, may be a file that a shell writes to: it is not replaced."""
    path = tmp_path / "out.txt"
    with path.open("w") as out:
        out.write("before\n")
        out.flush()
        write_whole(Path(f"/dev/fd/{out.fileno()}"), "the report\n")
        out.write("after\n")

    assert path.read_text() == "before\nthe report\nafter\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_file_is_written_to_and_never_replaced_or_removed(tmp_path: Path, linked: bool) -> None:
    """A pipe, /dev/null, /dev/full: a server of root had removed the machine's own."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    path = tmp_path / "link" if linked else pipe
    if linked:
        path.symlink_to(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    write_whole(path, "one ")
    with writing_whole(path) as file:
        file.write(b"two")
    remove_file(path)

    assert os.read(reader, 100) == b"one two"
    os.close(reader)
    assert pipe.is_fifo()
    assert path.exists()


def test_a_file_that_was_written_is_removed(tmp_path: Path) -> None:
    """Through a link, too; and it is none of our business whether there was one."""
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("before")
    link.symlink_to(path)

    remove_file(link)
    remove_file(link)
    remove_file(tmp_path / "none")

    assert not path.exists()
    assert link.is_symlink()


def test_what_the_process_has_open_is_not_removed() -> None:
    """`--ready-file /dev/stdout`, whose output goes to a file."""
    remove_file(Path("/dev/stdout"))

    assert os.path.lexists("/dev/stdout")
