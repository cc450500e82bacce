"""Which files have changed since the last look."""

import os
from pathlib import Path

from mockreel.server.reload.file_changes import Files


def _tree(root: Path) -> Path:
    for name in ("contracts/x/errors.yaml", "contracts/x/readings/a.yaml", "schemas/x/models/deep/m.json", "keys.yaml"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a: 1")
    return root


def test_what_is_changed_new_or_gone_is_found_once(tmp_path: Path) -> None:
    """At any depth, and only at the next look."""
    root = _tree(tmp_path)
    files = Files([root / "contracts/x", root / "schemas/x"])
    assert files.changed() == set()

    (root / "contracts/x/readings/a.yaml").write_text("a: 22")
    (root / "contracts/x/readings/b.yaml").write_text("b: 1")
    (root / "schemas/x/models/deep/m.json").unlink()

    names = {path.name for path in files.changed()}
    assert names == {"a.yaml", "b.yaml", "m.json"}
    assert files.changed() == set()


def test_a_file_of_the_same_size_is_noticed(tmp_path: Path) -> None:
    """By when it was written, and by which file it is where an editor puts a new one in its place."""
    root = _tree(tmp_path)
    path = root / "contracts/x/errors.yaml"
    files = Files([root / "contracts/x"])
    os.utime(path, ns=(1, 1))
    assert files.changed() == {path}

    other = path.with_suffix(".new")
    other.write_text("b: 2")
    os.utime(other, ns=(1, 1))
    other.replace(path)
    assert files.changed() == {path}


def test_what_is_no_data_is_left_alone(tmp_path: Path) -> None:
    """An editor's own files, and recordings, which are not read while a provider is simulated."""
    root = _tree(tmp_path)
    files = Files([root / "contracts/x"])
    (root / "contracts/x/.errors.yaml.swp").write_text("…")
    (root / "contracts/x/cassettes/live").mkdir(parents=True)
    (root / "contracts/x/cassettes/live/one.yaml").write_text("…")

    assert files.changed() == set()


def test_a_single_file_may_come_and_go(tmp_path: Path) -> None:
    """As a file of keys does."""
    keys = _tree(tmp_path) / "keys.yaml"
    files = Files([tmp_path / "none"], single=[keys])
    keys.unlink()
    assert files.changed() == {keys}
    keys.write_text("b")
    assert files.changed() == {keys}
