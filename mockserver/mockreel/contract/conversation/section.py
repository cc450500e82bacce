"""One section of a provider's `conversation.yaml`, read without the rest of its contract."""

from pathlib import Path

from mockreel._data import data_root
from mockreel.contract.data.data_files import read_document
from mockreel.contract.data.parser import Cursor
from mockreel.errors import OptionError

NAME = "conversation.yaml"


def read_conversation(provider: str, *, root: Path | None = None) -> Cursor | None:
    """The file of a provider without readings applied; None if it has none.

    Raises:
        DataError: it cannot be read.
    """
    path = (root or data_root()) / "contracts" / provider / NAME
    return Cursor(f"contracts/{provider}/{NAME}", read_document(path)) if path.is_file() else None


def required_section(provider: str, name: str, *, root: Path | None = None) -> Cursor:
    """The section with that name.

    Raises:
        OptionError: the provider has none; the message names those that have it.
        DataError: the file cannot be read.
    """
    file = read_conversation(provider, root=root)
    found = file.maybe(name) if file else None
    if found is None:
        having = sorted(sections(name, root=root))
        raise OptionError("provider", provider, having, then=f"It needs the section `{name}` in its {NAME}.")
    return found


def sections(name: str, *, root: Path | None = None) -> dict[str, Cursor]:
    """The section with that name of every provider that has it, by provider."""
    folders = sorted(path.parent.name for path in ((root or data_root()) / "contracts").glob(f"*/{NAME}"))
    files = ((folder, read_conversation(folder, root=root)) for folder in folders)
    return {folder: found for folder, file in files if file is not None and (found := file.maybe(name)) is not None}
