"""What is installed: one name, its data, its version; and nothing that packaging would choke on."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import mockreel
from mockreel._data import checkout, data_dir, data_root
from mockreel.contract.data.data_files import read_document

CHECKOUT = Path(__file__).parents[1]
PACKAGE = Path(mockreel.__file__).parent


def test_the_version_is_the_one_that_is_installed() -> None:
    """Defined once, in the package."""
    assert metadata.version("mockreel") == mockreel.__version__


def test_one_name_is_installed() -> None:
    """Beside it only what tells of it; data folders do not become packages of their own."""
    files = metadata.distribution("mockreel").files or []
    tops = {file.parts[0] for file in files if not file.name.endswith(".pth")}

    assert {top for top in tops if not top.endswith(".dist-info") and top != ".."} <= {"mockreel"}


def test_the_command_is_installed() -> None:
    """By its name."""
    (command,) = metadata.entry_points(group="console_scripts", name="mockreel")

    assert callable(command.load())


@pytest.mark.parametrize("name", ["schemas", "contracts"])
def test_the_data_is_found_and_is_data_only(name: str) -> None:
    """One Python file there would make an editable install fail; a raw cassette may hold a key."""
    folder = data_dir(name)  # type: ignore[arg-type]

    assert folder.is_dir()
    assert folder.parent == data_root()
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} <= {".json", ".yaml", ".md"}
    assert not list(folder.rglob("*.raw.yaml"))


@pytest.mark.parametrize("name", ["schemas", "contracts"])
def test_the_names_of_the_data_are_free_in_the_source(name: str) -> None:
    """In a wheel the data lies there."""
    if checkout() is None:
        pytest.skip("an installed package has its data there")
    assert not (PACKAGE / name).exists()
    assert not (PACKAGE / f"{name}.py").exists()


def test_the_types_are_installed() -> None:
    """And so is the packaged data: there is no wheel without."""
    assert (PACKAGE / "py.typed").is_file()


@pytest.fixture
def project() -> dict[str, object]:
    path = CHECKOUT / "pyproject.toml"
    if not path.is_file():
        pytest.skip("these tests run without their checkout")
    return tomllib.loads(path.read_text("utf-8"))


def test_every_folder_that_a_wheel_is_made_of_is_there(project: dict[str, dict[str, dict[str, object]]]) -> None:
    """And the data goes below the package."""
    targets = project["tool"]["hatch"]["build"]["targets"]  # type: ignore[index]
    wheel = targets["wheel"]

    assert all((CHECKOUT / name).is_dir() for name in wheel["only-include"])
    assert wheel["sources"] == {
        "mockserver": "",
        "schemas": "mockreel/schemas",
        "contracts": "mockreel/contracts",
    }


# What a stated package always brings with it, and a module imports behind that one.
BROUGHT = {
    "anyio": "starlette",
    "hypothesis": "schemathesis",
    "markupsafe": "jinja2",
    "pydantic": "mcp",
    "opentelemetry": "opentelemetry_sdk",
}


def test_what_is_imported_is_a_dependency(project: dict[str, dict[str, list[str]]]) -> None:
    """It stands in one of the project's lists; what a module can do without, it imports under `try`."""
    extras: dict[str, list[str]] = project["project"].get("optional-dependencies", {})  # type: ignore[assignment]
    written = [*project["project"]["dependencies"], *(one for extra in extras.values() for one in extra)]
    stated = {re.split(r"[^A-Za-z0-9_-]", one)[0] for one in written}
    names = {"pyyaml": "yaml", "python-jsonpath": "jsonpath", "vcrpy": "vcr"}
    known = {names.get(one, one.replace("-", "_")) for one in stated} | {"mockreel"}
    known |= {name for name, carrier in BROUGHT.items() if carrier in known}
    # `_make` makes the packaged clips: a tool for their maintainers. The plugin is loaded by pytest alone, and
    # the launcher of a guarded program by nobody: it is a program by itself.
    files = [path for path in PACKAGE.rglob("*.py") if not {"_make", "pytest_plugin.py", "launcher.py"} & {*path.parts}]
    imported = {name for path in files for name in _imports(ast.parse(path.read_text("utf-8")))}

    assert sorted(imported - known - set(sys.stdlib_module_names)) == []


def _imports(node: ast.AST) -> Iterator[str]:
    """The top-level packages that some code imports and cannot do without."""
    if isinstance(node, ast.Import):
        yield from (alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module.split(".")[0]
    elif isinstance(node, ast.Try) and any("ImportError" in ast.unparse(one.type or node) for one in node.handlers):
        return
    for inner in ast.iter_child_nodes(node):
        yield from _imports(inner)


def test_the_packaged_data_can_be_read() -> None:
    """Wherever it lies."""
    assert read_document(data_dir("contracts") / "runflow" / "lifecycle.yaml")["initial"]
