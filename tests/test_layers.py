"""Who imports whom: the table in docs/ARCHITECTURE.md is the rule, and the imports keep to it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.pages import page

import understudy

PACKAGE = Path(understudy.__file__).parent
# The package's face and its command: they import everything, and nothing imports them but for the version.
FACES = {"__init__", "__main__"}
# Where a module stands that the table has forgotten: one test says so, the others go on.
BELOW_ALL = 1000


def _rows() -> dict[str, int]:
    """The row of each module, as the table says."""
    lines = re.findall(r"^\| (\d+) \| ([^|]+) \|", page("docs/ARCHITECTURE.md").text, re.MULTILINE)
    return {name: int(row) for row, names in lines for name in re.findall(r"`(\w+)`", names)}


def _modules() -> list[str]:
    names = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir() if _is_module(path)}
    return sorted(names - FACES)


def _is_module(path: Path) -> bool:
    return path.suffix == ".py" or (path / "__init__.py").is_file()


def _files(module: str) -> list[Path]:
    folder = PACKAGE / module
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def _imported(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports; what only a type checker sees is left out."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "understudy":
            yield from (alias.name for alias in node.names if alias.name != "__version__")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("understudy."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("understudy."))


def test_every_module_stands_in_the_table() -> None:
    """A new module gets a row in docs/ARCHITECTURE.md."""
    assert sorted(set(_modules()) - set(_rows())) == []


@pytest.mark.parametrize("module", _modules())
def test_a_module_imports_only_from_the_rows_above_its_own(module: str) -> None:
    """The direction of the imports is the table's."""
    rows = _rows()
    imported = {name for path in _files(module) for name in _imported(path)} - {module}
    assert sorted(name for name in imported if rows.get(name, 0) >= rows.get(module, BELOW_ALL)) == []


def test_the_engine_names_no_provider() -> None:
    """Up to the server, no text is a provider's name outside the package that plays it."""
    names = re.compile(r"runflow|aimlapi|runninghub", re.IGNORECASE)
    rows = _rows()
    engine = [
        module for module in _modules() if module != "providers" and rows.get(module, BELOW_ALL) <= rows["server"]
    ]
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {text}"
        for module in engine
        for path in _files(module)
        for line, text in _texts(path)
        if names.search(text)
    ]
    assert found == []


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """The text constants of a file, without its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value
