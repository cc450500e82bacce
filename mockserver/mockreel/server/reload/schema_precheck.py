"""Compile changed schemas at once; otherwise errors would show at the first request."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from mockreel.contract import Contract, Model


def check_schemas(contract: Contract, files: Iterable[Path]) -> None:
    """Compile those of a contract's schemas that changed files hold; all common ones where one of them changed.

    Raises:
        DataError: one is no schema, or refers to what is not there.
    """
    schemas = contract.schemas
    folder = schemas.home / "schemas" / contract.provider
    changed = {path.relative_to(folder).as_posix() for path in files if path.is_relative_to(folder)}
    common = set(schemas.names())
    used = {name for model in contract.models.values() for name in _of(model)}
    indexed = folder.parents[1] / "contracts" / contract.provider / "models.json" in set(files)
    for name in sorted(common if any("/" not in one for one in changed) else ()):
        schemas.validator(name)
    for name in sorted(used if indexed else used & changed):
        schemas.validator(name)


def _of(model: Model) -> Iterator[str]:
    yield model.schema
    yield from model.routes.values()
