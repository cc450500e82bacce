"""A user's data folder: mistakes are reported when it is loaded, with their place."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.caller import FOURTH

from mockreel.errors import DataError
from mockreel.simulator.simulator import load_contracts


def _replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(home: Path) -> None:
        path = home / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return spoil


def _without_schemas(home: Path) -> None:
    shutil.rmtree(home / "schemas")


def _without_model(home: Path) -> None:
    shutil.rmtree(home / "schemas" / "encore" / "models")


def _garbage(home: Path) -> None:
    (home / "contracts" / "encore" / "openapi.json").write_text("{", "utf-8")


SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "no schemas": (_without_schemas, "schemas"),
    "no model's schema": (_without_model, "models"),
    "no JSON": (_garbage, "openapi.json"),
    "a status that cannot be": (_replaced("contracts/encore/errors.yaml", "status: 4", "status: 99"), "is no status"),
    "a status below": (_replaced("contracts/encore/errors.yaml", "status: 4", "status: -4"), "is no status"),
    "an algorithm": (_replaced("contracts/encore/callbacks.yaml", "hmac-sha", "md"), "is not known"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_folder_that_cannot_be_played_is_rejected_when_it_is_loaded(name: str, tmp_path: Path) -> None:
    """Not with the first request that needs what is missing."""
    home = tmp_path / "data"
    shutil.copytree(FOURTH, home)
    spoil, says = SPOILT[name]
    load_contracts(["encore"], data=home)
    spoil(home)

    with pytest.raises(DataError, match=says):
        load_contracts(["encore"], data=home)
