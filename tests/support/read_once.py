"""Contracts are read once by a process of tests: they are values, and to read all takes a tenth of a second."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from mockreel._data import data_root
from mockreel.client import profile_file
from mockreel.contract import Contract, loader
from mockreel.contract.added_models import Additions
from mockreel.contract.conversation import demo_jobs, section
from mockreel.contract.data.parser import Cursor
from mockreel.contract.readings import Reading, read_readings

MOST = 24  # contracts under readings of their own, cached at a time


def read_once(patch: pytest.MonkeyPatch, *folders: Path) -> None:
    """What is read from these data folders, and from the packaged one, is cached: no test writes there.

    Copies, and contracts with added models, are read each time.
    """
    fixed = {data_root(), *folders}
    load = loader._Loader.load
    none = Additions()

    @lru_cache(maxsize=MOST)
    def kept(root: Path, provider: str, chosen: tuple[tuple[str, str], ...]) -> Contract:
        return load(loader._Loader(root, provider, kept_readings(_home(root, provider)), dict(chosen), none))

    kept_readings = lru_cache(maxsize=None)(read_readings)

    def loaded(one: Any) -> Contract:
        known = one.root in fixed and one.additions == none
        return kept(one.root, one.provider, tuple(sorted(one.chosen.items()))) if known else load(one)

    def read(folder: Path) -> dict[str, Reading]:
        return dict(kept_readings(folder)) if folder.parents[2] in fixed else read_readings(folder)

    original = section.read_conversation
    kept_conversation = lru_cache(maxsize=None)(original)

    def spoken(provider: str, *, root: Path | None = None) -> Cursor | None:
        home = root or data_root()
        return kept_conversation(provider, root=home) if home in fixed else original(provider, root=home)

    patch.setattr(loader._Loader, "load", loaded)
    patch.setattr(loader, "read_readings", read)
    for module in (section, demo_jobs, profile_file):
        patch.setattr(module, "read_conversation", spoken)


def _home(root: Path, provider: str) -> Path:
    return root / "contracts" / provider / "readings"
