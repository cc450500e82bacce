"""The rooms of the package: few, small, and each in the layers that `lint-imports` keeps (see pyproject.toml)."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import mockreel

PACKAGE = Path(mockreel.__file__).parent
PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
LAYERS: list[str] = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
ROOMS = [room for room in LAYERS if ":" not in room]
# A provider's package holds its part of each of these, under the same name as the next provider's.
SHAPE = {"adapter", "error_bodies", "responses", "routes", "state", "webhooks"}
DATA = {"schemas", "contracts"}  # they travel inside an installed package


def test_every_room_stands_in_the_layers() -> None:
    """A new room gets its place in `[tool.importlinter]`."""
    found = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert found - DATA == set(ROOMS)


def test_there_are_at_most_fourteen_rooms() -> None:
    """The tree is the table of contents."""
    assert len(ROOMS) <= 14


@pytest.mark.parametrize("room", ROOMS)
def test_a_folder_holds_about_a_dozen_modules(room: str) -> None:
    """More of them want a folder of their own."""
    folders = {path.parent for path in (PACKAGE / room).rglob("*.py")}
    counts = {str(folder.relative_to(PACKAGE)): len(list(folder.glob("*.py"))) for folder in folders}
    assert {folder: count for folder, count in counts.items() if count > 16} == {}


def test_no_module_is_named_with_a_participle_or_gerund() -> None:
    """A module is a noun, and holds what it is called after."""
    nouns = ("pricing", "finding", "encoding", "keyring")
    found = [path.stem for path in PACKAGE.rglob("*.py") if re.search(r"(ing|ed|said)$", path.stem)]
    assert [stem for stem in found if not stem.endswith(nouns)] == []


def test_no_two_modules_share_a_name() -> None:
    """Who has read a module's name knows which one is meant; nor is a module called as a room is.

    The providers' packages are read side by side: each has the same files as the next.
    """
    homes: dict[str, set[Path]] = {room: {Path(room, f"{room}.py")} for room in ROOMS}  # simulator/simulator.py is it
    for path in PACKAGE.rglob("*.py"):
        where = path.relative_to(PACKAGE)
        provider = where.parts[0] == "providers"
        if path.name != "__init__.py" and not (provider and path.stem in SHAPE):
            homes.setdefault(path.stem, set()).add(Path("providers") if provider else where)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_every_providers_package_has_the_common_shape() -> None:
    """That is what lets their files share names; only the one without subscriptions has no webhooks of its own."""
    for package in (PACKAGE / "providers").iterdir():
        if (package / "adapter.py").is_file():
            assert SHAPE - {path.stem for path in package.glob("*.py")} <= {"webhooks"}, package.name


def test_up_to_the_server_no_text_is_a_providers_name() -> None:
    """What a provider says or does stands in its data or its package."""
    names = re.compile(r"runflow|aimlapi|runninghub", re.IGNORECASE)
    engine = [room for room in ROOMS[ROOMS.index("server") :] if room != "providers"]
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for room in engine
        for path in sorted((PACKAGE / room).rglob("*.py"))
        for line, text in _texts(path)
        if names.search(text)
    ]
    assert found == []


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """The text constants of a file, without its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    reported = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in reported:
            yield node.lineno, node.value
