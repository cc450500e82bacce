"""Where the data lives: beside the code in a wheel, at the top of a checkout otherwise."""

from pathlib import Path
from typing import Literal

from mockreel.errors import DataError

DataName = Literal["schemas", "contracts"]

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def data_root() -> Path:
    """The folder that holds both `schemas/` and `contracts/`.

    Raises:
        DataError: the package was installed without its data.
    """
    for root in (_PACKAGE, _CHECKOUT):
        if (root / "contracts").is_dir() and (root / "schemas").is_dir():
            return root
    raise DataError(
        str(_PACKAGE), "no schemas/ and contracts/ beside the code", then="Install mockreel again, from its wheel."
    )


def data_dir(name: DataName) -> Path:
    """One of the two data folders, as a real path."""
    return data_root() / name


def checkout() -> Path | None:
    """The checkout that this code runs from, or None where the package is installed."""
    return _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() and not (_PACKAGE / "contracts").is_dir() else None
